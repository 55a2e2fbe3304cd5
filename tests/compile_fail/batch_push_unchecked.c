/* Nobody looks whether the item fitted. */
/* gcc: ignoring return value of 'items_push' declared with attribute 'warn_unused_result'
 * [-Werror=unused-result] */
/* clang: ignoring return value of function declared with 'warn_unused_result' attribute
 * [-Werror,-Wunused-result] */
/* flags: -Werror -c */
#include <weft/batch.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, void, THEN(twice));
WEFT_BATCH(items, int, p);

void push(struct items *batch)
{
    items_push(batch, &(int){ 1 });
}
