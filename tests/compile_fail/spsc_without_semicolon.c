/* The semicolon is missing. */
/* gcc: two or more data types in declaration specifiers */
/* clang: expected ';' after struct */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Order)
int main(void)
{
    return 0;
}
