/* Which poller it is: the one that was asked for, or, if this machine has none such, its own. */
#include "poller.h"

#include <errno.h>
#include <string.h>

#if defined(__linux__)
static const weft_poller_kind *const own = &weft_poller_epoll;
/* NULL here, but for tests that bring a kqueue of their own. */
#pragma weak weft_poller_kqueue
#else
static const weft_poller_kind *const own = &weft_poller_kqueue;
#endif

/* NULL: this library was built without it. */
static const weft_poller_kind *kind_of(weft_backend asked)
{
    switch (asked) {
    case WEFT_IO_DEFAULT: return own;
#if defined(__linux__)
    case WEFT_IO_EPOLL: return &weft_poller_epoll;
#endif
    case WEFT_IO_KQUEUE: return &weft_poller_kqueue;
#if defined(WEFT_HAVE_URING)
    case WEFT_IO_URING: return &weft_poller_uring;
#endif
    default: return NULL;
    }
}

static const char *const names[] = { [WEFT_IO_DEFAULT] = "the system's own poller",
                                     [WEFT_IO_EPOLL] = "epoll",
                                     [WEFT_IO_URING] = "io_uring",
                                     [WEFT_IO_KQUEUE] = "kqueue" };

const char *weft_io_backend_name(weft_backend backend)
{
    return (size_t)backend < sizeof names / sizeof *names ? names[backend] : "?";
}

weft_backend weft_io_backend(const weft_io *io)
{
    return io->kind->backend;
}

/* Why the system did not give a poller, as far as the error tells. */
static const char *reason(weft_backend asked, int error)
{
    if (asked != WEFT_IO_URING)
        return strerror(error);
    switch (error) {
    case ENOSYS: return "the kernel has none";
    case EPERM:
    case EACCES: return "a seccomp filter or the sysctl kernel.io_uring_disabled forbids it";
    case EINVAL: return "the kernel is older than 6.1 and has no deferred task work";
    case ENOMEM: return "there is no memory for its rings, or RLIMIT_MEMLOCK is reached";
    case EMFILE:
    case ENFILE: return "the limit of open files is reached";
    default: return strerror(error);
    }
}

/* Not a failure: what was asked for works, but otherwise than asked for. */
static void note_fallback(const weft_io *io, weft_backend asked, const char *why)
{
    weft_report(io->world, WEFT_OK, "%s is not available here (%s): polling with %s instead",
                weft_io_backend_name(asked), why, weft_io_backend_name(own->backend));
}

int weft_poller_open(weft_io *io, weft_backend asked)
{
    io->kind = kind_of(asked);
    if (!io->kind)
        note_fallback(io, asked, "this library was built without it");
    else {
        const int error = io->kind->open(io);
        if (!error || io->kind == own)
            return error;
        note_fallback(io, asked, reason(asked, error));
    }
    io->kind = own;
    return own->open(io);
}

int weft_poller_failed(weft_io *io, int error)
{
    if (error == EINTR)
        return weft_poller_found(io, 0);
    return weft_report(io->world, WEFT_ESYSTEM, "the poller cannot wait: %s", strerror(error));
}
