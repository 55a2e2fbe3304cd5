/* The example of spsc.h. */
#include "example.h"

#include <weft/spsc.h>

typedef struct Order {
    int qty;
} Order;

static int executed;

static void execute(const Order *order)
{
    executed += order->qty;
}

WEFT_SPSC(Order_queue, Order); // a queue of Orders

static int run(void)
{
    Order_queue orders;
    if (Order_queue_init(&orders, NULL, 1024))
        return 1;

    {
        const Order order = { 7 };

        if (Order_queue_push(&orders, &order) == WEFT_EFULL) // the producer
            puts("full");
        Order_queue_close(&orders); // nothing comes any more
    }

    Order order; // the consumer
    weft_status status;
    while ((status = Order_queue_pop(&orders, &order)) != WEFT_ECLOSED)
        if (status == WEFT_OK)
            execute(&order);

    Order_queue_fini(&orders);
    return 0;
}

static void what_was_pushed_comes_out_before_the_end(void **state)
{
    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(executed, 7);
    assert_string_equal(said, "");
}

EXAMPLE(what_was_pushed_comes_out_before_the_end);
