/* A DEDUP_BY that compares with nothing. */
/* gcc: p: step 1, DEDUP_BY(is_big), must compare two of the type of the input: REF(T), REF(T), and
 * return bool */
/* clang: p: step 1, DEDUP_BY(is_big), must compare two of the type of the input: REF(T), REF(T),
 * and return bool */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, void, DEDUP_BY(is_big));
