/* An OK_OR of initializers, which have no type. */
/* gcc: p: step 2, OK_OR, gives an error without a type; write (T){ ... } */
/* clang: p: step 2, OK_OR, gives an error without a type; write (T){ ... } */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, void, GUARD(is_big), OK_OR({ .code = 3 }));
