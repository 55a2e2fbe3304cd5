/* A queue of one kind is given to a function of the other. */
/* gcc: passing argument 1 of 'Orders_push' from incompatible pointer type
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types passing 'Shared_orders *' (aka 'struct Shared_orders *') to
 * parameter of type 'Orders *' */
/* flags: -Werror */
#include <weft/mpsc.h>
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Order);
WEFT_MPSC(Shared_orders, Order);

weft_status push(Shared_orders *orders, const Order *order)
{
    return Orders_push(orders, order);
}
