/* A bundle that was not declared with WEFT_BUNDLE. */
/* gcc: 'Counter_bundle' undeclared here */
/* clang: use of undeclared identifier 'Counter_bundle' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, BUNDLE(Counter));
