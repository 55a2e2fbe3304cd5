/* The smallest user: built against an installed tree by scripts/install-test. */
#include <weft/status.h>

#include <stdio.h>

int main(void)
{
    return puts(weft_status_sentence(WEFT_ENOMEM)) < 0;
}
