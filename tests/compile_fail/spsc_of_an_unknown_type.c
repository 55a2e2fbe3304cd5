/* A queue of a misspelt type. */
/* gcc: unknown type name 'Oder' */
/* clang: unknown type name 'Oder' */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Oder);
