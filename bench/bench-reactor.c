/* What reactors cost: marking and dispatching, per reactor that runs, beside what one would write
 * by hand: an array of function pointers with contexts, lists of subscribers, and a flag per
 * subscriber so that each runs once.
 *
 * A round marks and dispatches. Each row is another shape of the graph between sources and
 * reactors. The bodies are the same text on both sides and of four kinds in turn, so that the
 * indirect call has something to predict. */
#include "support/bench.h"

#include <weft/conflate.h>
#include <weft/fn.h>
#include <weft/marks.h>
#include <weft/reactor.h>

enum { MOST_REACTORS = 1000, MOST_SOURCES = 1000, ROUND_OPS = 20000, TOKENS = 1024 };

typedef struct {
    uint64_t value;
} Total;
WEFT_RESOURCE_DEFINE(Total);

typedef struct {
    uint64_t weight;
} Own;

static inline void do_add(Total *total, Own *own)
{
    total->value += own->weight;
}

static inline void do_count(Total *total, Own *own)
{
    total->value += ++own->weight;
}

static inline void do_mix(Total *total, Own *own)
{
    total->value ^= own->weight << 1;
}

static inline void do_toggle(Total *total, Own *own)
{
    total->value += own->weight ^= 1;
}

#define BODY(name)                             \
    static void name(Total *total, Own *own)   \
    {                                          \
        do_##name(total, own);                 \
    }                                          \
    WEFT_FN(name, MUT(Total), CTX(Own));       \
    static void hand_##name(void *context)     \
    {                                          \
        const hand_context *const c = context; \
        do_##name(c->total, c->own);           \
    }

/* ---- by hand --------------------------------------------------------------------------------- */

typedef struct hand_context {
    Total *total;
    Own *own;
    Own place;
} hand_context;

typedef struct hand_reactor {
    void (*run)(void *context);
    void *context;
} hand_reactor;

typedef struct hand_source {
    uint32_t *subscribers;
    uint32_t len;
} hand_source;

typedef struct hand_written {
    hand_reactor reactors[MOST_REACTORS];
    hand_context contexts[MOST_REACTORS];
    bool pending[MOST_REACTORS];
    uint32_t queue[MOST_REACTORS];
    size_t queued;
    hand_source sources[MOST_SOURCES];
} hand_written;

BODY(add)
BODY(count)
BODY(mix)
BODY(toggle)

static __attribute__((noinline)) void hand_mark(hand_written *hand, uint32_t source)
{
    const hand_source *s = &hand->sources[source];
    for (uint32_t i = 0; i < s->len; i++) {
        const uint32_t reactor = s->subscribers[i];
        if (hand->pending[reactor])
            continue;
        hand->pending[reactor] = true;
        hand->queue[hand->queued++] = reactor;
    }
}

/* Nothing is marked inside the bodies of this bench; who allows it has more to do here. */
static __attribute__((noinline)) size_t hand_dispatch(hand_written *hand)
{
    const size_t count = hand->queued;
    for (size_t i = 0; i < count; i++) {
        const uint32_t reactor = hand->queue[i];
        hand->pending[reactor] = false;
        hand->reactors[reactor].run(hand->reactors[reactor].context);
    }
    hand->queued = 0;
    return count;
}

/* ---- a graph, twice -------------------------------------------------------------------------- */

typedef struct shape {
    const char *id, *what;
    uint32_t reactors, sources;
    uint32_t listens; /* sources of each reactor, from i * listens on, round and round */
    uint32_t marks;   /* sources marked per round, evenly spread */
    uint32_t runs;    /* reactors that run per round */
    bool one_kind;
} shape;

static const shape shapes[] = {
    { "reactor.10", "mark + dispatch, 1 source, 10 reactors", 10, 1, 1, 1, 10, false },
    { "reactor.100", "mark + dispatch, 1 source, 100 reactors", 100, 1, 1, 1, 100, false },
    { "reactor.1000", "mark + dispatch, 1 source, 1000 reactors", 1000, 1, 1, 1, 1000, false },
    { "reactor.1000.alike", "the same, all bodies of one kind", 1000, 1, 1, 1, 1000, true },
    { "reactor.own.1000", "1000 sources, a reactor each, all marked", 1000, 1000, 1, 1000, 1000,
      false },
    { "reactor.own.10", "1000 sources, a reactor each, 10 marked", 1000, 1000, 1, 10, 10, false },
    { "reactor.shared.100", "100 reactors on 10 of 20 sources, all marked", 100, 20, 10, 20, 100,
      false },
};

typedef struct graph {
    const shape *shape;
    weft_world *world;
    weft_reactors *reactors;
    weft_source_id sources[MOST_SOURCES];
    hand_written hand;
    uint32_t rounds;
} graph;

static void spawn(graph *g, uint32_t i, const struct add *a, const struct count *c,
                  const struct mix *m, const struct toggle *t)
{
    const Own own = { i };
    struct add added = add_stamp(a, own);
    struct count counted = count_stamp(c, own);
    struct mix mixed = mix_stamp(m, own);
    struct toggle toggled = toggle_stamp(t, own);
    const weft_handler *const kinds[] = { &added.base, &counted.base, &mixed.base, &toggled.base };
    void (*const runs[])(void *context) = { hand_add, hand_count, hand_mix, hand_toggle };
    const uint32_t kind = g->shape->one_kind ? 0 : i % 4;

    weft_reactor_id id;
    bench_must(weft_reactors_spawn(g->reactors, kinds[kind], &id) == WEFT_OK, "a reactor spawns");
    hand_context *context = &g->hand.contexts[i];
    *context = (hand_context){ WEFT_GET(g->world, Total), &context->place, own };
    g->hand.reactors[i] = (hand_reactor){ runs[kind], context };
    for (uint32_t n = 0; n < g->shape->listens; n++) {
        const uint32_t source = (i * g->shape->listens + n) % g->shape->sources;
        hand_source *by_hand = &g->hand.sources[source];
        bench_must(weft_reactors_subscribe(g->reactors, id, g->sources[source]) == WEFT_OK,
                   "a reactor subscribes");
        by_hand->subscribers[by_hand->len++] = i;
    }
}

static void make_graph(graph *g, const shape *kind)
{
    *g = (graph){ .shape = kind, .rounds = ROUND_OPS / kind->runs };
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    WEFT_REGISTER_DEFAULT(builder, Total);
    g->reactors = weft_reactors_install(builder, NULL);
    bench_must(weft_builder_build(builder, &g->world) == WEFT_OK, "a world is built");
    for (uint32_t i = 0; i < kind->sources; i++) {
        bench_must(weft_reactors_add_source(g->reactors, &g->sources[i]) == WEFT_OK,
                   "a source is added");
        g->hand.sources[i].subscribers = bench_alloc(kind->reactors, sizeof(uint32_t));
    }
    struct add a;
    struct count c;
    struct mix m;
    struct toggle t;
    bench_must(add_init(&a, g->world, (Own){ 0 }) == WEFT_OK &&
                   count_init(&c, g->world, (Own){ 0 }) == WEFT_OK &&
                   mix_init(&m, g->world, (Own){ 0 }) == WEFT_OK &&
                   toggle_init(&t, g->world, (Own){ 0 }) == WEFT_OK,
               "the bodies are bound");
    for (uint32_t i = 0; i < kind->reactors; i++)
        spawn(g, i, &a, &c, &m, &t);
}

static BENCH_LOOP void loop_ours(void *arg)
{
    graph *const g = arg;
    const uint32_t step = g->shape->sources / g->shape->marks;
    size_t ran = 0;
    for (uint32_t round = 0; round < g->rounds; round++) {
        for (uint32_t i = 0; i < g->shape->marks; i++)
            weft_reactors_mark(g->reactors, g->sources[i * step]);
        ran += weft_reactors_dispatch(g->reactors, g->world);
    }
    bench_must(ran == (size_t)g->rounds * g->shape->runs, "each marked reactor runs once a round");
}

static BENCH_LOOP void loop_by_hand(void *arg)
{
    graph *const g = arg;
    const uint32_t step = g->shape->sources / g->shape->marks;
    size_t ran = 0;
    for (uint32_t round = 0; round < g->rounds; round++) {
        for (uint32_t i = 0; i < g->shape->marks; i++)
            hand_mark(&g->hand, i * step);
        ran += hand_dispatch(&g->hand);
    }
    bench_must(ran == (size_t)g->rounds * g->shape->runs, "the hand-written loop runs as many");
}

static void reactor_row(bench *b, const shape *kind)
{
    static graph g;
    make_graph(&g, kind);
    const bench_side sides[] = {
        { BENCH_OURS, "weft_reactors_mark, _dispatch", .run = loop_ours, .arg = &g },
        { BENCH_BASELINE, "array of function pointers + flags", .run = loop_by_hand, .arg = &g },
    };
    bench_compare(
        b, &(bench_contest){ kind->id, kind->what, (double)g.rounds * kind->runs, 301, sides, 2 });
    weft_world_free(g.world);
}

/* ---- the primitives ---------------------------------------------------------------------------
 */

typedef struct primitives {
    weft_marks marks;
    weft_conflate *queue;
    uint32_t tokens[TOKENS];
    bool flags[TOKENS];
    uint32_t list[TOKENS];
} primitives;

static BENCH_LOOP void loop_marks(void *arg)
{
    primitives *const p = arg;
    size_t taken = 0;
    for (uint32_t round = 0; round < ROUND_OPS / TOKENS; round++) {
        for (uint32_t i = 0; i < TOKENS; i++)
            (void)weft_marks_mark(&p->marks, i * 389 % TOKENS);
        taken += weft_marks_take(&p->marks, p->tokens, TOKENS);
    }
    bench_must(taken == ROUND_OPS / TOKENS * TOKENS, "all marks are taken");
}

static BENCH_LOOP void loop_flags(void *arg)
{
    primitives *const p = arg;
    size_t taken = 0;
    for (uint32_t round = 0; round < ROUND_OPS / TOKENS; round++) {
        size_t len = 0;
        for (uint32_t i = 0; i < TOKENS; i++) {
            const uint32_t token = i * 389 % TOKENS;
            if (!p->flags[token])
                p->list[len++] = token;
            p->flags[token] = true;
            bench_barrier();
        }
        for (size_t i = 0; i < len; i++) {
            p->tokens[i] = p->list[i];
            p->flags[p->list[i]] = false;
        }
        taken += len;
    }
    bench_must(taken == ROUND_OPS / TOKENS * TOKENS, "all flags are taken");
}

static BENCH_LOOP void loop_conflate(void *arg)
{
    primitives *const p = arg;
    size_t taken = 0;
    for (uint32_t round = 0; round < ROUND_OPS / TOKENS; round++) {
        for (uint32_t i = 0; i < TOKENS; i++)
            (void)weft_conflate_notify(p->queue, i * 389 % TOKENS);
        taken += weft_conflate_poll(p->queue, p->tokens, TOKENS);
    }
    bench_must(taken == ROUND_OPS / TOKENS * TOKENS, "all notifications are taken");
}

static void primitive_rows(bench *b)
{
    static primitives p;
    bench_must(weft_marks_init(&p.marks, NULL, TOKENS) == WEFT_OK &&
                   weft_conflate_new(&(weft_conflate_desc){ .tokens = TOKENS }, &p.queue) ==
                       WEFT_OK,
               "marks and queue are made");
    const double operations = ROUND_OPS / TOKENS * TOKENS;
    const bench_side marks[] = {
        { BENCH_OURS, "weft_marks_mark, _take", .run = loop_marks, .arg = &p },
        { BENCH_BASELINE, "bool per token + list", .run = loop_flags, .arg = &p },
    };
    const bench_side conflate[] = {
        { BENCH_OURS, "weft_conflate_notify, _poll", .run = loop_conflate, .arg = &p },
    };
    bench_compare(
        b, &(bench_contest){ "marks.1024", "mark + take, per token", operations, 301, marks, 2 });
    bench_compare(b, &(bench_contest){ "conflate.1024", "notify + poll in one thread, per token",
                                       operations, 301, conflate, 1 });
    weft_marks_fini(&p.marks);
    weft_conflate_free(p.queue);
}

int main(int argc, char **argv)
{
    bench *b = bench_open("reactor", argc, argv);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (bench_wants(b, shapes[i].id))
            reactor_row(b, &shapes[i]);
    primitive_rows(b);
    return bench_close(b);
}
