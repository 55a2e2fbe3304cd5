/* An input that is named with a const, which the memory of DEDUP could not have. */
/* gcc: p: its input is never changed; name the type without const, not const int */
/* clang: p: its input is never changed; name the type without const, not const int */
#include <weft/pipeline.h>

static void look(int v)
{
    (void)v;
}
WEFT_FN(look, IN(int));

WEFT_PIPELINE(p, const int, void, DEDUP, MAP(look));
