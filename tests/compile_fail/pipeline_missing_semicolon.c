/* The semicolon is missing. */
/* gcc: expected ';' before 'int' */
/* clang: expected ';' after static_assert */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice))

int main(void)
{
    return 0;
}
