/* What the pipeline on_order is made of, in the examples of pipeline.h and describe.h. */
#ifndef WEFT_TEST_ORDERS_H
#define WEFT_TEST_ORDERS_H

#include <weft/pipeline.h>

typedef struct Order {
    int qty;
} Order;
typedef struct Reject {
    int code;
} Reject;
typedef struct Config {
    int limit;
} Config;
typedef struct Rejects {
    int count;
} Rejects;
typedef struct Counter {
    int qty;
} Counter;
WEFT_RESOURCE_DEFINE(Config);
WEFT_RESOURCE_DEFINE(Rejects);
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESULT(Checked, Order, Reject);

static Checked enrich(Order order)
{
    if (order.qty == 0)
        return (Checked){ .error = { 2 } };
    return (Checked){ .ok = true, .value = { order.qty + 1 } };
}
WEFT_FN(enrich, IN(Order));

static void log_reject(Rejects *rejects, Reject reject)
{
    rejects->count += reject.code;
}
WEFT_FN(log_reject, MUT(Rejects), IN(Reject));

static void submit(Counter *counter, const Order *order)
{
    counter->qty += order->qty;
}
WEFT_FN(submit, MUT(Counter), REF(Order));

#endif
