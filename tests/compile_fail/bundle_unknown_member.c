/* A keyword that bundles do not have. */
/* gcc: Market: CTX(int, count) is no member of a bundle */
/* clang: Market: CTX(int, count) is no member of a bundle */
#include <weft/fn.h>

WEFT_BUNDLE(Market, CTX(int, count));
