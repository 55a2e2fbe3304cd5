/* A bare word that is no step. */
/* gcc: p: CLONED is no step; THEN, MAP, FORK and the others stand in the table of weft/pipeline.h
 */
/* clang: p: CLONED is no step; THEN, MAP, FORK and the others stand in the table of weft/pipeline.h
 */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice), CLONED);
