/* A context and no steps. */
/* gcc: p: a pipeline has one to sixteen steps; name a part of it, and use that */
/* clang: p: a pipeline has one to sixteen steps; name a part of it, and use that */
#include <weft/pipeline.h>

typedef struct {
    int n;
} Calls;

WEFT_PIPELINE(p, int, int, CTX(Calls));
