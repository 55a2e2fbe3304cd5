/* A tuple of nine. */
/* gcc: Nine: a tuple has two to eight members */
/* clang: Nine: a tuple has two to eight members */
#include <weft/pipeline.h>

WEFT_TUPLE(Nine, int, int, int, int, int, int, int, int, int);
