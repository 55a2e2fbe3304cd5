/* A step that takes two inputs. */
/* gcc: p: step 1, THEN(plus), does not take the input */
/* clang: p: step 1, THEN(plus), does not take the input */
#include <weft/pipeline.h>

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, THEN(plus));
