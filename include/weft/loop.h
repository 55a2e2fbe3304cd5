/* Loop: clock, timers, I/O, notifications and signals in one object, and the pass over them that
 * most programs would write.
 *
 *     weft_builder *builder = weft_builder_new(NULL);
 *     weft_loop *loop = weft_loop_install(builder, NULL);
 *     weft_world *world;
 *     if (weft_builder_build(builder, &world)) return 1;
 *
 *     struct on_ready readable;
 *     if (on_ready_init(&readable, world)) return 1;
 *     if (weft_signals_shutdown(loop->signals, SIGTERM)) return 1;
 *     if (weft_io_add(loop->io, fd, WEFT_READABLE, &readable.base, NULL)) return 1;
 *     if (weft_loop_run(loop, world)) return 1;               // until shutdown is triggered
 *     weft_world_free(world);
 *
 * A pass runs the timers that are due, what other threads notified, the signals that came, and then
 * what is ready for I/O. A turn is a pass that may wait before it looks for I/O:
 *
 *     WEFT_PARK  it sleeps in the poller until there is something to do
 *     WEFT_SPIN  it never sleeps: the shortest way from event to handler, for one busy core
 *
 * With spin_ns a parked loop looks for work that long after it last had some before it sleeps:
 * waking costs more than most handlers.
 *
 * Time: a pass looks at the clock before the first of its handlers runs, and again behind a wait
 * that I/O has ended, so no handler sees a time from before the wait. Handlers of one pass see the
 * same time otherwise. A turn that runs nothing and has no timer to compare with does not look:
 * then now_ns is that of an earlier pass, and who reads it between turns calls weft_clock_now
 * first. weft_loop_poll, which is made for passes amid other things, always looks.
 *
 * A program with more to do per pass (tasks, a graph, a scheduler) writes the loop itself: each
 * line of weft_loop_poll is a public call, and weft_timers_skip, weft_notifies_pending,
 * weft_signals_pending and weft_io_skip say which of them may be left out. A program that owns
 * another loop lets it wait on weft_loop_fd, and calls Weft when that is readable or the timeout is
 * over:
 *
 *     struct pollfd fds[] = { { weft_loop_fd(loop), POLLIN, 0 }, ... };
 *     int64_t timeout_ns = weft_loop_prepare(loop, world);
 *     if (timeout_ns < 0 || timeout_ns > WEFT_SECOND)
 *         timeout_ns = WEFT_SECOND;       // waking early does no harm, and this fits an int
 *     poll(fds, n, (int)((timeout_ns + 999999) / WEFT_MILLISECOND));
 *     if (weft_loop_poll(loop, world) < 0) return 1;
 *
 * What this does not do: start threads, run schedulers or reactors (write the pass, or call them in
 * a handler). All [loop]. NULL is accepted where a comment says so.
 */
#ifndef WEFT_LOOP_H
#define WEFT_LOOP_H

#include <weft/clock.h>
#include <weft/io.h>
#include <weft/notify.h>
#include <weft/signals.h>
#include <weft/timers.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weft_loop_mode {
    WEFT_PARK,
    WEFT_SPIN,
} weft_loop_mode;

typedef struct weft_loop_desc {
    weft_loop_mode mode;
    int64_t spin_ns; /* WEFT_PARK: look for work so long before sleeping; 0: sleep at once */
    const weft_clock *clock; /* copied; NULL: realtime, by the CPU's counter for WEFT_SPIN */
    weft_timers_desc timers;
    weft_io_desc io;
    weft_notifies_desc notifies;
    weft_signals_desc signals;
} weft_loop_desc;

/* The parts are there to be used; they are resources too (MUT(weft_timers) and so on). */
typedef struct weft_loop {
    weft_loop_mode mode; /* this and the next may be changed between passes */
    int64_t spin_ns;
    int64_t busy_ns;         /* private: when a pass last had work */
    const weft_world *world; /* private */
    weft_clock *clock;
    weft_timers *timers;
    weft_io *io;
    weft_notifies *notifies;
    weft_signals *signals;
} weft_loop;

WEFT_API WEFT_RESOURCE_DECLARE(weft_loop);

/* Installs the five drivers and the loop over them. `desc` may be NULL: park, real time. NULL if
 * something fails; the builder knows what. [before build] */
WEFT_API weft_loop *weft_loop_install(weft_builder *builder, const weft_loop_desc *desc);

/* One pass that does not wait, but looks at the clock first. With a historical clock that does not
 * step by itself, time jumps to the next deadline behind it, and to the end if there is none: ask
 * weft_clock_exhausted when to stop. Returns how many handlers ran, or a negative weft_status if
 * the poller failed; WEFT_EWORLD if it is another world's loop. */
WEFT_API int weft_loop_poll(weft_loop *loop, weft_world *world);

/* One pass that waits as the mode says, before it looks for I/O; the clock is looked at again
 * behind the wait. With a historical clock that does not step by itself, time jumps instead, as
 * above. Returns as above. */
WEFT_API int weft_loop_turn(weft_loop *loop, weft_world *world);

/* Turns until shutdown is triggered, or a historical clock is exhausted. WEFT_OK then; a negative
 * status if the poller failed. */
WEFT_API WEFT_CHECKED weft_status weft_loop_run(weft_loop *loop, weft_world *world);

/* The descriptor that is readable when a pass has I/O to do, or somebody woke the loop. */
WEFT_API int weft_loop_fd(weft_loop *loop);

/* Says how long another loop may sleep, in nanoseconds: 0 if there is something to do, WEFT_FOREVER
 * if only the descriptor can tell. From here until the next weft_loop_poll the loop counts as
 * asleep: who notifies it writes the descriptor. If it is another world's loop that is reported, the
 * loop is left as it was, and the answer is 0: the weft_loop_poll that follows fails with
 * WEFT_EWORLD. */
WEFT_API int64_t weft_loop_prepare(weft_loop *loop, weft_world *world);

#ifdef __cplusplus
}
#endif
#endif
