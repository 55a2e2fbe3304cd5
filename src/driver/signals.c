/* A signal number belongs to one world at a time. `cells` says to which: the process's memory of
 * who is to be told, all that the signal's context starts from.
 *
 * Signals arrive in any thread, also while the loop takes the number away from its world. So who
 * handles a signal counts itself in, and the loop waits until nobody is inside any more:
 *
 *     signal's context                    loop
 *     inside++                            owner = NULL
 *     owner? tell it                      wait until inside == 0
 *     inside--                            the owner may end
 *
 * These are sequentially consistent, so one of the two sees the other.
 * tests/interleave/test_signals.c runs this in all executions that C11 allows.
 */
#define _GNU_SOURCE
#include <weft/signals.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include <weft/storage.h>

#include "deliver.h"

#if !defined(_NSIG)
#define _NSIG NSIG
#endif
_Static_assert(_NSIG - 1 <= WEFT_SIGNALS_MAX, "a bit for each signal");

typedef struct weft_signal_source {
    weft_flex_64 handler;
    weft_signals *signals;
    weft_signal_id id;
    struct sigaction former;
    bool caught;      /* false: it stays ignored */
    bool stops;       /* it has no handler, but triggers the shutdown */
    uint32_t running; /* runs under way; more than one if its handler polls */
    bool removed;     /* to be released when no run is under way any more */
} weft_signal_source;

static struct {
    weft_signals *owner; /* atomic */
    uint32_t inside;     /* atomic */
} cells[WEFT_SIGNALS_MAX];

static uint64_t bit_of(int signo)
{
    return UINT64_C(1) << (signo - 1);
}

/* ---- in the signal's context ----------------------------------------------------------------- */

/* The count is what a run acquires: a signal counted with the one before it gets no other run. */
static void tell(weft_signals *owner, int signo)
{
    if (__atomic_load_n(&owner->stops, __ATOMIC_ACQUIRE) & bit_of(signo)) {
        weft_shutdown_trigger(owner->world->shutdown);
        return;
    }
    __atomic_fetch_add(&owner->counts[signo - 1], 1, __ATOMIC_RELEASE);
    __atomic_fetch_or(&owner->pending, bit_of(signo), __ATOMIC_RELEASE);
    weft_wake_signal(weft_shutdown_wake(owner->world->shutdown));
}

static void on_signal(int signo)
{
    __atomic_fetch_add(&cells[signo - 1].inside, 1, __ATOMIC_SEQ_CST);
    weft_signals *owner = __atomic_load_n(&cells[signo - 1].owner, __ATOMIC_SEQ_CST);
    if (owner)
        tell(owner, signo);
    __atomic_fetch_sub(&cells[signo - 1].inside, 1, __ATOMIC_SEQ_CST);
}

/* ---- the process's dispositions -------------------------------------------------------------- */

static bool claim(weft_signals *signals, int signo)
{
    weft_signals *nobody = NULL;
    return __atomic_compare_exchange_n(&cells[signo - 1].owner, &nobody, signals, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void disclaim(weft_signals *signals, int signo)
{
    __atomic_store_n(&cells[signo - 1].owner, NULL, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&cells[signo - 1].inside, __ATOMIC_SEQ_CST))
        sched_yield(); /* another thread is about to return from a signal */
    __atomic_fetch_and(&signals->stops, ~bit_of(signo), __ATOMIC_RELAXED);
    /* A bit that is still pending or taken runs nobody without a count. */
    __atomic_store_n(&signals->counts[signo - 1], 0, __ATOMIC_RELAXED);
}

/* Takes the signal over, or leaves it ignored. False with errno if the system refuses. */
static bool catch_signal(weft_signal_source *source, bool keep_ignored)
{
    if (sigaction(source->id.signo, NULL, &source->former))
        return false;
    if (keep_ignored && source->former.sa_handler == SIG_IGN)
        return true;
    struct sigaction ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigemptyset(&ours.sa_mask);
    source->caught = sigaction(source->id.signo, &ours, NULL) == 0;
    return source->caught;
}

/* Brings the former disposition back, unless somebody else has put theirs in our place. */
static void let_go(const weft_signal_source *source)
{
    struct sigaction current;
    if (source->caught && !sigaction(source->id.signo, NULL, &current) &&
        current.sa_handler == on_signal)
        sigaction(source->id.signo, &source->former, NULL);
}

/* ---- registrations --------------------------------------------------------------------------- */

static const char *short_name(int signo)
{
#if defined(WEFT_PORTABLE)
    static const char *const names[] = {
        [SIGHUP] = "HUP",   [SIGINT] = "INT",   [SIGQUIT] = "QUIT",  [SIGILL] = "ILL",
        [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT", [SIGBUS] = "BUS",    [SIGFPE] = "FPE",
        [SIGKILL] = "KILL", [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV",  [SIGUSR2] = "USR2",
        [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM",  [SIGCHLD] = "CHLD",
        [SIGCONT] = "CONT", [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",  [SIGTTIN] = "TTIN",
        [SIGTTOU] = "TTOU", [SIGURG] = "URG",   [SIGXCPU] = "XCPU",  [SIGXFSZ] = "XFSZ",
        [SIGPROF] = "PROF", [SIGSYS] = "SYS",   [SIGWINCH] = "WINCH"
    };
    const char *name = (size_t)signo < sizeof names / sizeof *names ? names[signo] : NULL;
    return name ? name : "no name";
#else
    const char *name = sigabbrev_np(signo);
    return name ? name : "real-time";
#endif
}

static weft_status number_refused(const weft_signals *signals, int signo)
{
    switch (signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return weft_report(signals->world, WEFT_EINVAL,
                           "signal %d (%s) cannot wait for the loop: the program does not get past "
                           "the instruction at fault",
                           signo, short_name(signo));
    case SIGKILL:
    case SIGSTOP:
        return weft_report(signals->world, WEFT_EINVAL, "signal %d (%s) cannot be caught", signo,
                           short_name(signo));
    default:
        if (signo >= 1 && signo < _NSIG)
            return WEFT_OK;
        return weft_report(signals->world, WEFT_EINVAL, "there is no signal %d", signo);
    }
}

static weft_status taken_already(const weft_signals *signals, int signo)
{
    const weft_signal_source *source = signals->sources[signo - 1];
    if (!source)
        return weft_report(
            signals->world, WEFT_EEXISTS,
            "signal %d (%s) belongs to another world; a process has each signal once", signo,
            short_name(signo));
    return weft_report(signals->world, WEFT_EEXISTS,
                       "signal %d (%s) is taken already (%s); remove that handler, or let a "
                       "broadcast take the signal",
                       signo, short_name(signo),
                       source->stops ? "shutdown" : weft_handler_name(&source->handler.base));
}

static weft_status system_refused(const weft_signals *signals, int signo)
{
    return weft_report(signals->world, errno == EINVAL ? WEFT_EINVAL : WEFT_ESYSTEM,
                       "signal %d (%s) cannot be caught: %s", signo, short_name(signo),
                       strerror(errno));
}

static void source_free(weft_signal_source *source)
{
    const weft_allocator *from = weft_world_allocator(source->signals->world);
    weft_free(from, source, sizeof *source, _Alignof(weft_signal_source));
}

/* Fills a source whose signal is claimed. What comes before it is in its place waits in the pending
 * bits. */
static weft_status source_fill(weft_signal_source *source, const weft_handler *handler)
{
    weft_signals *signals = source->signals;
    const int signo = source->id.signo;
    if (source->stops)
        __atomic_fetch_or(&signals->stops, bit_of(signo), __ATOMIC_RELEASE);
    if (!catch_signal(source, signals->keep_ignored))
        return system_refused(signals, signo);
    if (!handler)
        return WEFT_OK;
    const weft_status status =
        weft_flex_set(&source->handler.base, sizeof source->handler, signals->world, handler);
    if (status)
        let_go(source);
    return status;
}

/* Registers a handler, or the shutdown for NULL. */
static weft_status watch(weft_signals *signals, int signo, const weft_handler *handler,
                         weft_signal_id *id_out)
{
    weft_status status = number_refused(signals, signo);
    if (status)
        return status;
    if (signals->ending)
        return weft_report(signals->world, WEFT_ESTALE,
                           "signal %d (%s) comes too late: the world ends", signo,
                           short_name(signo));
    if (!claim(signals, signo))
        return taken_already(signals, signo);
    weft_signal_source *source = weft_alloc(weft_world_allocator(signals->world), sizeof *source,
                                            _Alignof(weft_signal_source));
    if (!source) {
        disclaim(signals, signo);
        return weft_report(signals->world, WEFT_ENOMEM, "no memory to catch signal %d (%s)", signo,
                           short_name(signo));
    }
    *source = (weft_signal_source){ .signals = signals,
                                    .id = { signo, ++signals->serial },
                                    .stops = !handler };
    status = source_fill(source, handler);
    if (status) {
        disclaim(signals, signo);
        source_free(source);
        return status;
    }
    signals->sources[signo - 1] = source;
    if (id_out)
        *id_out = source->id;
    return WEFT_OK;
}

weft_status weft_signals_shutdown(weft_signals *signals, int signo)
{
    const bool in_range = signo >= 1 && signo <= WEFT_SIGNALS_MAX;
    const weft_signal_source *source = in_range ? signals->sources[signo - 1] : NULL;
    return source && source->stops ? WEFT_OK : watch(signals, signo, NULL, NULL);
}

weft_status weft_signals_add(weft_signals *signals, int signo, const weft_handler *handler,
                             weft_signal_id *id_out)
{
    const weft_status status =
        weft_handler_expect(handler, signals->world, "weft_signals", WEFT_EVENT(weft_signal_event));
    return status ? status : watch(signals, signo, handler, id_out);
}

static void release(weft_signal_source *source)
{
    weft_handler_fini(&source->handler.base); /* zeroed if it stops the world */
    source_free(source);
}

static void end(weft_signal_source *source)
{
    const int signo = source->id.signo;
    source->signals->sources[signo - 1] = NULL;
    source->removed = true;
    let_go(source);
    disclaim(source->signals, signo);
    if (!source->running)
        release(source);
}

weft_status weft_signals_remove(weft_signals *signals, weft_signal_id id)
{
    const bool in_range = id.signo >= 1 && id.signo <= WEFT_SIGNALS_MAX;
    weft_signal_source *source = in_range ? signals->sources[id.signo - 1] : NULL;
    if (!source || source->id.serial != id.serial)
        return WEFT_ESTALE;
    end(source);
    return WEFT_OK;
}

/* ---- polling --------------------------------------------------------------------------------- */

static void run_over(void *arg)
{
    weft_signal_source *source = arg;
    if (--source->running == 0 && source->removed)
        release(source);
}

/* The same when weft_fail gave its handler up, and the poll with it: what it left over must not
 * wait for another signal. */
static void run_failed(void *arg)
{
    const weft_signals *signals = ((weft_signal_source *)arg)->signals;
    run_over(arg);
    if (signals->taken)
        weft_wake_signal(weft_shutdown_wake(signals->world->shutdown));
}

/* Runs what was taken; the bit goes first, so that a failing handler does not run again. */
static int deliver(weft_signals *signals, weft_world *world)
{
    int count = 0;
    while (signals->taken) {
        const int index = __builtin_ctzll(signals->taken);
        signals->taken &= signals->taken - 1;
        weft_signal_source *source = signals->sources[index];
        const uint32_t came = __atomic_exchange_n(&signals->counts[index], 0, __ATOMIC_ACQUIRE);
        /* A signal may be counted with the one before it; and one that was on its way to a handler
         * that is gone may find the number registered to stop the world. */
        if (!source || source->stops || !came)
            continue;
        const weft_signal_event event = { source->id, index + 1, came };
        source->running++;
        weft_deliver(world, &source->handler.base, &event, run_over, run_failed, source);
        count++;
    }
    return count;
}

int weft_signals_poll(weft_signals *signals, weft_world *world)
{
    if (world != signals->world)
        return weft_report(world, WEFT_EWORLD, "the signals polled belong to another world");
    int count = signals->taken ? deliver(signals, world) : 0;
    if (__atomic_load_n(&signals->pending, __ATOMIC_RELAXED)) {
        signals->taken = __atomic_exchange_n(&signals->pending, 0, __ATOMIC_ACQUIRE);
        count += deliver(signals, world);
    }
    return count;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void signals_fini(weft_signals *signals)
{
    signals->ending = true;
    for (int i = 0; i < WEFT_SIGNALS_MAX; i++)
        if (signals->sources[i])
            end(signals->sources[i]);
}

WEFT_RESOURCE_DEFINE(weft_signals, FINI(signals_fini));

weft_signals *weft_signals_install(weft_builder *builder, const weft_signals_desc *desc)
{
    const weft_world *world = weft_builder_world(builder);
    if (WEFT_REGISTER_DEFAULT(builder, weft_signals))
        return NULL;
    weft_signals *signals = WEFT_GET(world, weft_signals);
    signals->world = world;
    signals->keep_ignored = desc && desc->keep_ignored;
    return signals;
}

bool weft_signals_check(const weft_signals *signals, const char **why_out)
{
    const char *why = NULL;
    for (int i = 0; i < WEFT_SIGNALS_MAX && !why; i++) {
        const weft_signal_source *source = signals->sources[i];
        const weft_signals *owner = __atomic_load_n(&cells[i].owner, __ATOMIC_SEQ_CST);
        if ((source != NULL) != (owner == signals))
            why = "a signal is owned without a source, or the other way round";
        else if (!source && signals->counts[i])
            why = "a signal without a source is counted";
        else if (source && (source->removed || source->id.signo != i + 1 ||
                            source->id.serial > signals->serial || source->signals != signals))
            why = "a source is not where its id says";
        else if ((source && source->stops) != ((signals->stops & bit_of(i + 1)) != 0))
            why = "a signal stops the world, or does not, against its registration";
    }
    if (why)
        *why_out = why;
    return !why;
}
