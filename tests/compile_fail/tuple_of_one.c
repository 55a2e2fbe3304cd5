/* A tuple of one. */
/* gcc: One: a tuple has two to eight members */
/* clang: One: a tuple has two to eight members */
#include <weft/pipeline.h>

WEFT_TUPLE(One, int);
