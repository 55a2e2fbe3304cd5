/* A DISPATCH that does not say of what. */
/* gcc: macro "WEFT_X_S_DISPATCH" requires 2 arguments, but only 1 given */
/* clang: too few arguments provided to function-like macro invocation */
#include <weft/broadcast.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

typedef weft_broadcast Prices;
WEFT_RESOURCE_DEFINE(Prices);
WEFT_PIPELINE(p, int, void, THEN(twice), DISPATCH(Prices));
