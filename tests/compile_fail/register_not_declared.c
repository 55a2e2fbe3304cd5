/* Registering a type that is no resource. */
/* gcc: 'weft_type_Counter' undeclared */
/* clang: use of undeclared identifier 'weft_type_Counter' */
#include <weft/world.h>

typedef struct {
    int n;
} Counter;
weft_status install(weft_builder *builder);
weft_status install(weft_builder *builder)
{
    return WEFT_REGISTER(builder, Counter, { 1 });
}
