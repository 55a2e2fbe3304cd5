/* What WEFT_PIPELINE makes of its steps, beside the function that one would write by hand.
 * test_pipelines.sh compiles this and counts instructions; it is never run. Names as in calls.c:
 *
 *     ours_NAME      the pipeline
 *     hand_NAME      the same by hand, the resources as pointers in a struct
 *     bare_NAME      the same by hand, the resources as arguments; LOADS says how many there are
 *     packed_NAME    a loop that must use vector instructions if by_hand_NAME does
 *
 * What several of those by hand do is in plain_NAME, which is inlined.
 */
#include <weft/batch.h>
#include <weft/pipeline.h>

#define LOADS(name, n)                       \
    extern const char loads_##name[1 + (n)]; \
    const char loads_##name[1 + (n)] = { 0 }
#define API __attribute__((noinline, visibility("default")))

#define RESOURCE(T)     \
    typedef struct T {  \
        uint64_t value; \
    } T;                \
    WEFT_RESOURCE_DEFINE(T)
RESOURCE(Sum);
RESOURCE(Factor);
RESOURCE(Limit);
RESOURCE(Rejects);
RESOURCE(Offset);

typedef struct Order {
    uint64_t id, qty;
    double price;
} Order;
typedef struct Reject {
    uint64_t code;
} Reject;
WEFT_RESULT(Checked, Order, Reject);
WEFT_OPTION(Maybe, uint64_t);

/* ---- linear ---------------------------------------------------------------------------------- */

static uint64_t widen(uint32_t v)
{
    return v * UINT64_C(3);
}
WEFT_FN(widen, IN(uint32_t));
static uint64_t plus_one(const uint64_t *v)
{
    return *v + 1;
}
WEFT_FN(plus_one, REF(uint64_t));
static uint64_t mix(uint64_t v)
{
    return v ^ (v >> 7);
}
WEFT_FN(mix, IN(uint64_t));
WEFT_PIPELINE(linear, uint32_t, uint64_t, THEN(widen), THEN(plus_one), THEN(mix));
LOADS(linear, 0);

API uint64_t ours_linear(struct linear_state *p, weft_world *world, const uint32_t *v)
{
    return linear_call(p, world, v);
}

static inline uint64_t plain_linear(uint32_t v)
{
    const uint64_t wide = v * UINT64_C(3) + 1;
    return wide ^ (wide >> 7);
}

API uint64_t bare_linear(const void *p, weft_world *world, const uint32_t *v)
{
    (void)p, (void)world;
    return plain_linear(*v);
}

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
static void add(Sum *sum, uint64_t v)
{
    sum->value += v;
}
WEFT_FN(add, MUT(Sum), IN(uint64_t));
WEFT_PIPELINE(with_resources, uint64_t, void, THEN(scale), THEN(shift), THEN(add));

struct hand_resources {
    weft_handler base;
    const Factor *factor;
    const Offset *offset;
    Sum *sum;
};

API void ours_resources(struct with_resources *p, weft_world *world, const uint64_t *v)
{
    with_resources_call(&p->state, world, v);
}

API void hand_resources(struct hand_resources *p, weft_world *world, const uint64_t *v)
{
    (void)world;
    p->sum->value += *v * p->factor->value + p->offset->value;
}

/* ---- option ---------------------------------------------------------------------------------- */

static bool within(const Limit *limit, const uint64_t *v)
{
    return *v < limit->value;
}
WEFT_FN(within, RES(Limit), REF(uint64_t));
static bool is_odd(uint64_t v)
{
    return v & 1;
}
WEFT_FN(is_odd, IN(uint64_t));
WEFT_PIPELINE(option, uint64_t, void, GUARD(within), MAP(scale), FILTER(is_odd), MAP(add));
LOADS(option, 3);

struct hand_option {
    weft_handler base;
    const Limit *limit;
    const Factor *factor;
    Sum *sum;
};

API void ours_option(struct option *p, weft_world *world, const uint64_t *v)
{
    option_call(&p->state, world, v);
}

static inline void plain_option(const Limit *limit, const Factor *factor, Sum *sum, uint64_t v)
{
    if (v >= limit->value)
        return;
    const uint64_t scaled = v * factor->value;
    if (scaled & 1)
        sum->value += scaled;
}

API void hand_option(struct hand_option *p, weft_world *world, const uint64_t *v)
{
    (void)world;
    plain_option(p->limit, p->factor, p->sum, *v);
}

API void bare_option(const Limit *limit, const Factor *factor, Sum *sum, weft_world *world,
                     const uint64_t *v)
{
    (void)world;
    plain_option(limit, factor, sum, *v);
}

WEFT_PIPELINE(or_value, uint64_t, uint64_t, GUARD(within), MAP(plus_one), UNWRAP_OR(99));
LOADS(or_value, 1);

API uint64_t ours_or_value(struct or_value_state *p, weft_world *world, const uint64_t *v)
{
    return or_value_call(p, world, v);
}

API uint64_t bare_or_value(const Limit *limit, weft_world *world, const uint64_t *v)
{
    (void)world;
    return *v < limit->value ? *v + 1 : 99;
}

/* ---- result ---------------------------------------------------------------------------------- */

static Checked validate(const Limit *limit, const Order *order)
{
    if (order->qty > limit->value)
        return (Checked){ .error = { 7 } };
    return (Checked){ .ok = true, .value = *order };
}
WEFT_FN(validate, RES(Limit), REF(Order));
static Checked enrich(Order order)
{
    order.price *= 2;
    return (Checked){ .ok = true, .value = order };
}
WEFT_FN(enrich, IN(Order));
static void count_reject(Rejects *rejects, Reject reject)
{
    rejects->value += reject.code;
}
WEFT_FN(count_reject, MUT(Rejects), IN(Reject));
static void submit(Sum *sum, const Order *order)
{
    sum->value += order->qty + (uint64_t)(int64_t)order->price;
}
WEFT_FN(submit, MUT(Sum), REF(Order));
WEFT_PIPELINE(result, Order, void, THEN(validate), AND_THEN(enrich), CATCH(count_reject),
              MAP(submit));

struct hand_result {
    weft_handler base;
    const Limit *limit;
    Rejects *rejects;
    Sum *sum;
};

API void ours_result(struct result *p, weft_world *world, const Order *order)
{
    result_call(&p->state, world, order);
}

API void hand_result(struct hand_result *p, weft_world *world, const Order *order)
{
    (void)world;
    if (order->qty > p->limit->value)
        p->rejects->value += 7;
    else
        p->sum->value += order->qty + (uint64_t)(int64_t)(order->price * 2);
}

/* ---- a chain of guards over a struct that is too large to be copied for nothing -------------- */

typedef struct Quote {
    uint64_t bid, ask, flags, venue, more[20];
} Quote;

static bool is_open(const Quote *q)
{
    return q->flags & 1;
}
WEFT_FN(is_open, REF(Quote));
static bool is_crossed(const Quote *q)
{
    return q->bid < q->ask;
}
WEFT_FN(is_crossed, REF(Quote));
static bool is_listed(const Quote *q)
{
    return q->venue < 64;
}
WEFT_FN(is_listed, REF(Quote));
static bool is_near(const Limit *limit, const Quote *q)
{
    return q->ask - q->bid < limit->value;
}
WEFT_FN(is_near, RES(Limit), REF(Quote));
static bool is_last(const Quote *q)
{
    return q->more[19] != 0;
}
WEFT_FN(is_last, REF(Quote));
static void take(Sum *sum, const Quote *q)
{
    sum->value += q->bid;
}
WEFT_FN(take, MUT(Sum), REF(Quote));
WEFT_PIPELINE(guards, Quote, void, GUARD(is_open), FILTER(is_crossed), FILTER(is_listed),
              FILTER(is_near), FILTER(is_last), MAP(take));
LOADS(guards, 2);

struct hand_guards {
    weft_handler base;
    const Limit *limit;
    Sum *sum;
};

API void ours_guards(struct guards *p, weft_world *world, const Quote *q)
{
    guards_call(&p->state, world, q);
}

static inline void plain_guards(const Limit *limit, Sum *sum, const Quote *q)
{
    if ((q->flags & 1) && q->bid < q->ask && q->venue < 64 && q->ask - q->bid < limit->value &&
        q->more[19] != 0)
        sum->value += q->bid;
}

API void hand_guards(struct hand_guards *p, weft_world *world, const Quote *q)
{
    (void)world;
    plain_guards(p->limit, p->sum, q);
}

API void bare_guards(const Limit *limit, Sum *sum, weft_world *world, const Quote *q)
{
    (void)world;
    plain_guards(limit, sum, q);
}

/* The same in front of a function that is not inlined, so that the struct must lie in memory. */
void elsewhere(Sum *sum, const Quote *q);
WEFT_FN(elsewhere, MUT(Sum), REF(Quote));
WEFT_PIPELINE(guards_call, Quote, void, GUARD(is_open), FILTER(is_crossed), FILTER(is_near),
              MAP(elsewhere));

API void ours_guards_call(struct guards_call *p, weft_world *world, const Quote *q)
{
    guards_call_call(&p->state, world, q);
}

API void hand_guards_call(struct hand_guards *p, weft_world *world, const Quote *q)
{
    (void)world;
    if ((q->flags & 1) && q->bid < q->ask && q->ask - q->bid < p->limit->value)
        elsewhere(p->sum, q);
}

/* ---- forks ----------------------------------------------------------------------------------- */

static uint64_t times_three(const uint64_t *v)
{
    return *v * 3;
}
WEFT_FN(times_three, REF(uint64_t));
static uint64_t plus(const uint64_t *a, uint64_t b)
{
    return *a + b;
}
WEFT_FN(plus, REF(uint64_t), IN(uint64_t));
static uint64_t mask(const Factor *factor, uint64_t v)
{
    return v & factor->value;
}
WEFT_FN(mask, RES(Factor), IN(uint64_t));
static uint64_t both(uint64_t a, uint64_t b)
{
    return a ^ (b << 1);
}
WEFT_FN(both, IN(uint64_t), IN(uint64_t));
static void store(Sum *sum, uint64_t v)
{
    sum->value = v;
}
WEFT_FN(store, MUT(Sum), IN(uint64_t));
WEFT_PIPELINE(diamond, uint32_t, void, THEN(widen), FORK(plus_one, times_three), MERGE(plus),
              THEN(store));

struct hand_store {
    weft_handler base;
    Sum *sum;
};

API void ours_diamond(struct diamond *p, weft_world *world, const uint32_t *v)
{
    diamond_call(&p->state, world, v);
}

API void hand_diamond(struct hand_store *p, weft_world *world, const uint32_t *v)
{
    (void)world;
    const uint64_t wide = *v * UINT64_C(3);
    p->sum->value = (wide + 1) + wide * 3;
}

WEFT_PIPELINE(inner_fork, uint64_t, uint64_t, FORK(mix, mask), MERGE(both));
WEFT_PIPELINE(nested, uint32_t, void, THEN(widen), FORK(inner_fork, times_three), MERGE(plus),
              THEN(store));
LOADS(nested, 2);

struct hand_nested {
    weft_handler base;
    const Factor *factor;
    Sum *sum;
};

API void ours_nested(struct nested *p, weft_world *world, const uint32_t *v)
{
    nested_call(&p->state, world, v);
}

static inline void plain_nested(const Factor *factor, Sum *sum, uint32_t v)
{
    const uint64_t wide = v * UINT64_C(3);
    sum->value = ((wide ^ (wide >> 7)) ^ ((wide & factor->value) << 1)) + wide * 3;
}

API void hand_nested(struct hand_nested *p, weft_world *world, const uint32_t *v)
{
    (void)world;
    plain_nested(p->factor, p->sum, *v);
}

API void bare_nested(const Factor *factor, Sum *sum, weft_world *world, const uint32_t *v)
{
    (void)world;
    plain_nested(factor, sum, *v);
}

/* ---- state ----------------------------------------------------------------------------------- */

static uint64_t running(uint64_t *sum, uint64_t v)
{
    return *sum += v;
}
WEFT_FN(running, LOCAL(uint64_t), IN(uint64_t));
WEFT_PIPELINE(scan, uint64_t, uint64_t, SCAN(running), THEN(plus_one));

struct hand_scan {
    uint64_t sum;
};

API uint64_t ours_scan(struct scan_state *p, weft_world *world, const uint64_t *v)
{
    return scan_call(p, world, v);
}

API uint64_t hand_scan(struct hand_scan *p, weft_world *world, const uint64_t *v)
{
    (void)world;
    return (p->sum += *v) + 1;
}

/* ---- batches --------------------------------------------------------------------------------- */

static uint32_t twice(uint32_t v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(uint32_t));
static uint32_t next(const uint32_t *v)
{
    return *v + 1;
}
WEFT_FN(next, REF(uint32_t));
typedef struct Total {
    uint32_t value;
    const void *unused;
} Total;
WEFT_RESOURCE_DEFINE(Total);
typedef uint16_t Small;
static uint32_t from_small(Small v)
{
    return v;
}
WEFT_FN(from_small, IN(Small));
static void add_total(Total *total, uint32_t v)
{
    total->value += v;
}
WEFT_FN(add_total, MUT(Total), IN(uint32_t));
WEFT_PIPELINE(item, Small, void, THEN(from_small), THEN(twice), THEN(next), THEN(add_total));
WEFT_BATCH(items, Small, item);

struct hand_item {
    Total *total;
};

API size_t ours_each(struct item_state *p, weft_world *world, const Small *v, size_t count)
{
    return items_each(p, world, v, count);
}

static inline size_t plain_each(struct hand_item *p, const Small *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p->total->value += 2u * v[i] + 1;
    return count;
}

API size_t hand_each(struct hand_item *p, weft_world *world, const Small *v, size_t count)
{
    (void)world;
    return plain_each(p, v, count);
}

API size_t packed_each(struct item_state *p, weft_world *world, const Small *v, size_t count)
{
    return items_each(p, world, v, count);
}

API size_t by_hand_each(struct hand_item *p, weft_world *world, const Small *v, size_t count)
{
    (void)world;
    return plain_each(p, v, count);
}

API size_t packed_run(struct items *batch, weft_world *world)
{
    return items_run(batch, world);
}

static inline size_t plain_run(Total *total, const Small *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        total->value += 2u * v[i] + 1;
    return count;
}

API size_t by_hand_run(Total *total, const Small *v, size_t count)
{
    return plain_run(total, v, count);
}

/* ---- controls: the test must notice these ---------------------------------------------------- */

/* Puts the value between two steps into memory. */
API uint64_t ours_control_stored(volatile uint64_t *memory, weft_world *world, const uint32_t *v)
{
    (void)world;
    *memory = widen(*v);
    uint64_t value = *memory;
    value = plus_one(&value);
    return mix(value);
}

API uint64_t hand_control_stored(const void *p, weft_world *world, const uint32_t *v)
{
    (void)p, (void)world;
    return plain_linear(*v);
}

/* Copies what a guard lets through. */
API void ours_control_copied(struct guards *p, weft_world *world, const Quote *q)
{
    volatile Quote copy = *q;
    const Quote again = copy;
    guards_call(&p->state, world, &again);
}

API void hand_control_copied(struct hand_guards *p, weft_world *world, const Quote *q)
{
    (void)world;
    plain_guards(p->limit, p->sum, q);
}

/* A loop that keeps its place in memory. */
API size_t packed_control_place(struct item_state *p, weft_world *world, const Small *v,
                                size_t count, volatile size_t *place)
{
    for (size_t i = 0; i < count; i++) {
        *place = i;
        item_call(p, world, &v[i]);
    }
    return count;
}

API size_t by_hand_control_place(Total *total, const Small *v, size_t count)
{
    return plain_run(total, v, count);
}
