/* Seventeen steps behind a context. */
/* gcc: p: a pipeline has one to sixteen steps; name a part of it, and use that */
/* clang: p: a pipeline has one to sixteen steps; name a part of it, and use that */
#include <weft/pipeline.h>

typedef struct {
    int n;
} Calls;
static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, CTX(Calls), THEN(twice), THEN(twice), THEN(twice), THEN(twice),
              THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice),
              THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice),
              THEN(twice));
