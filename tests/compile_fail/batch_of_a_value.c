/* A batch of a pipeline that ends in a value. */
/* gcc: items: p ends in a value, which a batch would drop; end it in void */
/* clang: items: p ends in a value, which a batch would drop; end it in void */
#include <weft/batch.h>
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice));
WEFT_BATCH(items, int, p);
