/* Waiting and delivering. What the kernel reported lies in the poller until it is delivered, and
 * the cursor moves on before a handler runs: however a handler leaves, the rest is still there.
 */
#define _GNU_SOURCE
#include <weft/io.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "deliver.h"
#include "io_source.h"

/* ---- waiting --------------------------------------------------------------------------------- */

static const int64_t ns_per_second = 1000000000, ns_per_millisecond = 1000000;

/* Rounded up: a poll that returns before the timeout would be called again and again. */
static int milliseconds(int64_t timeout_ns)
{
    if (timeout_ns < 0)
        return -1;
    const int64_t ms = timeout_ns / ns_per_millisecond + (timeout_ns % ns_per_millisecond ? 1 : 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* ThreadSanitizer holds signals back until a call that it knows, and does not know epoll_pwait2: a
 * sleep in there would not end. */
#if defined(__SANITIZE_THREAD__)
#define ONLY_EPOLL_WAIT 1
#elif defined(__has_feature)
#define ONLY_EPOLL_WAIT __has_feature(thread_sanitizer)
#else
#define ONLY_EPOLL_WAIT 0
#endif

/* epoll_wait, as exact as the kernel can. */
static int wait_for_events(weft_io *io, int64_t timeout_ns)
{
    const int cap = (int)io->batch_cap;
    if (timeout_ns == 0)
        return epoll_wait(io->epoll_fd, io->batch, cap, 0);
    if (!ONLY_EPOLL_WAIT && !io->coarse_timeout) {
        const struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / ns_per_second),
                                          .tv_nsec = (long)(timeout_ns % ns_per_second) };
        const int n =
            epoll_pwait2(io->epoll_fd, io->batch, cap, timeout_ns < 0 ? NULL : &timeout, NULL);
        /* Linux before 5.11 does not know it, and sandboxes that do not know it say EPERM. */
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        io->coarse_timeout = true;
    }
    return epoll_wait(io->epoll_fd, io->batch, cap, milliseconds(timeout_ns));
}

/* The same, as a sleep that other threads and signal handlers can end. */
static int sleep_for_events(weft_io *io, int64_t timeout_ns)
{
    const bool may_block = weft_wake_sleep(io->wake);
    const int n = wait_for_events(io, may_block ? timeout_ns : 0);
    const int saved_errno = errno;
    weft_wake_rouse(io->wake);
    errno = saved_errno;
    return n;
}

static weft_status fetch(weft_io *io, int64_t timeout_ns)
{
    /* A busy loop without sources is spared the system call; another loop must not go on seeing a
     * wake that nobody fetched. */
    if (timeout_ns == 0 && !io->len && !io->under_another_loop)
        return WEFT_OK;
    int n = timeout_ns == 0 ? wait_for_events(io, 0) : sleep_for_events(io, timeout_ns);
    if (n < 0 && errno != EINTR)
        return weft_report(io->world, WEFT_ESYSTEM, "the poller cannot wait: %s", strerror(errno));
    io->batch_next = 0;
    io->batch_len = n < 0 ? 0 : (uint32_t)n;
    io->batch_is_new = true;
    return WEFT_OK;
}

/* ---- delivering ------------------------------------------------------------------------------ */

struct run {
    weft_io *io;
    weft_io_source *source;
};

/* Its handler has returned, or was given up by weft_fail. */
static void run_over(void *arg)
{
    const struct run *run = arg;
    weft_io_source *source = run->source;
    if (--source->running == 0 && source->removed)
        weft_io_release(run->io, source);
}

static void run_source(struct run *run, weft_world *world, uint32_t ready)
{
    weft_io_source *source = run->source;
    const weft_io_event event = { .id = { source->id.index, source->id.generation },
                                  .fd = source->fd,
                                  .ready = ready };
    source->running++;
    weft_deliver(world, &source->handler.base, &event, run_over, run_over, run);
}

static uint32_t ready_of(uint32_t events, uint32_t interest)
{
    const uint32_t asked = interest & (WEFT_READABLE | WEFT_WRITABLE);
    uint32_t ready =
        (events & EPOLLIN ? WEFT_READABLE : 0) | (events & EPOLLOUT ? WEFT_WRITABLE : 0);
    ready &= asked;
    if (events & (EPOLLHUP | EPOLLERR) && asked)
        ready |=
            asked | (events & EPOLLHUP ? WEFT_HANGUP : 0) | (events & EPOLLERR ? WEFT_IO_ERROR : 0);
    return ready;
}

/* An event of a source that had ended before the kernel reported it: the source's descriptor was
 * closed first, and lives on as a duplicate, through which alone the kernel could be told. */
static void report_ghost(weft_io *io)
{
    if (io->ghost_reported)
        return;
    io->ghost_reported = true;
    weft_report(io->world, WEFT_ESTALE,
                "a descriptor was closed before its source was removed, and a duplicate of it "
                "keeps it open: the poller is woken for nobody; call weft_io_remove before close");
}

/* Delivers one event; true if a handler ran. */
static bool deliver_one(weft_io *io, weft_world *world, struct epoll_event event)
{
    if (event.data.u64 == WEFT_IO_WAKE_KEY)
        return false;
    weft_io_source *source = weft_io_find(io, weft_io_place(event.data.u64));
    if (!source) {
        if (io->batch_is_new)
            report_ghost(io);
        return false;
    }
    const uint32_t ready = ready_of(event.events, source->interest);
    if (!ready)
        return false;
    if (source->interest & WEFT_ONESHOT)
        source->interest = 0;
    run_source(&(struct run){ io, source }, world, ready);
    return true;
}

int weft_io_deliver(weft_io *io, weft_world *world)
{
    if (world != io->world)
        return weft_report(world, WEFT_EWORLD, "the poller that polls belongs to another world");
    int count = 0;
    while (io->batch_next < io->batch_len)
        count += deliver_one(io, world, io->batch[io->batch_next++]);
    return count;
}

int weft_io_wait(weft_io *io, int64_t timeout_ns)
{
    if (io->batch_next == io->batch_len) {
        const weft_status status = fetch(io, timeout_ns);
        if (status)
            return (int)status;
    }
    return (int)(io->batch_len - io->batch_next);
}

int weft_io_poll(weft_io *io, weft_world *world, int64_t timeout_ns)
{
    const int left_over = weft_io_deliver(io, world);
    if (left_over != 0)
        return left_over;
    const int ready = weft_io_wait(io, timeout_ns);
    return ready < 0 ? ready : weft_io_deliver(io, world);
}

/* ---- under another loop ---------------------------------------------------------------------- */

bool weft_io_prepare(weft_io *io)
{
    const bool may_block = weft_wake_sleep(io->wake);
    return may_block && io->batch_next == io->batch_len;
}

void weft_io_resume(weft_io *io)
{
    weft_wake_rouse(io->wake);
}
