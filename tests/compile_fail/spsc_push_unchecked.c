/* A push whose failure nobody looks at. */
/* gcc: ignoring return value of 'Orders_push' declared with attribute 'warn_unused_result'
 * [-Werror=unused-result] */
/* clang: ignoring return value of function declared with 'warn_unused_result' attribute
 * [-Werror,-Wunused-result] */
/* flags: -Werror -c */
#include <weft/spsc.h>

typedef struct {
    int quantity;
} Order;
WEFT_SPSC(Orders, Order);

void push(Orders *orders, const Order *order)
{
    Orders_push(orders, order);
}
