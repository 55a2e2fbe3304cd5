/* A FORK of nine arms. */
/* gcc: p: step 1, FORK, has two to eight arms */
/* clang: p: step 1, FORK, has two to eight arms */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

static int plus(int a, int b)
{
    return a + b;
}
WEFT_FN(plus, IN(int), IN(int));

WEFT_PIPELINE(p, int, int, FORK(twice, twice, twice, twice, twice, twice, twice, twice, twice),
              MERGE(plus));
