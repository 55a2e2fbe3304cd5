/* A step that does not exist. */
/* gcc: p: FOLD(twice) is no step; THEN, MAP, FORK and the others stand in the table of
 * weft/pipeline.h */
/* clang: p: FOLD(twice) is no step; THEN, MAP, FORK and the others stand in the table of
 * weft/pipeline.h */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), FOLD(twice));
