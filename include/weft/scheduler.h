/* Scheduler: systems, run in the order of their dependencies, if what they depend on has changed.
 *
 * A system is a function without an event (fn.h). If it returns a bool, that says whether its
 * outputs changed; a system that returns nothing always changes them.
 *
 *     static bool calc_spread(const Price *price, Spread *spread) { ... }
 *     WEFT_FN(calc_spread, RES(Price), MUT(Spread));
 *
 *     weft_scheduler scheduler;
 *     weft_system_id price, spread, quote;
 *     weft_scheduler_init(&scheduler, world);
 *     WEFT_SYSTEM(&scheduler, update_price, &price);
 *     WEFT_SYSTEM(&scheduler, calc_spread, &spread);
 *     WEFT_SYSTEM(&scheduler, send_quote, &quote);
 *     weft_scheduler_after(&scheduler, spread, price);
 *     weft_scheduler_after(&scheduler, quote, spread);
 *     if (weft_scheduler_build(&scheduler)) return 1;      // the first failure of all of the above
 *     int ran = weft_scheduler_run(&scheduler, world);     // each pass of the loop
 *     weft_scheduler_fini(&scheduler);
 *
 * In a pass a system without upstream systems (a root) always runs. Any other runs if at least one
 * system directly upstream of it ran in this pass and returned true. Each runs once at most, and
 * sees what all before it wrote. The sequence number does not advance.
 *
 * Systems run in the order in which they were added, as far as the edges allow: next is always the
 * first one added of those that have nothing upstream left to place. The order of the edges, and
 * edges that are given twice, do not matter.
 *
 * If a system fails (weft_fail), the pass ends there and the failure goes on to the weft_try
 * around it. The system counts as unchanged. What was still to run because something upstream of
 * it had changed is not lost: it runs in the next pass, beside what that pass runs anyway. A system
 * in a guard (guard.h) fails alone, and the pass goes on.
 *
 * A pass costs what runs: a system that is skipped is never looked at. Nothing is allocated after
 * building. The number of systems has no limit below WEFT_SCHEDULER_MAX.
 *
 * What this does not do: run systems in parallel, find out who depends on whom, add or remove
 * systems once built (build another scheduler).
 *
 * Everything is [loop]; pointers are not NULL unless said otherwise.
 */
#ifndef WEFT_SCHEDULER_H
#define WEFT_SCHEDULER_H

#include <limits.h>
#include <stdio.h>

#include <weft/handler.h>
#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see resource.h */
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_SCHEDULER_MAX INT_MAX /* systems: what weft_scheduler_run can count */

/* Private fields. May be moved by assignment while it does not run; only one copy is used then. */
typedef struct weft_scheduler {
    const weft_world *world;
    weft_allocator allocator;
    struct weft_system *systems; /* in the order of adding */
    size_t len, capacity;
    struct weft_edge *edges;
    size_t edge_len, edge_capacity;
    struct weft_plan *plan; /* what runs; NULL until it is built */
    uint64_t serial;        /* of this scheduler, in its ids */
    weft_status first_error;
} weft_scheduler;

WEFT_API WEFT_RESOURCE_DECLARE(weft_scheduler);

/* Names a system of one scheduler; another scheduler refuses it. Zeroed it names none. */
typedef struct weft_system_id {
    uint64_t serial;
    uint32_t index; /* in the order of adding */
} weft_system_id;

/* ---- life ---------------------------------------------------------------------------------- */

/* An empty scheduler for systems of that world; allocates nothing. */
WEFT_API void weft_scheduler_init(weft_scheduler *scheduler, const weft_world *world);

/* Destroys the systems in the order of adding, and frees. Not while it runs. NULL, and a zeroed
 * scheduler, do nothing. */
WEFT_API void weft_scheduler_fini(weft_scheduler *scheduler);

/* Registers an empty scheduler as a resource, MUT(weft_scheduler) for handlers, and returns it; it
 * ends with the world. NULL if that fails; the builder knows why. [before build] */
WEFT_API WEFT_CHECKED weft_scheduler *weft_scheduler_install(weft_builder *builder);

/* ---- building ------------------------------------------------------------------------------ *
 *
 * What goes wrong is reported. A scheduler remembers its first failure: from then on these
 * functions add nothing and return it, so a program may look once, at weft_scheduler_build. */

/* Adds a copy of the handler, which owns what its context owns. `id_out` may be NULL. WEFT_ETYPE if
 * it takes an event, WEFT_EFULL at WEFT_SCHEDULER_MAX, WEFT_EINVAL if it is unbound or NULL, or the
 * scheduler is built, WEFT_ENOMEM; the handler is then still the caller's, and *id_out
 * untouched. */
WEFT_API weft_status weft_scheduler_add(weft_scheduler *scheduler, const weft_handler *system,
                                        weft_system_id *id_out);

/* Binds the function f to the scheduler's world and adds it:
 *     weft_status WEFT_SYSTEM(weft_scheduler *, f, weft_system_id *id_out [, T ctx])
 * Fails as f_init and weft_scheduler_add do; the context is then still the caller's. That f takes
 * an event, or returns something else than bool or nothing, is a compile error. */
#ifdef __cplusplus
#define WEFT_SYSTEM(...) static_assert(false, "WEFT_SYSTEM is for C files")
#else
#define WEFT_SYSTEM(scheduler, f, ...) WEFT_X_SYSTEM(scheduler, f, __VA_ARGS__)
#endif

/* Edges: `later` runs after `earlier`, and because of it. WEFT_ESTALE for an id that this scheduler
 * did not give, WEFT_EINVAL if it is built, WEFT_ENOMEM. An edge from a system to itself is a
 * cycle, which weft_scheduler_build finds. */
WEFT_API weft_status weft_scheduler_after(weft_scheduler *scheduler, weft_system_id later,
                                          weft_system_id earlier);
WEFT_API weft_status weft_scheduler_before(weft_scheduler *scheduler, weft_system_id earlier,
                                           weft_system_id later);

/* Finds the order and freezes the scheduler. WEFT_ECYCLE with a sentence that names the systems on
 * a cycle, in the order in which they would run; WEFT_EINVAL if it is built already; WEFT_ENOMEM;
 * or the first failure before. O(systems * log systems + edges). */
WEFT_API WEFT_CHECKED weft_status weft_scheduler_build(weft_scheduler *scheduler);

/* ---- running ------------------------------------------------------------------------------- */

/* One pass. Returns how many systems ran; or, without running any and reported, WEFT_EINVAL if the
 * scheduler is not built or runs already (a system cannot run its own scheduler), WEFT_EWORLD for
 * another world than its own. [loop] [in handler] */
WEFT_API int weft_scheduler_run(weft_scheduler *scheduler, weft_world *world);

/* ---- inspection ---------------------------------------------------------------------------- */

/* How many systems there are. */
static inline size_t weft_scheduler_len(const weft_scheduler *scheduler)
{
    return scheduler->len;
}

/* Writes a line per system: its number, its name, when it runs. In the order of running, or of
 * adding if it is not built. A write error is the stream's. */
WEFT_API void weft_scheduler_describe(const weft_scheduler *scheduler, FILE *out);

/* The same as a Graphviz graph:  ... | dot -Tsvg */
WEFT_API void weft_scheduler_draw(const weft_scheduler *scheduler, FILE *out);

/* Verifies the invariants; on failure *why_out is a static sentence. O(all). */
WEFT_API bool weft_scheduler_check(const weft_scheduler *scheduler, const char **why_out);

/* ---- for the macro ------------------------------------------------------------------------- */

/* weft_scheduler_add, unless the handler could not be bound: then that is what failed. */
WEFT_API weft_status weft_x_scheduler_add(weft_scheduler *scheduler, weft_status bound,
                                          const weft_handler *system, weft_system_id *id_out);

#ifndef __cplusplus
/* `...` is id_out, or id_out and the context, which may itself contain commas. */
#define WEFT_X_SYSTEM(scheduler, f, ...)                                                          \
    __extension__({                                                                               \
        _Static_assert(f##_inputs == 0, #f ": a system takes no event; leave out its IN or REF"); \
        _Static_assert(__builtin_types_compatible_p(f##_result, _Bool) ||                         \
                           __builtin_types_compatible_p(f##_result, void),                        \
                       #f ": a system returns a bool, whether its outputs changed, or nothing");  \
        weft_scheduler *const weft_x_to = (scheduler);                                            \
        struct f weft_x_system;                                                                   \
        const weft_status weft_x_bound = f##_init(                                                \
            &weft_x_system, weft_x_to->world WEFT_X_CAT(                                          \
                                WEFT_X_SYSTEM_CTX_, WEFT_X_HAS_REST(__VA_ARGS__))(__VA_ARGS__));  \
        weft_x_scheduler_add(weft_x_to, weft_x_bound, &weft_x_system.base,                        \
                             WEFT_X_FIRST(__VA_ARGS__));                                          \
    })
#define WEFT_X_SYSTEM_CTX_0(id_out)
#define WEFT_X_SYSTEM_CTX_1(id_out, ...) , __VA_ARGS__
#endif

#ifdef __cplusplus
}
#endif
#endif
