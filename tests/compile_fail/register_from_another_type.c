/* A value of another type than is registered. */
/* gcc: '_Generic' selector of type 'const Config *' is not compatible with any association */
/* clang: controlling expression type 'const Config *' not compatible with any generic association
 * type */
#include <weft/world.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

weft_status install(weft_builder *builder);
weft_status install(weft_builder *builder)
{
    const Config config = { 3 };
    return WEFT_REGISTER_FROM(builder, Counter, &config);
}
