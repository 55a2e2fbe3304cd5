/* A message is popped into a variable of another type. */
/* gcc: passing argument 2 of 'Orders_pop' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'double *' to parameter of type 'Order *'
 * [-Werror,-Wincompatible-pointer-types] */
/* flags: -Werror */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Order);

weft_status pop(Orders *orders, double *price)
{
    return Orders_pop(orders, price);
}
