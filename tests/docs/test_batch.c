/* The examples of batch.h. */
#include "example.h"

#include <weft/batch.h>

typedef struct Order {
    int qty;
} Order;
typedef struct Book {
    int qty;
} Book;
WEFT_RESOURCE_DEFINE(Book);

static void on_order(Book *book, const Order *order)
{
    book->qty = book->qty * 10 + order->qty;
}
WEFT_FN(on_order, MUT(Book), REF(Order));

WEFT_BATCH(order_batch, Order, on_order); // on_order: a WEFT_FN or WEFT_PIPELINE

static int run(weft_world *world)
{
    const Order order = { 3 }, array[] = { { 4 }, { 5 } };
    const size_t count = 2;

    struct on_order one;
    struct order_batch orders;
    if (on_order_init(&one, world) || order_batch_init(&orders, &one, 64, world))
        return 1;
    if (order_batch_push(&orders, &order))
        puts("full");
    order_batch_run(&orders, world); // every item, in order; then it is empty
    order_batch_fini(&orders);

    assert_int_equal(WEFT_GET(world, Book)->qty, 3);

    order_batch_each(&one.state, world, array, count); // the same over your own array

    assert_int_equal(WEFT_GET(world, Book)->qty, 345);
    return 0;
}

static void every_item_is_run_in_order(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Book);
    weft_world *world = built(builder);
    assert_int_equal(run(world), 0);
    assert_string_equal(said, "");
    weft_world_free(world);
}

EXAMPLE(every_item_is_run_in_order);
