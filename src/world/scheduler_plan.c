/* From systems and edges to the order in which they run, and from there to one block of memory
 * that a pass walks through.
 *
 * The order is found by taking away what has nothing upstream left (A. B. Kahn, Topological sorting
 * of large networks, 1962), each time the first that was added.
 */
#include <stdio.h>
#include <string.h>

#include "schedule.h"

enum { BLOCK_ALIGN = 64 };

/* ---- sorting ------------------------------------------------------------------------------- */

/* What is needed until the plan is made. In one block of memory. */
typedef struct sorting {
    size_t len;
    size_t edge_len;
    size_t *waiting; /* per system: edges from systems that are not placed yet */
    size_t *starts;  /* per system: where its edges begin in `edges`; one more for the end */
    size_t *ready;   /* heap of systems with nothing to wait for: the first added on top */
    size_t ready_len;
    size_t *order; /* systems placed so far */
    size_t order_len;
    weft_edge *edges; /* sorted by `earlier` */
    size_t size_bytes;
} sorting;

static bool sorting_init(sorting *s, const weft_scheduler *scheduler)
{
    const size_t len = scheduler->len;
    const size_t edge_len = scheduler->edge_len;
    const size_t words = len + (len + 1) + len + len;
    *s = (sorting){ .len = len,
                    .edge_len = edge_len,
                    .size_bytes = words * sizeof(size_t) + edge_len * sizeof(weft_edge) };
    size_t *block = weft_alloc(&scheduler->allocator, s->size_bytes, _Alignof(size_t));
    if (!block)
        return false;
    memset(block, 0, s->size_bytes);
    s->waiting = block;
    s->starts = s->waiting + len;
    s->ready = s->starts + len + 1;
    s->order = s->ready + len;
    s->edges = (weft_edge *)(s->order + len);
    return true;
}

static void sorting_fini(sorting *s, const weft_allocator *from)
{
    weft_free(from, s->waiting, s->size_bytes, _Alignof(size_t));
}

/* Copies the edges, sorted by one of their ends and otherwise in the order in which they are.
 * starts[i] becomes the number of edges before those of system i. */
static void sort_edges(size_t *starts, size_t len, const weft_edge *edges, size_t edge_len,
                       bool by_later, weft_edge *sorted)
{
    memset(starts, 0, (len + 1) * sizeof *starts);
    for (size_t i = 0; i < edge_len; i++)
        starts[(by_later ? edges[i].later : edges[i].earlier) + 1]++;
    for (size_t i = 0; i < len; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < edge_len; i++)
        sorted[starts[by_later ? edges[i].later : edges[i].earlier]++] = edges[i];
    memmove(starts + 1, starts, len * sizeof *starts);
    starts[0] = 0;
}

static void ready_push(sorting *s, size_t system)
{
    size_t at = s->ready_len++;
    for (size_t parent; at > 0 && s->ready[parent = (at - 1) / 2] > system; at = parent)
        s->ready[at] = s->ready[parent];
    s->ready[at] = system;
}

static size_t ready_pop(sorting *s)
{
    const size_t top = s->ready[0];
    const size_t moved = s->ready[--s->ready_len];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->ready_len; at = child) {
        if (child + 1 < s->ready_len && s->ready[child + 1] < s->ready[child])
            child++;
        if (s->ready[child] >= moved)
            break;
        s->ready[at] = s->ready[child];
    }
    s->ready[at] = moved;
    return top;
}

/* Places all systems that are neither on a cycle nor behind one; the others keep waiting > 0. */
static void place_systems(sorting *s)
{
    for (size_t i = 0; i < s->edge_len; i++)
        s->waiting[s->edges[i].later]++;
    for (size_t i = 0; i < s->len; i++)
        if (s->waiting[i] == 0)
            ready_push(s, i);
    while (s->ready_len > 0) {
        const size_t system = ready_pop(s);
        s->order[s->order_len++] = system;
        for (size_t i = s->starts[system]; i < s->starts[system + 1]; i++)
            if (--s->waiting[s->edges[i].later] == 0)
                ready_push(s, s->edges[i].later);
    }
}

/* ---- cycles -------------------------------------------------------------------------------- */

/* Puts the systems of one cycle into `cycle`, in the order in which they would run, beginning with
 * the first that was added; returns how many they are. Whoever still waits has something upstream
 * that waits, so that walking upstream ends up in a circle. */
static size_t find_cycle(const sorting *s, const weft_edge *by_later, size_t *upstream,
                         size_t *cycle)
{
    for (size_t i = s->edge_len; i-- > 0;)
        if (s->waiting[by_later[i].earlier] > 0)
            upstream[by_later[i].later] = by_later[i].earlier;
    size_t at = 0;
    while (s->waiting[at] == 0)
        at++;
    for (size_t steps = 0; steps < s->len; steps++)
        at = upstream[at];
    size_t first = at, len = 0;
    for (size_t i = upstream[at]; i != at; i = upstream[i])
        first = i < first ? i : first;
    at = first;
    do
        len++;
    while ((at = upstream[at]) != first);
    cycle[0] = first;
    for (size_t i = len - 1; i > 0; i--)
        cycle[i] = at = upstream[at];
    return len;
}

/* Appends the name of a system; with its number if others are called the same. */
static size_t put_name(const weft_scheduler *scheduler, size_t system, char *text, size_t cap,
                       size_t used)
{
    const char *name = weft_handler_name(scheduler->systems[system].handler);
    size_t namesakes = 0;
    for (size_t i = 0; i < scheduler->len; i++)
        namesakes += strcmp(name, weft_handler_name(scheduler->systems[i].handler)) == 0;
    const int more = namesakes > 1
                         ? snprintf(text + used, cap - used, "%.32s#%zu -> ", name, system)
                         : snprintf(text + used, cap - used, "%.32s -> ", name);
    return used + (size_t)more;
}

static weft_status report_cycle(const weft_scheduler *scheduler, const size_t *cycle, size_t len)
{
    enum { SHOWN = 6, NAME_BYTES = 32 + sizeof "#18446744073709551615 -> " };
    char text[(SHOWN + 2) * NAME_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < len && i < SHOWN; i++)
        used = put_name(scheduler, cycle[i], text, sizeof text, used);
    if (len > SHOWN)
        used += (size_t)snprintf(text + used, sizeof text - used, "(%zu more) -> ", len - SHOWN);
    used = put_name(scheduler, cycle[0], text, sizeof text, used);
    text[used - strlen(" -> ")] = '\0';
    return weft_report(scheduler->world, WEFT_ECYCLE,
                       "the systems form a cycle: %s; take out one of these edges", text);
}

/* ---- the block ----------------------------------------------------------------------------- */

/* Where everything is in the block. Also counts the bytes before there is a block. */
typedef struct layout {
    size_t size_bytes, align_bytes;
    size_t steps, pending, roots, links, handlers;
} layout;

static size_t take(size_t *used, size_t size_bytes, size_t align_bytes)
{
    const size_t at = (*used + align_bytes - 1) & ~(align_bytes - 1);
    *used = at + size_bytes;
    return at;
}

static layout layout_of(const weft_scheduler *scheduler, const size_t *order, size_t word_count)
{
    layout l = { .size_bytes = sizeof(weft_plan), .align_bytes = BLOCK_ALIGN };
    const size_t link_cap = word_count > 1 ? scheduler->edge_len : 0;
    l.pending = take(&l.size_bytes, word_count * sizeof(uint64_t), _Alignof(uint64_t));
    l.roots = take(&l.size_bytes, word_count * sizeof(uint64_t), _Alignof(uint64_t));
    l.steps = take(&l.size_bytes, scheduler->len * sizeof(weft_step), BLOCK_ALIGN);
    l.links = take(&l.size_bytes, link_cap * sizeof(weft_link), _Alignof(weft_link));
    l.handlers = l.size_bytes;
    for (size_t i = 0; i < scheduler->len; i++) {
        const weft_fn *fn = scheduler->systems[order[i]].handler->fn;
        take(&l.size_bytes, fn->size_bytes, fn->align_bytes);
        if (fn->align_bytes > l.align_bytes)
            l.align_bytes = fn->align_bytes;
    }
    return l;
}

/* Sets which systems each one makes run. `latest` is zeroed and has an entry per word. */
static void connect(const weft_scheduler *scheduler, const sorting *s, weft_step *steps,
                    weft_link *links, size_t *latest)
{
    size_t used = 0;
    for (size_t position = 0; position < s->len; position++) {
        weft_step *step = &steps[position];
        const size_t system = s->order[position], begin = used;
        *step = (weft_step){ .handler = scheduler->systems[system].handler };
        for (size_t i = s->starts[system]; i < s->starts[system + 1]; i++) {
            const size_t target = scheduler->systems[s->edges[i].later].position;
            const size_t word = target / WEFT_WORD_BITS;
            const uint64_t bit = UINT64_C(1) << target % WEFT_WORD_BITS;
            if (word == position / WEFT_WORD_BITS) {
                step->near |= bit;
                continue;
            }
            if (latest[word] <= begin) { /* no link of this system leads there yet */
                links[used++] = (weft_link){ .word = (uint32_t)word };
                latest[word] = used;
            }
            links[latest[word] - 1].mask |= bit;
        }
        if (used > begin) {
            step->far = &links[begin];
            links[used - 1].last = true;
        }
    }
}

/* Sets the bits of the systems with nothing upstream. */
static void find_roots(const weft_scheduler *scheduler, const sorting *s, uint64_t *roots)
{
    for (size_t i = 0; i < s->len; i++)
        roots[i / WEFT_WORD_BITS] |= UINT64_C(1) << i % WEFT_WORD_BITS;
    for (size_t i = 0; i < s->edge_len; i++) {
        const size_t position = scheduler->systems[s->edges[i].later].position;
        roots[position / WEFT_WORD_BITS] &= ~(UINT64_C(1) << position % WEFT_WORD_BITS);
    }
}

/* Moves the handlers into the block, in the order of running. */
static void move_handlers(weft_scheduler *scheduler, const sorting *s, unsigned char *block,
                          size_t used)
{
    for (size_t i = 0; i < s->len; i++) {
        weft_system *system = &scheduler->systems[s->order[i]];
        weft_handler *from = system->handler;
        const weft_fn *fn = from->fn;
        system->handler = (weft_handler *)(block + take(&used, fn->size_bytes, fn->align_bytes));
        memcpy(system->handler, from, fn->size_bytes);
        weft_free(&scheduler->allocator, from, fn->size_bytes, fn->align_bytes);
        system->position = (uint32_t)i;
        scheduler->systems[i].at = (uint32_t)s->order[i];
    }
}

static weft_status make_plan(weft_scheduler *scheduler, sorting *s, weft_plan **plan_out)
{
    const size_t word_count = (s->len + WEFT_WORD_BITS - 1) / WEFT_WORD_BITS;
    const layout l = layout_of(scheduler, s->order, word_count);
    unsigned char *block = weft_alloc(&scheduler->allocator, l.size_bytes, l.align_bytes);
    if (!block)
        return weft_report(scheduler->world, WEFT_ENOMEM,
                           "no memory to build a scheduler of %zu systems (%zu bytes)", s->len,
                           l.size_bytes);
    memset(block, 0, l.handlers);
    uint64_t *roots = (uint64_t *)(block + l.roots);
    weft_step *steps = (weft_step *)(block + l.steps);
    move_handlers(scheduler, s, block, l.handlers);
    find_roots(scheduler, s, roots);
    connect(scheduler, s, steps, (weft_link *)(block + l.links), s->waiting);
    weft_plan *plan = (weft_plan *)block;
    *plan = (weft_plan){ .word_count = word_count,
                         .roots = roots,
                         .pending = (uint64_t *)(block + l.pending),
                         .steps = steps,
                         .size_bytes = l.size_bytes,
                         .align_bytes = l.align_bytes };
    *plan_out = plan;
    return WEFT_OK;
}

weft_status weft_plan_new(weft_scheduler *scheduler, weft_plan **plan_out)
{
    sorting s;
    if (!sorting_init(&s, scheduler))
        return weft_report(scheduler->world, WEFT_ENOMEM,
                           "no memory to sort a scheduler of %zu systems", scheduler->len);
    /* By `earlier`, then stably by `later`: sorted by both. */
    sort_edges(s.starts, s.len, scheduler->edges, s.edge_len, false, s.edges);
    sort_edges(s.starts, s.len, s.edges, s.edge_len, true, scheduler->edges);
    sort_edges(s.starts, s.len, scheduler->edges, s.edge_len, false, s.edges);
    place_systems(&s);
    weft_status status;
    if (s.order_len < s.len)
        status =
            report_cycle(scheduler, s.order, find_cycle(&s, scheduler->edges, s.ready, s.order));
    else
        status = make_plan(scheduler, &s, plan_out);
    sorting_fini(&s, &scheduler->allocator);
    return status;
}

void weft_plan_free(weft_plan *plan, const weft_allocator *from)
{
    if (plan)
        weft_free(from, plan, plan->size_bytes, plan->align_bytes);
}
