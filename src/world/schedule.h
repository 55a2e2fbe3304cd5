/* What the files of the scheduler share: what was added, and the plan that is made of it. */
#ifndef WEFT_WORLD_SCHEDULE_H
#define WEFT_WORLD_SCHEDULE_H

#include <weft/scheduler.h>

/* As added. */
typedef struct weft_system {
    weft_handler *handler; /* a block of its own; in the plan once there is one */
    uint32_t position;     /* in the order of running; until it is built, of adding */
    uint32_t at;           /* not of this system: the index of the one at this position */
} weft_system;

/* By index of adding. */
typedef struct weft_edge {
    uint32_t earlier, later;
} weft_edge;

/* Systems run in the order of their bits: number p is bit p % 64 of word p / 64. Whatever is
 * downstream of a system is at a higher bit, so one walk upwards over the bits that are set finds
 * all that has to run, also what is set on the way. */
enum { WEFT_WORD_BITS = 64 };

/* Systems of a later word that a system makes run. */
typedef struct weft_link {
    uint64_t mask;
    uint32_t word;
    bool last; /* of this system's */
} weft_link;

typedef struct weft_step {
    weft_handler *handler;
    uint64_t near;        /* what it makes run in its own word */
    const weft_link *far; /* and in later ones; NULL if none */
} weft_step;

/* One block of memory: this, the arrays, and the handlers in the order of running. */
typedef struct weft_plan {
    bool running;
    size_t word_count;
    const uint64_t *roots; /* what every pass runs */
    uint64_t *pending;     /* what else the next pass runs, or this one is still to run; all 0
                              between passes unless a system failed */
    const weft_step *steps;
    size_t size_bytes, align_bytes;
} weft_plan;

/* Sorts the systems and moves their handlers into a new plan. The edges are sorted by `later`, then
 * `earlier`. WEFT_ECYCLE and WEFT_ENOMEM, reported: the scheduler is as before, but for the order
 * of its edges. */
weft_status weft_plan_new(weft_scheduler *scheduler, weft_plan **plan_out);

/* Frees the block; the handlers in it are the caller's to destroy before. */
void weft_plan_free(weft_plan *plan, const weft_allocator *from);

#endif
