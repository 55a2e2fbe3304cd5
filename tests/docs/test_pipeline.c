/* The example of pipeline.h. */
#include "example.h"
#include "orders.h"

static Checked validate(const Config *config, const Order *order)
{
    if (order->qty > config->limit)
        return (Checked){ .error = { 10 } };
    return (Checked){ .ok = true, .value = *order };
} // a WEFT_RESULT
WEFT_FN(validate, RES(Config), REF(Order));

WEFT_PIPELINE(on_order, Order, void, THEN(validate), AND_THEN(enrich), CATCH(log_reject),
              MAP(submit));

static int run(weft_world *world, Order order)
{
    struct on_order orders;
    if (on_order_init(&orders, world))
        return 1;                                // binds every step
    on_order_call(&orders.state, world, &order); // typed: one flat function
    weft_run(&orders.base, world, &order);       // erased: what drivers do

    return 0;
}

static void the_steps_are_one_function(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER(builder, Config, { .limit = 100 });
    WEFT_REGISTER_DEFAULT(builder, Rejects);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_world *world = built(builder);
    assert_int_equal(run(world, (Order){ 6 }), 0);
    assert_int_equal(WEFT_GET(world, Counter)->qty, 14);
    assert_int_equal(WEFT_GET(world, Rejects)->count, 0);
    assert_int_equal(run(world, (Order){ 0 }), 0);
    assert_int_equal(WEFT_GET(world, Rejects)->count, 4);
    assert_int_equal(run(world, (Order){ 101 }), 0);
    assert_int_equal(WEFT_GET(world, Rejects)->count, 24);
    assert_int_equal(WEFT_GET(world, Counter)->qty, 14);
    weft_world_free(world);
}

EXAMPLE(the_steps_are_one_function);
