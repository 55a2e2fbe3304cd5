#include <weft/scheduler.h>

#include <assert.h>
#include <string.h>

#include "copy.h"
#include "schedule.h"

enum { FIRST_CAPACITY = 8 };

WEFT_RESOURCE_DEFINE(weft_scheduler, FINI(weft_scheduler_fini));

/* ---- life ---------------------------------------------------------------------------------- */

/* By this, ids tell schedulers apart, also those that have ended, in whatever thread they live. */
static uint64_t next_serial(void)
{
    static uint64_t last;
    return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

void weft_scheduler_init(weft_scheduler *scheduler, const weft_world *world)
{
    *scheduler = (weft_scheduler){ .world = world,
                                   .allocator = *weft_world_allocator(world),
                                   .serial = next_serial() };
}

void weft_scheduler_fini(weft_scheduler *scheduler)
{
    if (!scheduler)
        return;
    const weft_allocator *from = &scheduler->allocator;
    assert(!scheduler->plan || !scheduler->plan->running);
    for (size_t i = 0; i < scheduler->len; i++) {
        if (scheduler->plan)
            weft_handler_fini(scheduler->systems[i].handler);
        else
            weft_copy_free(scheduler->systems[i].handler, from);
    }
    weft_plan_free(scheduler->plan, from);
    weft_free(from, scheduler->systems, scheduler->capacity * sizeof(weft_system),
              _Alignof(weft_system));
    weft_free(from, scheduler->edges, scheduler->edge_capacity * sizeof(weft_edge),
              _Alignof(weft_edge));
    *scheduler = (weft_scheduler){ .world = NULL };
}

weft_scheduler *weft_scheduler_install(weft_builder *builder)
{
    const weft_world *world = weft_builder_world(builder);
    if (WEFT_REGISTER_DEFAULT(builder, weft_scheduler))
        return NULL;
    weft_scheduler *scheduler = WEFT_GET(world, weft_scheduler);
    weft_scheduler_init(scheduler, world);
    return scheduler;
}

/* ---- building ------------------------------------------------------------------------------ */

/* Whoever calls this has looked whether there is a failure already. What comes too late does not
 * harm a scheduler that is built. */
static weft_status remember(weft_scheduler *scheduler, weft_status status)
{
    if (!scheduler->plan)
        scheduler->first_error = status;
    return status;
}

/* The array with room for one more: itself, or a copy twice as large in its place; or NULL. */
static void *grown(const weft_allocator *from, void *items, size_t len, size_t *capacity,
                   size_t item_bytes, size_t align_bytes)
{
    if (len < *capacity)
        return items;
    const size_t doubled = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *copy = weft_alloc(from, doubled * item_bytes, align_bytes);
    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, items, len * item_bytes);
    weft_free(from, items, *capacity * item_bytes, align_bytes);
    *capacity = doubled;
    return copy;
}

/* Why this handler cannot be added, reported; or WEFT_OK. */
static weft_status refuse_system(const weft_scheduler *scheduler, const weft_handler *system)
{
    const weft_world *world = scheduler->world;
    const char *name = weft_handler_name(system);
    const weft_status bound = weft_copy_check(system, world, "a scheduler");
    if (bound)
        return bound;
    /* No handler takes a type of this name: this asks whether it takes anything. */
    static const weft_event nothing = { "no event", 0 };
    if (!weft_handler_takes(system, nothing))
        return weft_report(world, WEFT_ETYPE,
                           "%s is no system: it takes an event, and a scheduler gives none; let it "
                           "read what it needs from resources",
                           name);
    if (scheduler->plan)
        return weft_report(world, WEFT_EINVAL,
                           "%s comes too late: the scheduler is built; add it before "
                           "weft_scheduler_build",
                           name);
    if (scheduler->len >= WEFT_SCHEDULER_MAX)
        return weft_report(world, WEFT_EFULL,
                           "no room for %s: a scheduler holds %d systems at most; use two", name,
                           WEFT_SCHEDULER_MAX);
    return WEFT_OK;
}

weft_status weft_scheduler_add(weft_scheduler *scheduler, const weft_handler *system,
                               weft_system_id *id_out)
{
    if (scheduler->first_error)
        return scheduler->first_error;
    const weft_status refused = refuse_system(scheduler, system);
    if (refused)
        return remember(scheduler, refused);
    weft_system *systems = grown(&scheduler->allocator, scheduler->systems, scheduler->len,
                                 &scheduler->capacity, sizeof *systems, _Alignof(weft_system));
    if (!systems)
        return remember(scheduler, weft_report(scheduler->world, WEFT_ENOMEM,
                                               "no memory to add %s to a scheduler of %zu systems",
                                               weft_handler_name(system), scheduler->len));
    scheduler->systems = systems;
    weft_handler *copy = weft_copy_new(system, scheduler->world);
    if (!copy)
        return remember(scheduler, WEFT_ENOMEM);
    const uint32_t index = (uint32_t)scheduler->len;
    systems[index] = (weft_system){ .handler = copy, .position = index, .at = index };
    if (id_out)
        *id_out = (weft_system_id){ scheduler->serial, index };
    scheduler->len++;
    return WEFT_OK;
}

weft_status weft_x_scheduler_add(weft_scheduler *scheduler, weft_status bound,
                                 const weft_handler *system, weft_system_id *id_out)
{
    if (scheduler->first_error || !bound)
        return weft_scheduler_add(scheduler, system, id_out);
    return remember(scheduler, bound);
}

/* The name of the system, or NULL if this scheduler did not give the id. */
static const char *name_of(const weft_scheduler *scheduler, weft_system_id id)
{
    if (id.serial != scheduler->serial || id.index >= scheduler->len)
        return NULL;
    return weft_handler_name(scheduler->systems[id.index].handler);
}

/* Why there can be no such edge, reported; or WEFT_OK. */
static weft_status refuse_edge(const weft_scheduler *scheduler, weft_system_id earlier,
                               weft_system_id later)
{
    static const char unknown[] = "(unknown id)";
    const char *from = name_of(scheduler, earlier);
    const char *to = name_of(scheduler, later);
    if (!from || !to)
        return weft_report(scheduler->world, WEFT_ESTALE,
                           "no edge %s -> %s: an id that is unknown here comes from another "
                           "scheduler, from one that has ended, or was never set",
                           from ? from : unknown, to ? to : unknown);
    if (scheduler->plan)
        return weft_report(scheduler->world, WEFT_EINVAL,
                           "the edge %s -> %s comes too late: the scheduler is built; give it "
                           "before weft_scheduler_build",
                           from, to);
    return WEFT_OK;
}

weft_status weft_scheduler_before(weft_scheduler *scheduler, weft_system_id earlier,
                                  weft_system_id later)
{
    if (scheduler->first_error)
        return scheduler->first_error;
    const weft_status refused = refuse_edge(scheduler, earlier, later);
    if (refused)
        return remember(scheduler, refused);
    weft_edge *edges = grown(&scheduler->allocator, scheduler->edges, scheduler->edge_len,
                             &scheduler->edge_capacity, sizeof *edges, _Alignof(weft_edge));
    if (!edges)
        return remember(scheduler,
                        weft_report(scheduler->world, WEFT_ENOMEM,
                                    "no memory for an edge beside the %zu that there are",
                                    scheduler->edge_len));
    scheduler->edges = edges;
    edges[scheduler->edge_len++] = (weft_edge){ earlier.index, later.index };
    return WEFT_OK;
}

weft_status weft_scheduler_after(weft_scheduler *scheduler, weft_system_id later,
                                 weft_system_id earlier)
{
    return weft_scheduler_before(scheduler, earlier, later);
}

weft_status weft_scheduler_build(weft_scheduler *scheduler)
{
    if (scheduler->first_error)
        return scheduler->first_error;
    if (scheduler->plan)
        return weft_report(scheduler->world, WEFT_EINVAL,
                           "the scheduler is built already; weft_scheduler_build is called once");
    return remember(scheduler, weft_plan_new(scheduler, &scheduler->plan));
}

/* ---- running ------------------------------------------------------------------------------- */

static inline void add_links(uint64_t *pending, const weft_link *link)
{
    pending[link->word] |= link->mask;
    while (!link->last) {
        link++;
        pending[link->word] |= link->mask;
    }
}

/* Runs what is pending in one word, from its lowest bit up, and what that adds. Before each system
 * the word in memory says what is left if the system fails. `has_far` is a constant. */
static inline __attribute__((always_inline)) int run_word(const weft_plan *plan, size_t word,
                                                          weft_world *world, bool has_far)
{
    const weft_step *const steps = plan->steps + word * WEFT_WORD_BITS;
    uint64_t *const pending = plan->pending;
    uint64_t left = pending[word] | plan->roots[word];
    int ran = 0;
    while (left) {
        const weft_step *step = steps + __builtin_ctzll(left);
        uint64_t bit = left & -left;
        /* Most often the next bit is the next system. To go there by a branch, and not by looking
         * for the lowest bit, lets the CPU begin with it before it knows what this one adds. */
        for (; left & bit; step++, bit <<= 1) {
            left ^= bit;
            pending[word] = left;
            ran++;
            if (!weft_run(step->handler, world, NULL))
                continue;
            left |= step->near;
            if (has_far && step->far)
                add_links(pending, step->far);
        }
    }
    return ran;
}

/* Beside the walk over one word, which all but large schedulers take alone. */
static __attribute__((noinline)) int run_words(const weft_plan *plan, weft_world *world)
{
    int ran = 0;
    for (size_t word = 0; word < plan->word_count; word++)
        ran += run_word(plan, word, world, true);
    return ran;
}

/* Ends a pass, however it ends. */
static void pass_end(void *arg)
{
    weft_plan *plan = arg;
    plan->running = false;
}

static __attribute__((cold)) int refuse_pass(const weft_scheduler *scheduler,
                                             const weft_world *world)
{
    if (!scheduler->plan)
        return weft_report(world, WEFT_EINVAL,
                           "a scheduler cannot run before weft_scheduler_build has built it");
    if (world != scheduler->world)
        return weft_report(world, WEFT_EWORLD,
                           "a scheduler of %zu systems runs in its own world "
                           "only, not in another",
                           scheduler->len);
    return weft_report(world, WEFT_EINVAL,
                       "a scheduler of %zu systems runs already: a system cannot run its own "
                       "scheduler",
                       scheduler->len);
}

int weft_scheduler_run(weft_scheduler *scheduler, weft_world *world)
{
    weft_plan *plan = scheduler->plan;
    if (__builtin_expect(!plan || plan->running || world != scheduler->world, 0))
        return refuse_pass(scheduler, world);
    weft_cleanup cleanup = { .run = pass_end, .arg = plan };
    plan->running = true;
    weft_cleanup_push(world, &cleanup);
    const int ran =
        plan->word_count == 1 ? run_word(plan, 0, world, false) : run_words(plan, world);
    weft_cleanup_pop(world, &cleanup);
    pass_end(plan);
    return ran;
}
