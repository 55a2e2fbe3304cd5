/* What a pass of the scheduler costs per system that runs and per system that is skipped, beside
 * the loop over a table that one would write by hand. The systems of both do the same: one of four
 * kinds of work on a resource, and an answer that is read from their own state. */
#include "support/bench.h"

#include <weft/fn.h>
#include <weft/scheduler.h>

enum {
    SYSTEMS_MAX = 1000,
    EDGES_MAX = 2 * SYSTEMS_MAX,
    SYSTEMS_PER_TURN = 1 << 16,
    TURNS = 301,
};

/* A system's own state: what it answers, and how often it ran. */
typedef struct Node {
    uint64_t runs;
    bool answer;
} Node;

/* ---- four kinds of work ---------------------------------------------------------------------- */

/* A resource, a system that writes it, and the same by hand. */
#define WORK(name, Total, expression)                   \
    typedef struct Total {                              \
        uint64_t value;                                 \
    } Total;                                            \
    WEFT_RESOURCE_DEFINE(Total);                        \
    static inline bool do_##name(Total *total, Node *n) \
    {                                                   \
        total->value = (expression);                    \
        n->runs++;                                      \
        return n->answer;                               \
    }                                                   \
    static bool name(Total *total, Node *n)             \
    {                                                   \
        return do_##name(total, n);                     \
    }                                                   \
    WEFT_FN(name, MUT(Total), CTX(Node));               \
    static bool hand_##name(void *context)              \
    {                                                   \
        struct hand_context *const c = context;         \
        return do_##name(c->total, &c->node);           \
    }

struct hand_context {
    void *total;
    Node node;
};
WORK(count, Count, total->value + 1)
WORK(weigh, Weight, total->value + n->runs)
WORK(mix, Mix, total->value ^ n->runs)
WORK(widen, Width, total->value | 1)

/* ---- by hand --------------------------------------------------------------------------------- */

/* A table in the order of running. Up to 64 systems, who changed is a word and who is upstream a
 * mask; beyond, there is a byte per system and a list. */
typedef struct hand_system {
    bool (*run)(void *context);
    void *context;
    uint64_t upstream_mask;
    const uint32_t *upstream;
    uint32_t upstream_count;
} hand_system;

typedef struct hand_table {
    hand_system systems[SYSTEMS_MAX];
    struct hand_context contexts[SYSTEMS_MAX];
    uint32_t upstream[EDGES_MAX];
    bool changed[SYSTEMS_MAX];
    size_t len;
} hand_table;

static BENCH_LOOP int hand_pass_word(hand_table *table)
{
    uint64_t changed = 0;
    int ran = 0;
    for (size_t i = 0; i < table->len; i++) {
        const hand_system *system = &table->systems[i];
        if (system->upstream_mask && !(system->upstream_mask & changed))
            continue;
        ran++;
        changed |= (uint64_t)system->run(system->context) << i;
    }
    return ran;
}

static BENCH_LOOP int hand_pass_list(hand_table *table)
{
    int ran = 0;
    for (size_t i = 0; i < table->len; i++) {
        const hand_system *system = &table->systems[i];
        bool wanted = system->upstream_count == 0;
        for (uint32_t j = 0; j < system->upstream_count; j++)
            wanted |= table->changed[system->upstream[j]];
        ran += wanted;
        table->changed[i] = wanted && system->run(system->context);
    }
    return ran;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/* Edges lead from lower to higher numbers, so that the order of adding is that of running. */
typedef struct shape {
    size_t len, edge_len;
    struct {
        uint32_t earlier, later;
    } edges[EDGES_MAX]; /* by `later` */
} shape;

static void flat(shape *s, size_t width, size_t depth)
{
    s->len = width * depth;
    s->edge_len = 0;
}

static void edge(shape *s, size_t earlier, size_t later)
{
    s->edges[s->edge_len].earlier = (uint32_t)earlier;
    s->edges[s->edge_len++].later = (uint32_t)later;
}

/* `depth` layers; each system has up to two parents in the layer above it. */
static void layers(shape *s, size_t width, size_t depth)
{
    flat(s, width, depth);
    for (size_t i = width; i < s->len; i++) {
        edge(s, i - width, i);
        if (width > 1)
            edge(s, i - width - i % width + (i + 1) % width, i);
    }
}

/* One, then `width`, then one that joins them. */
static void diamond(shape *s, size_t width, size_t depth)
{
    (void)depth;
    flat(s, width + 2, 1);
    for (size_t i = 1; i <= width; i++)
        edge(s, 0, i);
    for (size_t i = 1; i <= width; i++)
        edge(s, i, width + 1);
}

/* ---- the subjects ---------------------------------------------------------------------------- */

typedef struct subjects {
    weft_world *world;
    weft_scheduler scheduler;
    hand_table table;
    shape shape;
    size_t passes; /* per turn */
    int expected;  /* systems that run in a pass */
} subjects;

/* Whether system number i of a shape changes its outputs. */
typedef bool answers_fn(size_t i);
static bool always(size_t i)
{
    (void)i;
    return true;
}
static bool never(size_t i)
{
    (void)i;
    return false;
}
static bool mostly(size_t i)
{
    uint64_t state = i;
    return bench_below(&state, 4) > 0;
}

/* The next system of both. */
#define ADD(name, Total)                        \
    WEFT_SYSTEM(&s->scheduler, name, id, node); \
    hand->run = hand_##name;                    \
    context->total = WEFT_GET(s->world, Total);

static void add_system(subjects *s, size_t i, bool answer, weft_system_id *id)
{
    const Node node = { 0, answer };
    struct hand_context *context = &s->table.contexts[i];
    hand_system *hand = &s->table.systems[i];
    *context = (struct hand_context){ .node = node };
    *hand = (hand_system){ .context = context };
    switch (i * 7 / 3 % 4) {
    case 0: ADD(count, Count) break;
    case 1: ADD(weigh, Weight) break;
    case 2: ADD(mix, Mix) break;
    default: ADD(widen, Width) break;
    }
}

static int hand_pass(subjects *s)
{
    return s->table.len <= 64 ? hand_pass_word(&s->table) : hand_pass_list(&s->table);
}

/* Makes both from the shape, and makes sure that they run the same systems. */
static void build(subjects *s, answers_fn *answers)
{
    static weft_system_id ids[SYSTEMS_MAX];
    weft_scheduler_init(&s->scheduler, s->world);
    s->table.len = s->shape.len;
    for (size_t i = 0; i < s->shape.len; i++)
        add_system(s, i, answers(i), &ids[i]);
    for (size_t i = 0; i < s->shape.edge_len; i++) {
        const uint32_t earlier = s->shape.edges[i].earlier, later = s->shape.edges[i].later;
        hand_system *hand = &s->table.systems[later];
        weft_scheduler_after(&s->scheduler, ids[later], ids[earlier]);
        s->table.upstream[i] = earlier;
        hand->upstream_mask |= UINT64_C(1) << earlier % 64;
        if (hand->upstream_count++ == 0)
            hand->upstream = &s->table.upstream[i];
    }
    bench_must(weft_scheduler_build(&s->scheduler) == WEFT_OK, "the scheduler is built");
    s->passes = SYSTEMS_PER_TURN / s->shape.len;
    s->expected = weft_scheduler_run(&s->scheduler, s->world);
    bench_must(s->expected == hand_pass(s), "both run the same systems");
}

static BENCH_LOOP void run_ours(void *arg)
{
    subjects *const s = arg;
    int ran = 0;
    for (size_t i = 0; i < s->passes; i++)
        ran += weft_scheduler_run(&s->scheduler, s->world);
    bench_must(ran == s->expected * (int)s->passes, "each pass runs what the first ran");
}

static BENCH_LOOP void run_by_hand(void *arg)
{
    subjects *const s = arg;
    int ran = 0;
    for (size_t i = 0; i < s->passes; i++)
        ran += hand_pass(s);
    bench_must(ran == s->expected * (int)s->passes, "each pass runs what the first ran");
}

int main(int argc, char **argv)
{
    bench *b = bench_open("scheduler", argc, argv);
    static subjects s;
    weft_builder *builder = weft_builder_new(NULL);
    bench_must(builder != NULL, "there is memory for a builder");
    WEFT_REGISTER(builder, Count, { 7 });
    WEFT_REGISTER(builder, Weight, { 7 });
    WEFT_REGISTER(builder, Mix, { 7 });
    WEFT_REGISTER(builder, Width, { 7 });
    bench_must(weft_builder_build(builder, &s.world) == WEFT_OK, "a world is built");

    static const struct {
        const char *id, *what;
        void (*make)(shape *s, size_t width, size_t depth);
        size_t width, depth;
        answers_fn *answers;
        bool per_skipped; /* of a pass; else per system that runs */
    } rows[] = {
        { "scheduler.run", "64 systems in 8 layers, all run; per run", layers, 8, 8, always, 0 },
        { "scheduler.run.flat1", "1 system; per run", flat, 1, 1, always, 0 },
        { "scheduler.run.flat8", "8 systems without edges; per run", flat, 8, 1, always, 0 },
        { "scheduler.run.chain8", "a chain of 8; per run", layers, 1, 8, always, 0 },
        { "scheduler.run.diamond6", "1, then 4, then 1; per run", diamond, 4, 1, always, 0 },
        { "scheduler.run.mixed64", "64 in 8 layers, 1 in 4 unchanged; per run", layers, 8, 8,
          mostly, 0 },
        { "scheduler.run.1000", "1000 systems in 10 layers, all run; per run", layers, 100, 10,
          always, 0 },
        { "scheduler.skip", "a chain of 64, root unchanged; per skipped", layers, 1, 64, never, 1 },
        { "scheduler.skip.8", "a chain of 8, root unchanged; per skipped", layers, 1, 8, never, 1 },
        { "scheduler.skip.1000", "a chain of 1000, root unchanged; per skipped", layers, 1, 1000,
          never, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!bench_wants(b, rows[i].id))
            continue;
        rows[i].make(&s.shape, rows[i].width, rows[i].depth);
        build(&s, rows[i].answers);
        const int counted = rows[i].per_skipped ? (int)s.shape.len - s.expected : s.expected;
        const bench_side sides[] = {
            { BENCH_OURS, "weft_scheduler_run", .run = run_ours, .arg = &s },
            { BENCH_BASELINE, "table in order, who changed as bits (bytes beyond 64)",
              .run = run_by_hand, .arg = &s },
        };
        bench_compare(b, &(bench_contest){ rows[i].id, rows[i].what,
                                           (double)counted * (double)s.passes, TURNS, sides, 2 });
        weft_scheduler_fini(&s.scheduler);
    }
    bench_note(b, "A skipped system is never looked at: scheduler.skip* is the pass and its one "
                  "root, divided by the systems skipped.");
    weft_world_free(s.world);
    return bench_close(b);
}
