/* An option that WEFT_RESOURCE_DEFINE does not have. */
/* gcc: WEFT_RESOURCE_DEFINE(Counter): DESTROY(counter_close) is no option */
/* clang: WEFT_RESOURCE_DEFINE(Counter): DESTROY(counter_close) is no option */
#include <weft/resource.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void counter_close(Counter *counter)
{
    counter->n = 0;
}
WEFT_RESOURCE_DEFINE(Counter, DESTROY(counter_close));
