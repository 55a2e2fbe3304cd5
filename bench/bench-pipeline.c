/* What a pipeline costs, beside the function that one would write by hand; and batches, beside the
 * loop. Ours and the hand-written loop of a row are compiled here, side by side. */
#include "support/bench.h"

#include <weft/batch.h>
#include <weft/pipeline.h>

#include <stdlib.h>
#include <string.h>

/* ---- a world --------------------------------------------------------------------------------- */

#define RESOURCE(T)     \
    typedef struct T {  \
        uint64_t value; \
    } T;                \
    WEFT_RESOURCE_DEFINE(T)
RESOURCE(Factor);
RESOURCE(Offset);
RESOURCE(Limit);
RESOURCE(Floor);
RESOURCE(Sum);
RESOURCE(Rejects);

static weft_world *build_world(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    WEFT_REGISTER(builder, Factor, { 3 });
    WEFT_REGISTER(builder, Offset, { 7 });
    WEFT_REGISTER(builder, Limit, { 900 });
    WEFT_REGISTER(builder, Floor, { 20 });
    WEFT_REGISTER(builder, Sum, { 0 });
    WEFT_REGISTER(builder, Rejects, { 0 });
    weft_world *world = NULL;
    bench_must(weft_builder_build(builder, &world) == WEFT_OK, "a world of 6 resources is built");
    return world;
}

/* ---- the pipelines --------------------------------------------------------------------------- */

static uint64_t triple(uint64_t v)
{
    return v * 3;
}
WEFT_FN(triple, IN(uint64_t));
static uint64_t plus_seven(const uint64_t *v)
{
    return *v + 7;
}
WEFT_FN(plus_seven, REF(uint64_t));
static uint64_t mix(uint64_t v)
{
    return v ^ (v >> 7);
}
WEFT_FN(mix, IN(uint64_t));
WEFT_PIPELINE(bare3, uint64_t, uint64_t, THEN(triple), THEN(plus_seven), THEN(mix));

static uint64_t scale(const Factor *factor, uint64_t v)
{
    return v * factor->value;
}
WEFT_FN(scale, RES(Factor), IN(uint64_t));
static uint64_t shift(const Offset *offset, const uint64_t *v)
{
    return *v + offset->value;
}
WEFT_FN(shift, RES(Offset), REF(uint64_t));
static uint64_t add(Sum *sum, uint64_t v)
{
    return sum->value += v;
}
WEFT_FN(add, MUT(Sum), IN(uint64_t));
WEFT_PIPELINE(res3, uint64_t, uint64_t, THEN(scale), THEN(shift), THEN(add));

typedef struct Order {
    uint64_t id, qty, price, venue;
} Order;
WEFT_OPTION(Maybe, uint64_t);
static bool is_listed(const Order *order)
{
    return order->venue < 60;
}
WEFT_FN(is_listed, REF(Order));
static bool is_large(const Floor *floor, const Order *order)
{
    return order->qty >= floor->value;
}
WEFT_FN(is_large, RES(Floor), REF(Order));
static bool is_allowed(const Limit *limit, const Order *order)
{
    return order->qty < limit->value;
}
WEFT_FN(is_allowed, RES(Limit), REF(Order));
static uint64_t notional(const Order *order)
{
    return order->qty * order->price;
}
WEFT_FN(notional, REF(Order));
WEFT_PIPELINE(guard5, Order, uint64_t, GUARD(is_listed), FILTER(is_large), FILTER(is_allowed),
              MAP(notional), UNWRAP_OR(0));

/* A result, both ways taken: as a protocol's core does it. */
typedef struct Reject {
    uint64_t code;
} Reject;
WEFT_RESULT(Checked, Order, Reject);
static Checked validate(const Limit *limit, const Order *order)
{
    if (order->qty >= limit->value)
        return (Checked){ .error = { order->venue } };
    return (Checked){ .ok = true, .value = *order };
}
WEFT_FN(validate, RES(Limit), REF(Order));
static Checked enrich(const Factor *factor, Order order)
{
    order.price *= factor->value;
    return (Checked){ .ok = true, .value = order };
}
WEFT_FN(enrich, RES(Factor), IN(Order));
static void count_reject(Rejects *rejects, Reject reject)
{
    rejects->value += reject.code;
}
WEFT_FN(count_reject, MUT(Rejects), IN(Reject));
static void submit(Sum *sum, const Order *order)
{
    sum->value += order->qty * order->price;
}
WEFT_FN(submit, MUT(Sum), REF(Order));
WEFT_PIPELINE(result4, Order, void, THEN(validate), AND_THEN(enrich), CATCH(count_reject),
              MAP(submit));

static uint64_t plus(const uint64_t *a, const uint64_t *b)
{
    return *a + *b;
}
WEFT_FN(plus, REF(uint64_t), REF(uint64_t));
WEFT_PIPELINE(diamond, uint64_t, uint64_t, THEN(triple), FORK(mix, shift), MERGE(plus), THEN(add));

/* Items of a batch: bare, and with resources and a guard. */
static uint32_t widen(uint16_t v)
{
    return 2u * v + 1;
}
typedef uint16_t Item;
typedef struct Total {
    uint32_t value;
} Total;
WEFT_FN(widen, IN(Item));
static void count_up(uint32_t *total, uint32_t v)
{
    *total += v;
}
WEFT_FN(count_up, LOCAL(uint32_t), IN(uint32_t));
WEFT_PIPELINE(item_bare, Item, void, THEN(widen), THEN(count_up));
WEFT_BATCH(bare_batch, Item, item_bare);
static bool within(const Limit *limit, uint64_t v)
{
    return v < limit->value;
}
WEFT_FN(within, RES(Limit), IN(uint64_t));
WEFT_PIPELINE(item_res, uint64_t, void, GUARD(within), MAP(scale), MAP(add));
WEFT_BATCH(res_batch, uint64_t, item_res);

/* ---- the same by hand ------------------------------------------------------------------------ */

struct hands {
    const Factor *factor;
    const Offset *offset;
    const Limit *limit;
    const Floor *floor;
    Sum *sum;
    Rejects *rejects;
    uint32_t total;
};

static inline uint64_t hand_mix(uint64_t v)
{
    return v ^ (v >> 7);
}

static inline uint64_t hand_guard(const struct hands *h, const Order *order)
{
    if (order->venue >= 60 || order->qty < h->floor->value || order->qty >= h->limit->value)
        return 0;
    return order->qty * order->price;
}

static inline void hand_result(const struct hands *h, const Order *order)
{
    if (order->qty >= h->limit->value)
        h->rejects->value += order->venue;
    else
        h->sum->value += order->qty * (order->price * h->factor->value);
}

static inline uint64_t hand_diamond(const struct hands *h, uint64_t v)
{
    const uint64_t tripled = v * 3;
    return h->sum->value += hand_mix(tripled) + (tripled + h->offset->value);
}

static inline void hand_item_bare(struct hands *h, Item item)
{
    h->total += 2u * item + 1;
}

static inline void hand_item_res(struct hands *h, uint64_t item)
{
    if (item < h->limit->value)
        h->sum->value += item * h->factor->value;
}

/* ---- subjects -------------------------------------------------------------------------------- */

enum { OPS = 16384, ORDERS = 1024, BATCH = 100, BATCHES = 256 };

typedef struct subjects {
    weft_world *world;
    struct bare3_state bare3;
    struct res3_state res3;
    struct guard5_state guard5;
    struct result4_state result4;
    struct diamond_state diamond;
    struct hands hands;
    Order orders[ORDERS];
    Item items[BATCH];
    uint64_t numbers[BATCH];
    struct bare_batch bare_batch;
    struct res_batch res_batch;
    Item *hand_items;
    uint64_t *hand_numbers;
    size_t hand_len, count, room; /* numbers that no compiler knows beforehand */
} subjects;

static void bind_subjects(subjects *s)
{
    s->world = build_world();
    const weft_world *w = s->world;
    struct item_bare bare;
    struct item_res res;
    bench_must(bare3_bind(&s->bare3, w) == WEFT_OK && res3_bind(&s->res3, w) == WEFT_OK &&
                   guard5_bind(&s->guard5, w) == WEFT_OK &&
                   result4_bind(&s->result4, w) == WEFT_OK &&
                   diamond_bind(&s->diamond, w) == WEFT_OK && item_bare_init(&bare, w) == WEFT_OK &&
                   item_res_init(&res, w) == WEFT_OK &&
                   bare_batch_init(&s->bare_batch, &bare, BATCH, w) == WEFT_OK &&
                   res_batch_init(&s->res_batch, &res, BATCH, w) == WEFT_OK,
               "the pipelines are bound");
    s->hands = (struct hands){ .factor = WEFT_GET(w, Factor),
                               .offset = WEFT_GET(w, Offset),
                               .limit = WEFT_GET(w, Limit),
                               .floor = WEFT_GET(w, Floor),
                               .sum = WEFT_GET(w, Sum),
                               .rejects = WEFT_GET(w, Rejects) };
    uint64_t seed = 1;
    for (size_t i = 0; i < ORDERS; i++)
        s->orders[i] = (Order){ i, bench_below(&seed, 1000), bench_below(&seed, 1000),
                                bench_below(&seed, 64) };
    for (size_t i = 0; i < BATCH; i++) {
        s->items[i] = (Item)bench_random(&seed);
        s->numbers[i] = bench_below(&seed, 1000);
    }
    s->count = s->room = BATCH;
    s->hand_items = bench_alloc(BATCH, sizeof(Item));
    s->hand_numbers = bench_alloc(BATCH, sizeof(uint64_t));
}

/* ---- one event at a time --------------------------------------------------------------------- */

/* The barrier makes each call load its pointers and what they point to. */
#define EVENT_LOOP(name, ...)                            \
    static BENCH_LOOP void name(void *arg)               \
    {                                                    \
        subjects *const s = arg;                         \
        (void)s;                                         \
        for (uint64_t event = 0; event < OPS; event++) { \
            bench_barrier();                             \
            __VA_ARGS__;                                 \
        }                                                \
        bench_barrier();                                 \
    }
#define VALUE_LOOP(name, call) EVENT_LOOP(name, uint64_t value = (call); BENCH_KEEP(value))
VALUE_LOOP(loop_bare3, bare3_call(&s->bare3, s->world, &event))
VALUE_LOOP(loop_res3, res3_call(&s->res3, s->world, &event))
VALUE_LOOP(loop_guard5, guard5_call(&s->guard5, s->world, &s->orders[event % ORDERS]))
VALUE_LOOP(loop_diamond, diamond_call(&s->diamond, s->world, &event))
VALUE_LOOP(hand_bare3, hand_mix(event * 3 + 7))
VALUE_LOOP(hand_res3,
           s->hands.sum->value += event * s->hands.factor->value + s->hands.offset->value)
VALUE_LOOP(hand_guard5, hand_guard(&s->hands, &s->orders[event % ORDERS]))
VALUE_LOOP(hand_diamonds, hand_diamond(&s->hands, event))

EVENT_LOOP(loop_result4, result4_call(&s->result4, s->world, &s->orders[event % ORDERS]))
EVENT_LOOP(hand_result4, hand_result(&s->hands, &s->orders[event % ORDERS]))

/* ---- batches --------------------------------------------------------------------------------- */

/* Both fill a buffer of their own with the same 100 items, as many as there is room for, then run
 * them. */
#define BATCH_LOOP(name, batch, from)                             \
    static BENCH_LOOP void name(void *arg)                        \
    {                                                             \
        subjects *const s = arg;                                  \
        weft_status status = WEFT_OK;                             \
        for (size_t i = 0; i < BATCHES; i++) {                    \
            status |= batch##_fill(&s->batch, s->from, s->count); \
            bench_barrier();                                      \
            batch##_run(&s->batch, s->world);                     \
            bench_barrier();                                      \
        }                                                         \
        bench_must(status == WEFT_OK, "there is room");           \
    }
BATCH_LOOP(run_bare, bare_batch, items)
BATCH_LOOP(run_res, res_batch, numbers)

#define HAND_LOOP(name, T, from, buffer, each)                                  \
    static BENCH_LOOP void name(void *arg)                                      \
    {                                                                           \
        subjects *const s = arg;                                                \
        weft_status status = WEFT_OK;                                           \
        for (size_t i = 0; i < BATCHES; i++) {                                  \
            if (s->count <= s->room - s->hand_len) {                            \
                memcpy(s->buffer + s->hand_len, s->from, s->count * sizeof(T)); \
                s->hand_len += s->count;                                        \
            } else {                                                            \
                status = WEFT_EFULL;                                            \
            }                                                                   \
            bench_barrier();                                                    \
            const T *const all = s->buffer;                                     \
            const size_t len = s->hand_len;                                     \
            for (size_t k = 0; k < len; k++)                                    \
                each(&s->hands, all[k]);                                        \
            s->hand_len = 0;                                                    \
            bench_barrier();                                                    \
        }                                                                       \
        bench_must(status == WEFT_OK, "there is room");                         \
    }
HAND_LOOP(hand_bare, Item, items, hand_items, hand_item_bare)
HAND_LOOP(hand_res, uint64_t, numbers, hand_numbers, hand_item_res)

/* ---- rows of numbers ------------------------------------------------------------------------- */

struct row {
    const char *id, *what;
    void (*ours)(void *arg);
    void (*by_hand)(void *arg);
};

/* A row of so many operations; `ours` and `by_hand` say what its sides are. */
static void compare(bench *b, subjects *s, const struct row *row, uint32_t ops, const char *ours,
                    const char *by_hand)
{
    const bench_side sides[] = {
        { BENCH_OURS, ours, .run = row->ours, .arg = s },
        { BENCH_BASELINE, by_hand, .run = row->by_hand, .arg = s },
    };
    bench_compare(b, &(bench_contest){ row->id, row->what, ops, 1001, sides, 2 });
}

static void event_rows(bench *b, subjects *s)
{
    static const struct row rows[] = {
        { "pipeline.bare3", "3 steps, no resource", loop_bare3, hand_bare3 },
        { "pipeline.res3", "3 steps, a resource each", loop_res3, hand_res3 },
        { "pipeline.guard5", "5 steps, 3 of them guards, of random orders", loop_guard5,
          hand_guard5 },
        { "pipeline.result4", "4 steps over a result, 1 of 10 rejected", loop_result4,
          hand_result4 },
        { "pipeline.diamond", "fork of 2 and merge, 2 resources", loop_diamond, hand_diamonds },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        compare(b, s, &rows[i], OPS, "P_call", "one function over a struct of pointers");
}

static void batch_rows(bench *b, subjects *s)
{
    static const struct row rows[] = {
        { "batch.100", "100 items, 2 bare steps, per item", run_bare, hand_bare },
        { "batch.100.res", "100 items, guard and 3 resources, per item", run_res, hand_res },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        compare(b, s, &rows[i], BATCHES * BATCH, "fill and run", "memcpy and a loop");
}

int main(int argc, char **argv)
{
    bench *b = bench_open("pipeline", argc, argv);
    static subjects s;
    bind_subjects(&s);

    event_rows(b, &s);
    batch_rows(b, &s);

    bare_batch_fini(&s.bare_batch);
    res_batch_fini(&s.res_batch);
    free(s.hand_items);
    free(s.hand_numbers);
    weft_world_free(s.world);
    return bench_close(b);
}
