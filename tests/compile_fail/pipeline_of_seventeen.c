/* Seventeen steps. */
/* gcc: p: a pipeline has one to sixteen steps; name a part of it, and use that */
/* clang: p: a pipeline has one to sixteen steps; name a part of it, and use that */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice),
              THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice),
              THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice), THEN(twice));
