/* What systems do differently, in one place: descriptors that are born non-blocking and
 * close-on-exec, and sockets that raise no SIGPIPE.
 *
 * Linux does each in one call. Where the system is another one, and with -DWEFT_PORTABLE=ON, the
 * build defines WEFT_PORTABLE and takes what every POSIX system has: so those paths run under the
 * same tests on Linux. Between their calls a program that another thread starts may inherit the
 * descriptor.
 *
 * Without WEFT_PORTABLE it needs _GNU_SOURCE before the first system header.
 */
#ifndef WEFT_BASE_SYSTEM_H
#define WEFT_BASE_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 /* the descriptor itself is told */
#endif

/* Each returns -1 with errno on failure and leaves nothing open. */

#if defined(WEFT_PORTABLE)

/* Makes fd non-blocking, close-on-exec, and silent where descriptors are told so. Closes it on
 * failure. Returns fd or -1. */
static inline int weft_system_own(int fd)
{
    if (fd < 0)
        return -1;
    const int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) {
#if defined(F_SETNOSIGPIPE)
        fcntl(fd, F_SETNOSIGPIPE, 1); /* of a socket that has lost its peer: no matter */
#endif
        return fd;
    }
    const int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

static inline int weft_system_own_both(int ends[2])
{
    if (weft_system_own(ends[0]) < 0) {
        const int saved_errno = errno;
        close(ends[1]);
        errno = saved_errno;
        return -1;
    }
    if (weft_system_own(ends[1]) < 0) {
        const int saved_errno = errno;
        close(ends[0]);
        errno = saved_errno;
        return -1;
    }
    return 0;
}

static inline int weft_system_pipe(int ends[2])
{
    return pipe(ends) ? -1 : weft_system_own_both(ends);
}

static inline int weft_system_socket(int family, int type)
{
    return weft_system_own(socket(family, type, 0));
}

static inline int weft_system_socketpair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ? -1 : weft_system_own_both(ends);
}

static inline int weft_system_accept(int listener_fd)
{
    return weft_system_own(accept(listener_fd, NULL, NULL));
}

#else

static inline int weft_system_pipe(int ends[2])
{
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
}

static inline int weft_system_socket(int family, int type)
{
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static inline int weft_system_socketpair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
}

static inline int weft_system_accept(int listener_fd)
{
    return accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

#endif

#endif
