/* No semicolon behind WEFT_RESOURCE_DEFINE. */
/* gcc: expected ',' or ';' before 'int' */
/* clang: expected ';' after top level declarator */
#include <weft/resource.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_RESOURCE_DEFINE(Counter)

int main(void)
{
    return 0;
}
