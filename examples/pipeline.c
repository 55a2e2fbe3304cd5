/* What docs/pipelines.md shows, as a program that checks what it says: an order desk whose steps
 * are plain functions, composed into pipelines, a DAG, a batch. */
#include <weft/weft.h>

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    uint64_t id, qty;
    double price;
} Order;

/* Resources: what the steps read and write. */
typedef struct {
    uint64_t max_qty;
} Limits;
typedef struct {
    uint64_t orders, qty;
} Book;
typedef struct {
    uint64_t too_large, empty;
} Rejects;
WEFT_RESOURCE_DEFINE(Limits);
WEFT_RESOURCE_DEFINE(Book);
WEFT_RESOURCE_DEFINE(Rejects);

/* ---- a pipeline over a result ---------------------------------------------------------------- */

typedef enum { REJECT_EMPTY, REJECT_TOO_LARGE } Reject;
WEFT_RESULT(Checked, Order, Reject); // { bool ok; Order value; Reject error; }

static Checked validate(const Limits *limits, const Order *order)
{
    if (order->qty == 0)
        return (Checked){ .error = REJECT_EMPTY };
    if (order->qty > limits->max_qty)
        return (Checked){ .error = REJECT_TOO_LARGE };
    return (Checked){ .ok = true, .value = *order };
}
WEFT_FN(validate, RES(Limits), REF(Order));

static Order round_price(Order order)
{
    order.price = (double)(int64_t)(order.price * 100) / 100;
    return order;
}
WEFT_FN(round_price, IN(Order));

static void count_reject(Rejects *rejects, Reject why)
{
    *(why == REJECT_EMPTY ? &rejects->empty : &rejects->too_large) += 1;
}
WEFT_FN(count_reject, MUT(Rejects), IN(Reject));

static void submit(Book *book, const Order *order)
{
    book->orders++;
    book->qty += order->qty;
}
WEFT_FN(submit, MUT(Book), REF(Order));

WEFT_PIPELINE(on_order, Order, void, THEN(validate), MAP(round_price), CATCH(count_reject),
              MAP(submit));

/* The same with plain control flow. */
static void on_order_plainly(const Limits *limits, Rejects *rejects, Book *book, const Order *order)
{
    const Order valid = WEFT_TRY(validate(limits, order), count_reject(rejects, error));
    const Order rounded = round_price(valid);
    submit(book, &rounded);
}
WEFT_FN(on_order_plainly, RES(Limits), MUT(Rejects), MUT(Book), REF(Order));

/* ---- options: guards, and what comes of them ------------------------------------------------- */

WEFT_OPTION(Maybe_qty, uint64_t);

static bool is_round_lot(const Order *order)
{
    return order->qty % 100 == 0;
}
WEFT_FN(is_round_lot, REF(Order));
static uint64_t lots(const Order *order)
{
    return order->qty / 100;
}
WEFT_FN(lots, REF(Order));

WEFT_PIPELINE(round_lots, Order, Maybe_qty, GUARD(is_round_lot), MAP(lots));
WEFT_PIPELINE(lots_or_none, Order, uint64_t, THEN(round_lots), UNWRAP_OR(0));

/* ---- a DAG: arms side by side, then one value again ------------------------------------------ */

static uint64_t decode(uint32_t raw)
{
    return raw * UINT64_C(2);
}
WEFT_FN(decode, IN(uint32_t));
static uint64_t add_one(const uint64_t *v)
{
    return *v + 1;
}
WEFT_FN(add_one, REF(uint64_t));
static uint64_t mul3(const uint64_t *v)
{
    return *v * 3;
}
WEFT_FN(mul3, REF(uint64_t));
static uint64_t sum(const uint64_t *a, const uint64_t *b)
{
    return *a + *b;
}
WEFT_FN(sum, REF(uint64_t), REF(uint64_t));

WEFT_PIPELINE(diamond, uint32_t, uint64_t, THEN(decode), FORK(add_one, mul3), MERGE(sum));

/* ---- state and context ----------------------------------------------------------------------- */

typedef struct {
    uint64_t seen, value;
} Session;
static uint64_t running_total(uint64_t *total, uint64_t v)
{
    return *total += v;
}
WEFT_FN(running_total, LOCAL(uint64_t), IN(uint64_t));
static void count_in_session(Session *session)
{
    session->seen++;
}
WEFT_FN(count_in_session, CTX(Session));
static void keep_in_session(Session *session, uint64_t v)
{
    session->value = v;
}
WEFT_FN(keep_in_session, CTX(Session), IN(uint64_t));

WEFT_PIPELINE(on_tick, uint64_t, void, CTX(Session), TAP(count_in_session), DEDUP,
              MAP(running_total), MAP(keep_in_session));

/* ---- a batch --------------------------------------------------------------------------------- */

WEFT_BATCH(order_batch, Order, on_order);

/* ---- the program ----------------------------------------------------------------------------- */

static bool check(const char *what, uint64_t value, uint64_t expected)
{
    printf("%-34s %" PRIu64 "\n", what, value);
    if (value != expected)
        printf("expected %" PRIu64 "\n", expected);
    return value == expected;
}

#define CHECK(what, value, expected)       \
    if (!check(what, (value), (expected))) \
    return 1

static int desk(weft_world *world)
{
    static const Order orders[] = {
        { 1, 100, 10.129 },
        { 2, 0, 9.5 },
        { 3, 5000, 9.75 },
        { 4, 250, 10.0 },
    };
    const Order order = orders[0];
    Book *book = WEFT_GET(world, Book);
    Rejects *rejects = WEFT_GET(world, Rejects);

    struct on_order pipeline;
    if (on_order_init(&pipeline, world))
        return 1;                                  // finds every step's resources, once
    on_order_call(&pipeline.state, world, &order); // typed, inlined
    weft_run(&pipeline.base, world, &order);       // erased, as drivers do

    CHECK("orders booked by the pipeline", book->orders, 2u);

    struct order_batch batch;
    if (order_batch_init(&batch, &pipeline, 64, world))
        return 1; // a copy of it, 64 places
    if (order_batch_fill(&batch, orders, 4))
        puts("full");               // all of them, or WEFT_EFULL
    order_batch_run(&batch, world); // every item, in order
    order_batch_fini(&batch);

    CHECK("and by the batch", book->orders, 4u);
    CHECK("rejected", rejects->too_large + rejects->empty, 2u);

    struct on_order_plainly plainly;
    if (on_order_plainly_init(&plainly, world))
        return 1;
    for (size_t i = 0; i < 4; i++)
        on_order_plainly_call(&plainly.state, world, &orders[i]);
    CHECK("and by the plain function", book->orders, 6u);
    CHECK("rejected", rejects->too_large + rejects->empty, 4u);

    weft_describe(&pipeline.base, stdout);
    return 0;
}

static int values(weft_world *world)
{
    struct lots_or_none_state lots_state;
    struct diamond_state diamond_state;
    if (lots_or_none_bind(&lots_state, world) || diamond_bind(&diamond_state, world))
        return 1;
    CHECK("lots of 300", lots_or_none_call(&lots_state, world, &(Order){ .qty = 300 }), 3u);
    CHECK("lots of 301", lots_or_none_call(&lots_state, world, &(Order){ .qty = 301 }), 0u);
    CHECK("diamond of 5", diamond_call(&diamond_state, world, &(uint32_t){ 5 }), 41u);

    struct on_tick ticks;
    if (on_tick_init(&ticks, world, (Session){ 0 }))
        return 1;

    static const uint64_t events[] = { 5, 5, 7, 7, 5 };
    for (size_t i = 0; i < 5; i++)
        weft_run(&ticks.base, world, &events[i]);
    CHECK("ticks seen", ticks.state.ctx.seen, 5u);
    CHECK("sum of the changes", ticks.state.ctx.value, 17u);
    return 0;
}

int main(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return 1;
    WEFT_REGISTER(builder, Limits, { .max_qty = 1000 });
    WEFT_REGISTER_DEFAULT(builder, Book);
    WEFT_REGISTER_DEFAULT(builder, Rejects);
    weft_world *world;
    if (weft_builder_build(builder, &world)) {
        weft_builder_free(builder);
        return 1;
    }
    const int status = desk(world) || values(world);
    weft_world_free(world);
    return status;
}
