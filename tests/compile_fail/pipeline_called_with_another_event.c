/* A typed call with another event. */
/* gcc: passing argument 3 of 'p_call' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'double *' to parameter of type 'const int *'
 * [-Werror,-Wincompatible-pointer-types] */
/* flags: -Werror */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(twice));

void call(struct p_state *state)
{
    p_call(state, NULL, &(double){ 1 });
}
