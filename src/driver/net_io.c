/* Reading and writing. */
#define _GNU_SOURCE
#include <weft/net.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/system.h"
#include "net_status.h"

enum { MAX_PARTS = 1024 }; /* what the kernel takes at once */

weft_status weft_read_otherwise(int fd, void *buffer, size_t cap_bytes, size_t *got_out,
                                ssize_t got)
{
    if (!cap_bytes)
        return weft_net_invalid();
    while (got < 0 && errno == EINTR)
        got = recv(fd, buffer, cap_bytes, 0);
    if (got < 0 && errno == ENOTSOCK)
        while ((got = read(fd, buffer, cap_bytes)) < 0 && errno == EINTR)
            continue;
    if (got < 0)
        return weft_net_status(errno);
    if (got == 0) {
        errno = 0;
        return WEFT_ECLOSED;
    }
    *got_out = (size_t)got;
    return WEFT_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool sigpipe_is_pending(void)
{
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

/* Takes the signal that this thread has caused and holds back. */
static void take(const sigset_t *sigpipe)
{
#if defined(WEFT_PORTABLE)
    int signo;
    if (sigpipe_is_pending())
        sigwait(sigpipe, &signo);
#else
    while (sigtimedwait(sigpipe, NULL, &(struct timespec){ 0 }) < 0 && errno == EINTR)
        continue;
#endif
}

/* writev to what is no socket, without SIGPIPE: the signal goes to the thread that writes, which
 * holds it back and takes it away again, unless it was there before. */
static ssize_t write_without_sigpipe(int fd, const struct iovec *parts, int part_count)
{
#if defined(F_SETNOSIGPIPE)
    fcntl(fd, F_SETNOSIGPIPE, 1); /* there the signal may go to any thread of the process */
#endif
    sigset_t sigpipe, before;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    const bool pending_before = sigpipe_is_pending();
    ssize_t put;
    while ((put = writev(fd, parts, part_count)) < 0 && errno == EINTR)
        continue;
    const int saved_errno = errno;
    if (put < 0 && saved_errno == EPIPE && !pending_before)
        take(&sigpipe);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved_errno;
    return put;
}

static weft_status put_or_why(ssize_t put, size_t *put_out)
{
    if (put < 0)
        return weft_net_status(errno);
    *put_out = (size_t)put;
    return WEFT_OK;
}

weft_status weft_writev(int fd, const struct iovec *parts, size_t part_count, size_t *put_out)
{
    const size_t count = part_count < MAX_PARTS ? part_count : MAX_PARTS;
    const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts,
                                    .msg_iovlen =
                                        (__typeof__(((struct msghdr *)0)->msg_iovlen))count };
    ssize_t put;
    while ((put = sendmsg(fd, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        continue;
    if (put < 0 && errno == ENOTSOCK)
        put = write_without_sigpipe(fd, parts, (int)count);
    return put_or_why(put, put_out);
}

weft_status weft_write_otherwise(int fd, const void *bytes, size_t len_bytes, size_t *put_out)
{
    ssize_t put = -1;
    while (put < 0 && errno == EINTR)
        put = send(fd, bytes, len_bytes, MSG_NOSIGNAL);
    if (put < 0 && errno == ENOTSOCK) {
        const struct iovec part = { (void *)(uintptr_t)bytes, len_bytes };
        put = write_without_sigpipe(fd, &part, 1);
    }
    return put_or_why(put, put_out);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

weft_status weft_recvfrom(int fd, void *buffer, size_t cap_bytes, size_t *got_out,
                          weft_address *from_out)
{
    weft_address from = { .len = 0 };
    struct iovec part = { buffer, cap_bytes };
    struct msghdr message = { .msg_name = &from.storage,
                              .msg_namelen = sizeof from.storage,
                              .msg_iov = &part,
                              .msg_iovlen = 1 };
    ssize_t got;
    while ((got = recvmsg(fd, &message, 0)) < 0 && errno == EINTR)
        continue;
    if (got < 0)
        return weft_net_status(errno);
    if (message.msg_flags & MSG_TRUNC) {
        errno = EMSGSIZE;
        return WEFT_ETOOBIG;
    }
    *got_out = (size_t)got;
    from.len = message.msg_namelen;
    if (from_out)
        *from_out = from;
    return WEFT_OK;
}

weft_status weft_sendto(int fd, const void *bytes, size_t len_bytes, const weft_address *to)
{
    ssize_t put;
    while ((put = sendto(fd, bytes, len_bytes, MSG_NOSIGNAL,
                         to ? (const struct sockaddr *)&to->storage : NULL, to ? to->len : 0)) <
               0 &&
           errno == EINTR)
        continue;
    return put < 0 ? weft_net_status(errno) : WEFT_OK;
}
