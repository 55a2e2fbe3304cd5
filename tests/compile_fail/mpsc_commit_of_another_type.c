/* What is committed is no message of the queue. */
/* gcc: passing argument 2 of 'Orders_commit' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'long *' to parameter of type 'Order *'
 * [-Werror,-Wincompatible-pointer-types] */
/* flags: -Werror */
#include <weft/mpsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_MPSC(Orders, Order);

void commit(Orders *orders, long *place)
{
    Orders_commit(orders, place);
}
