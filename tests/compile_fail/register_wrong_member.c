/* A value with a member that the type does not have. */
/* gcc: 'Counter' has no member named 'limit' */
/* clang: field designator 'limit' does not refer to any field in type 'const Counter' */
#include <weft/world.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

weft_status install(weft_builder *builder);
weft_status install(weft_builder *builder)
{
    return WEFT_REGISTER(builder, Counter, { .limit = 1 });
}
