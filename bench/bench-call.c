/* What a call costs: typed, erased, binding, stamping, each beside the C that one would write by
 * hand. Ours and the hand-written loop of a row are compiled here, side by side, from the same text
 * where that is possible. */
#include "call_erased.h"
#include "support/bench.h"

#include <weft/fn.h>

#include <string.h>

/* ---- a world of 32 resources ----------------------------------------------------------------- */

#define RESOURCES_0(X) X(R0) X(R1) X(R2) X(R3) X(R4) X(R5) X(R6) X(R7)
#define RESOURCES_1(X) X(R8) X(R9) X(R10) X(R11) X(R12) X(R13) X(R14) X(R15)
#define RESOURCES_2(X) X(R16) X(R17) X(R18) X(R19) X(R20) X(R21) X(R22) X(R23)
#define RESOURCES_3(X) X(R24) X(R25) X(R26) X(R27) X(R28) X(R29) X(R30) X(R31)
#define RESOURCES(X)   RESOURCES_0(X) RESOURCES_1(X) RESOURCES_2(X) RESOURCES_3(X)

#define RESOURCE(T)     \
    typedef struct T {  \
        uint64_t value; \
    } T;                \
    WEFT_RESOURCE_DEFINE(T);
RESOURCES(RESOURCE)

static weft_world *build_world(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
#define REGISTER(T) WEFT_REGISTER(builder, T, { 7 });
    RESOURCES(REGISTER)
    weft_world *world = NULL;
    bench_must(weft_builder_build(builder, &world) == WEFT_OK, "a world of 32 resources is built");
    return world;
}

/* ---- the functions --------------------------------------------------------------------------- */

static uint64_t typed0(uint32_t event)
{
    return event * UINT64_C(3);
}
WEFT_FN(typed0, IN(uint32_t));

static uint64_t typed1(const R0 *offset, uint32_t event)
{
    return event + offset->value;
}
WEFT_FN(typed1, RES(R0), IN(uint32_t));

static uint64_t typed2(const R0 *offset, const R17 *scale, uint32_t event)
{
    return event * scale->value + offset->value;
}
WEFT_FN(typed2, RES(R0), RES(R17), IN(uint32_t));

static uint64_t typed8(const R1 *a, const R5 *b, const R9 *c, const R13 *d, const R17 *e,
                       const R21 *f, const R25 *g, const R29 *h, uint32_t event)
{
    return event + a->value + b->value + c->value + d->value + e->value + f->value + g->value +
           h->value;
}
WEFT_FN(typed8, RES(R1), RES(R5), RES(R9), RES(R13), RES(R17), RES(R21), RES(R25), RES(R29),
        IN(uint32_t));

/* The handler of the manual: reads one resource, writes another. */
static uint64_t tick(R2 *counter, const R3 *limit, uint32_t qty)
{
    if (qty >= limit->value)
        counter->value += qty;
    return qty;
}
WEFT_FN(tick, MUT(R2), RES(R3), IN(uint32_t));

static uint64_t bound1(const R17 *a)
{
    return a->value;
}
WEFT_FN(bound1, RES(R17));

static uint64_t bound4(const R1 *a, R9 *b, const R17 *c, R25 *d)
{
    return a->value + b->value + c->value + d->value;
}
WEFT_FN(bound4, RES(R1), MUT(R9), RES(R17), MUT(R25));

static uint64_t bound8(const R1 *a, R5 *b, const R9 *c, R13 *d, const R17 *e, R21 *f, const R25 *g,
                       R29 *h)
{
    return a->value + b->value + c->value + d->value + e->value + f->value + g->value + h->value;
}
WEFT_FN(bound8, RES(R1), MUT(R5), RES(R9), MUT(R13), RES(R17), MUT(R21), RES(R25), MUT(R29));

/* ---- the same by hand ------------------------------------------------------------------------ */

struct hand0 {
    char nothing;
};

struct hand1 {
    const R0 *offset;
};

struct hand2 {
    const R0 *offset;
    const R17 *scale;
};

struct hand8 {
    const R1 *a;
    const R5 *b;
    const R9 *c;
    const R13 *d;
    const R17 *e;
    const R21 *f;
    const R25 *g;
    const R29 *h;
};

struct hand_tick {
    R2 *counter;
    const R3 *limit;
};

static inline uint64_t by_hand0(const struct hand0 *hand, uint32_t event)
{
    (void)hand;
    return event * UINT64_C(3);
}

static inline uint64_t by_hand1(const struct hand1 *hand, uint32_t event)
{
    return event + hand->offset->value;
}

static inline uint64_t by_hand2(const struct hand2 *hand, uint32_t event)
{
    return event * hand->scale->value + hand->offset->value;
}

static inline uint64_t by_hand8(const struct hand8 *hand, uint32_t event)
{
    return event + hand->a->value + hand->b->value + hand->c->value + hand->d->value +
           hand->e->value + hand->f->value + hand->g->value + hand->h->value;
}

static inline uint64_t by_hand_tick(const struct hand_tick *hand, uint32_t qty)
{
    if (qty >= hand->limit->value)
        hand->counter->value += qty;
    return qty;
}

/* What a hand-written binding fills in: what to run, what it is, and the pointers. */
struct filled {
    bool (*run)(weft_handler *self, weft_world *world, const void *event);
    const weft_fn *fn;
    void *resources[];
};

/* ---- the subjects ---------------------------------------------------------------------------- */

enum {
    TYPED_OPS = 32768,
    BIND_OPS = 4096,
    STAMPS = 256, /* places that are stamped in turn */
    STAMP_OPS = 16 * STAMPS,
};

typedef struct subjects {
    weft_world *world;
    struct typed0 typed0;
    struct typed1 typed1;
    struct typed2 typed2;
    struct typed8 typed8;
    struct tick tick;
    struct hand0 hand0;
    struct hand1 hand1;
    struct hand2 hand2;
    struct hand8 hand8;
    struct hand_tick hand_tick;

    struct bound1 bound1, stamps1[STAMPS];
    struct bound4 bound4;
    struct bound8 bound8, stamps8[STAMPS];
    void *known[8];
    _Alignas(16) unsigned char filled[sizeof(struct filled) + 8 * sizeof(void *)];
} subjects;

static void bind_subjects(subjects *s)
{
    s->world = build_world();
    bench_must(typed0_init(&s->typed0, s->world) == WEFT_OK &&
                   typed1_init(&s->typed1, s->world) == WEFT_OK &&
                   typed2_init(&s->typed2, s->world) == WEFT_OK &&
                   typed8_init(&s->typed8, s->world) == WEFT_OK &&
                   tick_init(&s->tick, s->world) == WEFT_OK &&
                   bound1_init(&s->bound1, s->world) == WEFT_OK &&
                   bound4_init(&s->bound4, s->world) == WEFT_OK &&
                   bound8_init(&s->bound8, s->world) == WEFT_OK,
               "the handlers are bound");
    const weft_world *w = s->world;
    s->hand1 = (struct hand1){ WEFT_GET(w, R0) };
    s->hand2 = (struct hand2){ WEFT_GET(w, R0), WEFT_GET(w, R17) };
    s->hand8 =
        (struct hand8){ WEFT_GET(w, R1),  WEFT_GET(w, R5),  WEFT_GET(w, R9),  WEFT_GET(w, R13),
                        WEFT_GET(w, R17), WEFT_GET(w, R21), WEFT_GET(w, R25), WEFT_GET(w, R29) };
    s->hand_tick = (struct hand_tick){ WEFT_GET(w, R2), WEFT_GET(w, R3) };
    memcpy(s->known, &s->hand8, sizeof s->known);
}

/* ---- typed calls ----------------------------------------------------------------------------- */

/* The barrier makes each call load its pointers and what they point to. */
#define TYPED_LOOP(name, call)                                 \
    static BENCH_LOOP void name(void *arg)                     \
    {                                                          \
        subjects *const s = arg;                               \
        uint64_t sum = 0;                                      \
        for (uint32_t event = 0; event < TYPED_OPS; event++) { \
            bench_barrier();                                   \
            sum += (call);                                     \
            BENCH_KEEP(sum);                                   \
        }                                                      \
    }
TYPED_LOOP(loop_typed0, typed0_call(&s->typed0.state, s->world, &event))
TYPED_LOOP(loop_typed1, typed1_call(&s->typed1.state, s->world, &event))
TYPED_LOOP(loop_typed2, typed2_call(&s->typed2.state, s->world, &event))
TYPED_LOOP(loop_typed8, typed8_call(&s->typed8.state, s->world, &event))
TYPED_LOOP(loop_tick, tick_call(&s->tick.state, s->world, &event))
TYPED_LOOP(loop_hand0, by_hand0(&s->hand0, event))
TYPED_LOOP(loop_hand1, by_hand1(&s->hand1, event))
TYPED_LOOP(loop_hand2, by_hand2(&s->hand2, event))
TYPED_LOOP(loop_hand8, by_hand8(&s->hand8, event))
TYPED_LOOP(loop_hand_tick, by_hand_tick(&s->hand_tick, event))

static void typed_rows(bench *b, subjects *s)
{
    static const struct {
        const char *id, *what;
        void (*ours)(void *arg);
        void (*by_hand)(void *arg);
    } rows[] = {
        { "call.typed.0", "typed call, no resource", loop_typed0, loop_hand0 },
        { "call.typed.1", "typed call, 1 resource", loop_typed1, loop_hand1 },
        { "call.typed.2", "typed call, 2 resources", loop_typed2, loop_hand2 },
        { "call.typed.8", "typed call, 8 resources", loop_typed8, loop_hand8 },
        { "call.typed.tick", "typed call, 1 read, 1 written", loop_tick, loop_hand_tick },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bench_side sides[] = {
            { BENCH_OURS, "f_call", .run = rows[i].ours, .arg = s },
            { BENCH_BASELINE, "function over a struct of pointers", .run = rows[i].by_hand,
              .arg = s },
        };
        bench_compare(b, &(bench_contest){ rows[i].id, rows[i].what, TYPED_OPS, 1001, sides, 2 });
    }
}

/* ---- binding --------------------------------------------------------------------------------- */

/* The barrier makes the handler be written each time, and the world be looked at. */
#define BIND_LOOP(name, f)                             \
    static BENCH_LOOP void name(void *arg)             \
    {                                                  \
        subjects *const s = arg;                       \
        weft_status status = WEFT_OK;                  \
        for (size_t i = 0; i < BIND_OPS; i++) {        \
            status |= f##_init(&s->f, s->world);       \
            bench_barrier();                           \
        }                                              \
        bench_must(status == WEFT_OK, #f " is bound"); \
    }
BIND_LOOP(loop_bind1, bound1)
BIND_LOOP(loop_bind4, bound4)
BIND_LOOP(loop_bind8, bound8)

#define FILL_LOOP(name, f, n)                                          \
    static BENCH_LOOP void name(void *arg)                             \
    {                                                                  \
        subjects *const s = arg;                                       \
        struct filled *const filled = (void *)s->filled;               \
        for (size_t i = 0; i < BIND_OPS; i++) {                        \
            filled->run = f##_run;                                     \
            filled->fn = &f##_fn;                                      \
            memcpy(filled->resources, s->known, (n) * sizeof(void *)); \
            bench_barrier();                                           \
        }                                                              \
    }
FILL_LOOP(loop_fill1, bound1, 1)
FILL_LOOP(loop_fill4, bound4, 4)
FILL_LOOP(loop_fill8, bound8, 8)

static void bind_rows(bench *b, subjects *s)
{
    static const struct {
        const char *id, *what;
        void (*ours)(void *arg);
        void (*by_hand)(void *arg);
    } rows[] = {
        { "bind.1", "binding to 1 of 32 resources", loop_bind1, loop_fill1 },
        { "bind.4", "binding to 4 of 32 resources", loop_bind4, loop_fill4 },
        { "bind.8", "binding to 8 of 32 resources", loop_bind8, loop_fill8 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bench_side sides[] = {
            { BENCH_OURS, "f_init", .run = rows[i].ours, .arg = s },
            { BENCH_BASELINE, "struct filled with known pointers", .run = rows[i].by_hand,
              .arg = s },
        };
        bench_compare(b, &(bench_contest){ rows[i].id, rows[i].what, BIND_OPS, 301, sides, 2 });
    }
}

/* ---- stamping -------------------------------------------------------------------------------- */

#define STAMP_LOOP(name, array, value)           \
    static BENCH_LOOP void name(void *arg)       \
    {                                            \
        subjects *const s = arg;                 \
        for (size_t i = 0; i < STAMP_OPS; i++) { \
            s->array[i % STAMPS] = (value);      \
            bench_barrier();                     \
        }                                        \
    }
STAMP_LOOP(loop_stamp1, stamps1, bound1_stamp(&s->bound1))
STAMP_LOOP(loop_stamp8, stamps8, bound8_stamp(&s->bound8))
STAMP_LOOP(loop_copy1, stamps1, s->bound1)
STAMP_LOOP(loop_copy8, stamps8, s->bound8)

static void stamp_rows(bench *b, subjects *s)
{
    const bench_side sides1[] = {
        { BENCH_OURS, "f_stamp", .run = loop_stamp1, .arg = s },
        { BENCH_BASELINE, "struct assignment", .run = loop_copy1, .arg = s },
    };
    const bench_side sides8[] = {
        { BENCH_OURS, "f_stamp", .run = loop_stamp8, .arg = s },
        { BENCH_BASELINE, "struct assignment", .run = loop_copy8, .arg = s },
    };
    bench_compare(b, &(bench_contest){ "stamp.1", "a copy of a handler with 1 resource", STAMP_OPS,
                                       301, sides1, 2 });
    bench_compare(b, &(bench_contest){ "stamp.8", "a copy of a handler with 8 resources", STAMP_OPS,
                                       301, sides8, 2 });
}

int main(int argc, char **argv)
{
    bench *b = bench_open("call", argc, argv);
    static subjects s;
    bind_subjects(&s);

    typed_rows(b, &s);
    call_erased_rows(b);
    bind_rows(b, &s);
    stamp_rows(b, &s);

    weft_world_free(s.world);
    return bench_close(b);
}
