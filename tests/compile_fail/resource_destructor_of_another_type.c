/* A destructor of another type than the resource. */
/* gcc: WEFT_RESOURCE_DEFINE(Counter): config_close */
/* clang: WEFT_RESOURCE_DEFINE(Counter): config_close */
#include <weft/resource.h>

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
WEFT_RESOURCE_DEFINE(Counter, FINI(config_close));
