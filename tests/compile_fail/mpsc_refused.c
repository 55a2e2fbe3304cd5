/* A queue of several producers is closed, not refused. */
/* gcc: implicit declaration of function 'Orders_refuse' */
/* clang: implicit declaration of function 'Orders_refuse' */
/* flags: -Werror */
#include <weft/mpsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_MPSC(Orders, Order);

void stop(Orders *orders)
{
    Orders_refuse(orders);
}
