/* A function that does not exist. */
/* gcc: unknown type name 'twize_takes' */
/* clang: unknown type name 'twize_takes'; did you mean 'twice_takes'? */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twize));
