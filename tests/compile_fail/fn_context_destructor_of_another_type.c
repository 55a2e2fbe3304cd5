/* A destructor of another type than the context. */
/* gcc: config_close does not take a pointer to the context */
/* clang: config_close does not take a pointer to the context */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

static void config_close(Config *config)
{
    config->limit = 0;
}
static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, CTX(Counter, config_close));
