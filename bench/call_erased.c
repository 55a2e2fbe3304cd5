/* Calls through a handler whose type is erased.
 *
 * How well a branch predictor copes with thousands of indirect calls depends on where the code
 * lies, by a quarter either way. So the functions and the loops exist in several copies, at several
 * places, and each turn takes the next copy.
 */
#include "call_erased.h"

#include <weft/fn.h>
#include <weft/storage.h>

#define RESOURCE(T)     \
    typedef struct T {  \
        uint64_t value; \
    } T;                \
    WEFT_RESOURCE_DEFINE(T)
RESOURCE(Counter);
RESOURCE(High);
RESOURCE(Limit);
RESOURCE(Total);

enum {
    HANDLERS = 1000,
    ERASED_OPS = 100 * HANDLERS,
    COPIES = 8,
};

/* By hand: a context per handler, 16 bytes each, close together in the order of the handlers. */
typedef union hand_context {
    struct {
        Counter *counter;
    } count;
    struct {
        High *high;
        const Limit *limit;
    } highest;
    struct {
        Total *total;
        uint64_t calls;
    } weigh;
    struct {
        uint64_t sum;
    } tally;
} hand_context;

typedef struct hand_handler {
    void (*run)(void *context, const void *event);
    void *context;
} hand_handler;

/* Handler i is of type i % 4. */
typedef struct crowd {
    _Alignas(64) weft_flat_64 flat[HANDLERS];
    _Alignas(64) weft_handler *boxed[HANDLERS];
    _Alignas(64) hand_handler hand[HANDLERS];
    _Alignas(64) hand_context contexts[HANDLERS];
} crowd;

typedef struct erased {
    weft_world *world;
    uint64_t random;
    size_t copy;                /* which is used in this turn */
    uint16_t order[ERASED_OPS]; /* which handler is next */
    crowd crowds[COPIES];
} erased;

static inline void do_count(Counter *counter, uint32_t qty)
{
    counter->value += qty;
}

static inline void do_highest(High *high, const Limit *limit, uint32_t qty)
{
    high->value = qty < limit->value ? high->value : qty;
}

static inline void do_weigh(Total *total, uint64_t *calls, uint32_t qty)
{
    total->value += qty * ++*calls;
}

static inline void do_tally(uint64_t *sum, uint32_t qty)
{
    *sum += qty;
}

static void keep(erased *e, crowd *c, weft_handler *const kinds[4], const hand_handler hand[4])
{
    const hand_context contexts[] = {
        { .count = { WEFT_GET(e->world, Counter) } },
        { .highest = { WEFT_GET(e->world, High), WEFT_GET(e->world, Limit) } },
        { .weigh = { WEFT_GET(e->world, Total), 0 } },
        { .tally = { 0 } },
    };
    for (size_t i = 0; i < HANDLERS; i++) {
        const weft_handler *handler = kinds[i % 4];
        bench_must(weft_flat_set(&c->flat[i].base, sizeof c->flat[i], e->world, handler) ==
                           WEFT_OK &&
                       weft_box(handler, e->world, &c->boxed[i]) == WEFT_OK,
                   "the handlers are stored");
        c->contexts[i] = contexts[i % 4];
        c->hand[i] = (hand_handler){ hand[i % 4].run, &c->contexts[i] };
    }
}

#define ERASED_LOOP(name, element, array, call)                  \
    static BENCH_LOOP void name(const erased *e, crowd *c)       \
    {                                                            \
        weft_world *const world = e->world;                      \
        element *const handlers = c->array;                      \
        (void)world;                                             \
        for (uint32_t event = 0; event < ERASED_OPS;) {          \
            element *const handler = &handlers[e->order[event]]; \
            const uint32_t qty = ++event;                        \
            (call);                                              \
        }                                                        \
    }

#define HAND(n, name, call)                                      \
    static void hand_##name##n(void *context, const void *event) \
    {                                                            \
        hand_context *const c = context;                         \
        const uint32_t qty = *(const uint32_t *)event;           \
        (call);                                                  \
    }

#define COPY(n)                                                                                 \
    static void count##n(Counter *counter, uint32_t qty)                                        \
    {                                                                                           \
        do_count(counter, qty);                                                                 \
    }                                                                                           \
    WEFT_FN(count##n, MUT(Counter), IN(uint32_t));                                              \
    static void highest##n(High *high, const Limit *limit, uint32_t qty)                        \
    {                                                                                           \
        do_highest(high, limit, qty);                                                           \
    }                                                                                           \
    WEFT_FN(highest##n, MUT(High), RES(Limit), IN(uint32_t));                                   \
    static void weigh##n(Total *total, uint64_t *calls, uint32_t qty)                           \
    {                                                                                           \
        do_weigh(total, calls, qty);                                                            \
    }                                                                                           \
    WEFT_FN(weigh##n, MUT(Total), LOCAL(uint64_t), IN(uint32_t));                               \
    static void tally##n(uint64_t *sum, uint32_t qty)                                           \
    {                                                                                           \
        do_tally(sum, qty);                                                                     \
    }                                                                                           \
    WEFT_FN(tally##n, LOCAL(uint64_t), IN(uint32_t));                                           \
    HAND(n, count, do_count(c->count.counter, qty))                                             \
    HAND(n, highest, do_highest(c->highest.high, c->highest.limit, qty))                        \
    HAND(n, weigh, do_weigh(c->weigh.total, &c->weigh.calls, qty))                              \
    HAND(n, tally, do_tally(&c->tally.sum, qty))                                                \
    ERASED_LOOP(flat##n, weft_flat_64, flat, weft_run(&handler->base, world, &qty))             \
    ERASED_LOOP(bare##n, const hand_handler, hand, handler->run(handler->context, &qty))        \
    ERASED_LOOP(boxed##n, weft_handler *const, boxed, weft_run(*handler, world, &qty))          \
    static void fill##n(erased *e)                                                              \
    {                                                                                           \
        struct count##n a;                                                                      \
        struct highest##n b;                                                                    \
        struct weigh##n c;                                                                      \
        struct tally##n d;                                                                      \
        bench_must(count##n##_init(&a, e->world) == WEFT_OK &&                                  \
                       highest##n##_init(&b, e->world) == WEFT_OK &&                            \
                       weigh##n##_init(&c, e->world) == WEFT_OK &&                              \
                       tally##n##_init(&d, e->world) == WEFT_OK,                                \
                   "the erased handlers are bound");                                            \
        const hand_handler hand[] = {                                                           \
            { hand_count##n, NULL },                                                            \
            { hand_highest##n, NULL },                                                          \
            { hand_weigh##n, NULL },                                                            \
            { hand_tally##n, NULL },                                                            \
        };                                                                                      \
        keep(e, &e->crowds[n], (weft_handler *[]){ &a.base, &b.base, &c.base, &d.base }, hand); \
    }
COPY(0)
COPY(1)
COPY(2)
COPY(3)
COPY(4)
COPY(5)
COPY(6)
COPY(7)

#define EACH_COPY(name)                                                        \
    {                                                                          \
        name##0, name##1, name##2, name##3, name##4, name##5, name##6, name##7 \
    }
typedef void erased_loop(const erased *e, crowd *c);
static void (*const fills[COPIES])(erased *e) = EACH_COPY(fill);
static erased_loop *const flat_loops[COPIES] = EACH_COPY(flat);
static erased_loop *const bare_loops[COPIES] = EACH_COPY(bare);
static erased_loop *const boxed_loops[COPIES] = EACH_COPY(boxed);

static void erased_open(erased *e)
{
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    WEFT_REGISTER_DEFAULT(builder, Counter);
    WEFT_REGISTER_DEFAULT(builder, High);
    WEFT_REGISTER(builder, Limit, { 7 });
    WEFT_REGISTER_DEFAULT(builder, Total);
    bench_must(weft_builder_build(builder, &e->world) == WEFT_OK, "a world is built");
    for (size_t i = 0; i < COPIES; i++)
        fills[i](e);
}

static void erased_close(erased *e)
{
    for (size_t i = 0; i < COPIES; i++) {
        for (size_t j = 0; j < HANDLERS; j++)
            weft_handler_fini(e->crowds[i].boxed[j]);
    }
    weft_world_free(e->world);
}

static void run_flat(void *arg)
{
    erased *const e = arg;
    flat_loops[e->copy](e, &e->crowds[e->copy]);
}

static void run_bare(void *arg)
{
    erased *const e = arg;
    bare_loops[e->copy](e, &e->crowds[e->copy]);
}

static void run_boxed(void *arg)
{
    erased *const e = arg;
    boxed_loops[e->copy](e, &e->crowds[e->copy]);
}

static void order_round(void *arg)
{
    erased *const e = arg;
    e->copy = (e->copy + 1) % COPIES;
    for (size_t i = 0; i < ERASED_OPS; i++)
        e->order[i] = (uint16_t)(i % HANDLERS);
}

/* Each handler once, shuffled, and this order again and again; another one in each turn. */
static void order_shuffled(void *arg)
{
    erased *const e = arg;
    order_round(e);
    for (size_t i = HANDLERS - 1; i > 0; i--) {
        const size_t j = bench_below(&e->random, i + 1);
        const uint16_t swapped = e->order[i];
        e->order[i] = e->order[j];
        e->order[j] = swapped;
    }
    for (size_t i = HANDLERS; i < ERASED_OPS; i++)
        e->order[i] = e->order[i - HANDLERS];
}

/* No order that a branch predictor could learn. */
static void order_drawn(void *arg)
{
    erased *const e = arg;
    order_round(e);
    for (size_t i = 0; i < ERASED_OPS; i++)
        e->order[i] = (uint16_t)bench_below(&e->random, HANDLERS);
}

void call_erased_rows(bench *b)
{
    static erased crowds_and_order;
    erased *const e = &crowds_and_order;
    erased_open(e);
    static const struct {
        const char *id, *what;
        void (*order)(void *erased);
    } rows[] = {
        { "call.erased.round", "1000 handlers of 4 types, round robin", order_round },
        { "call.erased.random", "1000 handlers of 4 types, shuffled", order_shuffled },
        { "call.erased.drawn", "1000 handlers of 4 types, drawn at random", order_drawn },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bench_side sides[] = {
            /* The order and copy that the first side prepares are those of the others too. */
            { BENCH_OURS, "weft_run, kept in place (weft_flat_64)", .prepare = rows[i].order,
              .run = run_flat, .arg = e },
            { BENCH_BASELINE, "array of {function, context}, contexts packed", .run = run_bare,
              .arg = e },
            { BENCH_OURS, "weft_run, on the heap (weft_box)", "box", .run = run_boxed, .arg = e },
        };
        bench_compare(
            b, &(bench_contest){ rows[i].id, rows[i].what, ERASED_OPS, 20 * COPIES, sides, 3 });
    }
    erased_close(e);
}
