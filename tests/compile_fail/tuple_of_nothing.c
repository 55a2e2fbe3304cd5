/* A tuple with a member that is nothing. */
/* gcc: Marked: member 1, weft_none, is nothing; leave it out */
/* clang: Marked: member 1, weft_none, is nothing; leave it out */
#include <weft/pipeline.h>

WEFT_TUPLE(Marked, int, weft_none);
