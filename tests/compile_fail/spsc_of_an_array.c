/* A queue of arrays, which cannot be assigned. */
/* gcc: assignment to expression with array type */
/* clang: array type 'Row' (aka 'int[4]') is not assignable */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
typedef int Row[4];
WEFT_SPSC(Rows, Row);
