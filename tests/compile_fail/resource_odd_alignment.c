/* An alignment that is no power of two. */
/* gcc: WEFT_RESOURCE_DEFINE(Counter): ALIGN takes a power of two */
/* clang: WEFT_RESOURCE_DEFINE(Counter): ALIGN takes a power of two */
#include <weft/resource.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_RESOURCE_DEFINE(Counter, ALIGN(48));
