/* Two contexts. */
/* gcc: on_tick: a function has one CTX at most */
/* clang: on_tick: a function has one CTX at most */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

static void on_tick(Counter *one, Config *two)
{
    one->n += two->limit;
}
WEFT_FN(on_tick, CTX(Counter), CTX(Config));
