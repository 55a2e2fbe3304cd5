/* The example of adapt.h. */
#include "example.h"

#include <weft/adapt.h>

typedef struct Order {
    int qty;
} Order;
typedef struct Frame {
    int len, qty;
} Frame;
typedef struct Stats {
    int bad;
} Stats;
typedef struct Book {
    int qty;
} Book;
WEFT_RESOURCE_DEFINE(Stats);
WEFT_RESOURCE_DEFINE(Book);

static void on_order(Book *book, Order order)
{
    book->qty += order.qty;
}

WEFT_OPTION(Maybe_order, Order);
static Maybe_order decode(Stats *stats, const Frame *frame)
{
    if (frame->len > 0)
        return (Maybe_order){ .ok = true, .value = { frame->qty } };
    stats->bad++;
    return (Maybe_order){ .ok = false };
}
WEFT_FN(decode, MUT(Stats), REF(Frame));
WEFT_FN(on_order, MUT(Book), IN(Order));
WEFT_ADAPT(on_frame, Frame, decode, on_order);

static int run(weft_world *world, Frame frame)
{
    struct on_frame frames;
    if (on_frame_init(&frames, world))
        return 1;
    weft_run(&frames.base, world, &frame); // false if skipped, else what on_order says

    assert_int_equal(weft_run(&frames.base, world, &frame), frame.len > 0);
    return 0;
}

static void a_frame_becomes_an_order_or_is_skipped(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Stats);
    WEFT_REGISTER_DEFAULT(builder, Book);
    weft_world *world = built(builder);
    assert_int_equal(run(world, (Frame){ 1, 5 }), 0);
    assert_int_equal(run(world, (Frame){ 0, 7 }), 0);
    assert_int_equal(WEFT_GET(world, Book)->qty, 10);
    assert_int_equal(WEFT_GET(world, Stats)->bad, 2);
    weft_world_free(world);
}

EXAMPLE(a_frame_becomes_an_order_or_is_skipped);
