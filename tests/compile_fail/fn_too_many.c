/* A list longer than the function. */
/* gcc: too many arguments to function 'on_tick' */
/* clang: too many arguments to function call, expected single argument 'counter', have 2 arguments
 */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, MUT(Counter), RES(Config));
