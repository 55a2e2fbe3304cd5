/* A member without a name. */
/* gcc: Market: MUT(Counter) is no member of a bundle */
/* clang: Market: MUT(Counter) is no member of a bundle */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_BUNDLE(Market, MUT(Counter));
