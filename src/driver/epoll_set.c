#define _GNU_SOURCE
#include "epoll_set.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- life ------------------------------------------------------------------------------------ */

static void free_events(weft_epoll_set *set, const weft_io *io)
{
    weft_free(weft_world_allocator(io->world), set->events, set->cap * sizeof *set->events,
              _Alignof(struct epoll_event));
}

static int watch_wake(const weft_epoll_set *set, const weft_io *io)
{
    int wake_fd;
    const weft_status status = weft_wake_fd(io->wake, &wake_fd);
    if (status)
        return status == WEFT_ELIMIT ? EMFILE : errno;
    /* Edge-triggered: each wake reports once, and nobody has to read it. */
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = WEFT_IO_WAKE_KEY };
    return epoll_ctl(set->fd, EPOLL_CTL_ADD, wake_fd, &event) ? errno : 0;
}

int weft_epoll_open(weft_epoll_set *set, const weft_io *io)
{
    const uint32_t cap = io->batch_cap;
    *set = (weft_epoll_set){ .fd = -1, .cap = cap };
    set->events = weft_alloc(weft_world_allocator(io->world), cap * sizeof *set->events,
                             _Alignof(struct epoll_event));
    int error = set->events ? 0 : ENOMEM;
    if (!error && (set->fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        error = errno;
    if (!error)
        error = watch_wake(set, io);
    if (error)
        weft_epoll_close(set, io);
    return error;
}

void weft_epoll_close(weft_epoll_set *set, const weft_io *io)
{
    if (set->fd >= 0)
        close(set->fd);
    free_events(set, io);
    *set = (weft_epoll_set){ .fd = -1 };
}

/* ---- what is watched ------------------------------------------------------------------------- */

/* The kernel reports hang-ups and errors of everything in the set, asked for or not. A paused
 * source stays in the set, so that its number cannot be added twice, but reports at most one of
 * them, edge-triggered and one-shot, which is dropped. */
static uint32_t kernel_events(uint32_t interest)
{
    if (!interest)
        return EPOLLET | EPOLLONESHOT;
    return (interest & WEFT_READABLE ? (uint32_t)EPOLLIN : 0) |
           (interest & WEFT_WRITABLE ? (uint32_t)EPOLLOUT : 0) |
           (interest & WEFT_ONESHOT ? (uint32_t)EPOLLONESHOT : 0);
}

static int control(const weft_epoll_set *set, int operation, int fd, uint32_t interest,
                   uint64_t key)
{
    struct epoll_event event = { .events = kernel_events(interest), .data.u64 = key };
    return epoll_ctl(set->fd, operation, fd, &event) ? errno : 0;
}

int weft_epoll_add(const weft_epoll_set *set, int fd, uint32_t interest, uint64_t key)
{
    return control(set, EPOLL_CTL_ADD, fd, interest, key);
}

int weft_epoll_modify(const weft_epoll_set *set, int fd, uint32_t interest, uint64_t key)
{
    return control(set, EPOLL_CTL_MOD, fd, interest, key);
}

void weft_epoll_remove(const weft_epoll_set *set, int fd)
{
    const int saved_errno = errno;
    epoll_ctl(set->fd, EPOLL_CTL_DEL, fd, NULL); /* it may be closed: no matter */
    errno = saved_errno;
}

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
#define UNDER_TSAN 1
#elif defined(__has_feature)
#define UNDER_TSAN __has_feature(thread_sanitizer)
#else
#define UNDER_TSAN 0
#endif

/* Built with WEFT_PORTABLE, what any Linux has must do. */
#if defined(WEFT_PORTABLE)
#define PLAIN_CALLS 1
#else
#define PLAIN_CALLS UNDER_TSAN
#endif

/* epoll_wait that does not wait: a count or a negative errno value. After a system call the
 * processor mispredicts each return that is left to do, as the kernel has emptied its return
 * stack; so the call is made here, not two functions further down. */
static inline int wait_now(const weft_epoll_set *set, uint32_t cap)
{
#if defined(__x86_64__) && defined(__LP64__) && !PLAIN_CALLS
    long result = 232; /* epoll_wait */
    register long no_timeout __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)set->fd), "S"(set->events), "d"((long)cap), "r"(no_timeout)
                     : "rcx", "r11", "memory");
    return (int)result;
#else
    const int n = epoll_wait(set->fd, set->events, (int)cap, 0);
    return n < 0 ? -errno : n;
#endif
}

/* epoll_wait, as exact as the kernel can: a count or a negative errno value. */
static int wait_for(const weft_epoll_set *set, weft_io *io, int64_t timeout_ns)
{
    const int cap = (int)set->cap;
    if (!PLAIN_CALLS && !io->coarse_timeout) {
        const struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / ns_per_second),
                                          .tv_nsec = (long)(timeout_ns % ns_per_second) };
        const int n =
            epoll_pwait2(set->fd, set->events, cap, timeout_ns < 0 ? NULL : &timeout, NULL);
        /* Linux before 5.11 does not know it, and sandboxes that do not know it say EPERM. */
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n < 0 ? -errno : n;
        io->coarse_timeout = true;
    }
    const int n = epoll_wait(set->fd, set->events, cap, milliseconds(timeout_ns));
    return n < 0 ? -errno : n;
}

static uint32_t ready_of(uint32_t events)
{
    return (events & EPOLLIN ? WEFT_READABLE : 0) | (events & EPOLLOUT ? WEFT_WRITABLE : 0) |
           (events & EPOLLHUP ? WEFT_HANGUP : 0) | (events & EPOLLERR ? WEFT_IO_ERROR : 0);
}

static void translate(const weft_epoll_set *set, weft_io_ready *batch, int n)
{
    for (int i = 0; i < n; i++)
        batch[i] = (weft_io_ready){ .key = set->events[i].data.u64,
                                    .ready = ready_of(set->events[i].events) };
}

static int found(const weft_epoll_set *set, weft_io *io, int n)
{
    if (n < 0)
        return weft_poller_failed(io, -n);
    translate(set, io->batch, n);
    return weft_poller_found(io, n);
}

int weft_epoll_look_too(weft_epoll_set *set, weft_io *io)
{
    const int n = wait_now(set, io->batch_cap - io->batch_len);
    if (n > 0) {
        translate(set, io->batch + io->batch_len, n);
        io->batch_len += (uint32_t)n;
    }
    return n;
}

int weft_epoll_look(weft_epoll_set *set, weft_io *io)
{
    const int n = wait_now(set, set->cap);
    return n == 0 ? weft_poller_found(io, 0) : found(set, io, n);
}

int weft_epoll_sleep(weft_epoll_set *set, weft_io *io, int64_t timeout_ns)
{
    const bool may_block = weft_wake_sleep(io->wake);
    const int n = may_block ? wait_for(set, io, timeout_ns) : wait_now(set, set->cap);
    weft_wake_rouse(io->wake);
    return found(set, io, n);
}
