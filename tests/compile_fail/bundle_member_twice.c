/* Two members of one name. */
/* gcc: duplicate member 'it' */
/* clang: duplicate member 'it' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

WEFT_BUNDLE(Market, MUT(Counter, it), RES(Config, it));
