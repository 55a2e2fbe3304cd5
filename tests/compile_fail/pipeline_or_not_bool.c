/* An OR that returns an int. */
/* gcc: p: step 2, OR(zero), must return bool */
/* clang: p: step 2, OR(zero), must return bool */
#include <weft/pipeline.h>

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));

static int zero(void)
{
    return 0;
}
WEFT_FN(zero);

WEFT_PIPELINE(p, int, bool, THEN(is_big), OR(zero));
