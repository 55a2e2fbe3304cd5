/* A keyword without arguments that does not exist. */
/* gcc: on_tick: SEQUENCE is no parameter */
/* clang: on_tick: SEQUENCE is no parameter */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

static void on_tick(int64_t seq)
{
    (void)seq;
}
WEFT_FN(on_tick, SEQUENCE);
