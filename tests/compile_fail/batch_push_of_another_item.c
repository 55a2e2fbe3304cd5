/* Another item is pushed. */
/* gcc: passing argument 2 of 'items_push' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'double *' to parameter of type 'const int *'
 * [-Werror,-Wincompatible-pointer-types] */
/* flags: -Werror */
#include <weft/batch.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(twice));
WEFT_BATCH(items, int, p);

int push(struct items *batch)
{
    return items_push(batch, &(double){ 1 });
}
