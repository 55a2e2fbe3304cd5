/* A message of another type is pushed. */
/* gcc: passing argument 2 of 'Orders_push' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'double *' to parameter of type 'const Order *'
 * [-Werror,-Wincompatible-pointer-types] */
/* flags: -Werror */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Order);

weft_status push(Orders *orders)
{
    double price = 1;
    return Orders_push(orders, &price);
}
