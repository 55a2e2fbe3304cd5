/* The first step takes another type than the pipeline. */
/* gcc: p: step 1, THEN(decode), does not take the input */
/* clang: p: step 1, THEN(decode), does not take the input */
#include <weft/pipeline.h>

static uint64_t decode(uint32_t v)
{
    return v;
}
WEFT_FN(decode, IN(uint32_t));

WEFT_PIPELINE(p, int, void, THEN(decode));
