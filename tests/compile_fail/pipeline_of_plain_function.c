/* A function without its WEFT_FN. */
/* gcc: unknown type name 'plain_takes' */
/* clang: unknown type name 'plain_takes' */
#include <weft/pipeline.h>

static int plain(int v)
{
    return v;
}
WEFT_PIPELINE(p, int, int, THEN(plain));
