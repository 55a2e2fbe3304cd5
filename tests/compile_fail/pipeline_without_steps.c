/* No steps at all. */
/* gcc: p: a pipeline has one to sixteen steps; name a part of it, and use that */
/* clang: p: a pipeline has one to sixteen steps; name a part of it, and use that */
#include <weft/pipeline.h>

WEFT_PIPELINE(p, int, int);
