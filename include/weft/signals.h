/* Signals: the process's signals as a request to stop, or as events for a handler.
 *
 *     weft_signals *signals = weft_signals_install(builder, NULL);  // before the world is built
 *
 *     struct on_reload reload;                         // afterwards
 *     if (on_reload_init(&reload, world) || weft_signals_shutdown(signals, SIGTERM) ||
 *         weft_signals_add(signals, SIGHUP, &reload.base, NULL)) return 1;
 *
 *     weft_signals_poll(signals, world);               // each pass of the loop
 *
 * A signal wakes a sleeping loop (wake.h). Its handler runs in the loop, like any handler, not in
 * the signal's context, so it may do everything; before each the event's sequence number is
 * advanced. A request to stop needs no poll: it triggers the world's shutdown at once.
 *
 * Signals coalesce: a handler runs once per poll for all that came, and is told how many were
 * counted. The kernel merges what is sent while one like it is still on its way, so the count is at
 * least 1, and at most what was sent. A run sees what the thread that got the signal did before it,
 * for each that it counts.
 *
 * A signal number belongs to the whole process, so one world at a time may have it. Its former
 * disposition comes back when it is removed and when the world ends. System calls that a signal
 * interrupts are restarted (SA_RESTART) where the kernel can; waiting in a poller never is, and
 * weft_io_poll then returns 0. Signals that report a fault of the program (SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL) cannot wait for a loop, and are refused.
 *
 * What this does not do: look into siginfo, change which signals a thread blocks. Everything is
 * [loop] [in handler]. NULL is accepted where a comment says so.
 */
#ifndef WEFT_SIGNALS_H
#define WEFT_SIGNALS_H

#include <weft/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_SIGNALS_MAX 64 /* the highest number of a signal */

/* Private fields. */
typedef struct weft_signals {
    const weft_world *world;
    uint64_t pending; /* a bit per signal, set in the signal's context */
    uint64_t stops;   /* a bit per signal that asks to stop */
    uint64_t taken;   /* taken from pending, still to run */
    uint64_t serial;
    uint32_t counts[WEFT_SIGNALS_MAX]; /* written in the signal's context */
    struct weft_signal_source *sources[WEFT_SIGNALS_MAX];
    bool keep_ignored;
    bool ending;
} weft_signals;

WEFT_API WEFT_RESOURCE_DECLARE(weft_signals);

/* Names one registration, not a later one of the same signal. Zeroed it names none. */
typedef struct weft_signal_id {
    int signo;
    uint64_t serial;
} weft_signal_id;

/* What a signal's handler gets. */
typedef struct weft_signal_event {
    weft_signal_id id;
    int signo;
    uint32_t count; /* since the last run; at least 1 */
} weft_signal_event;

typedef struct weft_signals_desc {
    /* Leaves signals ignored that the program was started to ignore (SIGHUP under nohup, SIGINT in
     * the background of a script): shutdown and add succeed, but nothing comes. */
    bool keep_ignored;
} weft_signals_desc;

/* Registers the signals as a resource, MUT(weft_signals) for handlers, and returns them. `desc` may
 * be NULL. NULL if that fails; the builder knows why. [before build] */
WEFT_API weft_signals *weft_signals_install(weft_builder *builder, const weft_signals_desc *desc);

/* Lets the signal trigger the world's shutdown, until the world ends. Again does nothing.
 * WEFT_EINVAL if there is no such signal or it cannot be caught; WEFT_EEXISTS if it has a handler,
 * or another world has it; WEFT_ENOMEM, WEFT_ESYSTEM, WEFT_ESTALE while the world ends.
 * Reported. */
WEFT_API WEFT_CHECKED weft_status weft_signals_shutdown(weft_signals *signals, int signo);

/* Runs a copy of `handler` in the first poll after the signal. It takes IN(weft_signal_event) or
 * nothing. `id_out` may be NULL. WEFT_ETYPE, and as above; reported, and the handler is still the
 * caller's. */
WEFT_API WEFT_CHECKED weft_status weft_signals_add(weft_signals *signals, int signo,
                                                   const weft_handler *handler,
                                                   weft_signal_id *id_out);

/* Ends a registration: the signal's former disposition comes back, and the handler does not run any
 * more and is destroyed, once it has returned if it is running. WEFT_ESTALE if it has ended
 * before. */
WEFT_API weft_status weft_signals_remove(weft_signals *signals, weft_signal_id id);

/* Runs the handlers of the signals that came, lowest number first. Returns how many ran, or
 * WEFT_EWORLD, reported, if they are another world's signals. What a failure (weft_fail) left over
 * runs first, and the loop does not sleep before. One load if there is nothing. */
WEFT_API int weft_signals_poll(weft_signals *signals, weft_world *world);

/* True if a poll would find something: two loads. */
static inline bool weft_signals_pending(const weft_signals *signals)
{
    return (__atomic_load_n(&signals->pending, __ATOMIC_SEQ_CST) | signals->taken) != 0;
}

/* Verifies the invariants; on failure *why_out is a static sentence. */
WEFT_API bool weft_signals_check(const weft_signals *signals, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
