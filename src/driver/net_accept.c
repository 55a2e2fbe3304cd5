/* Accepting, also when there is no descriptor left to accept with.
 *
 * A client in the backlog keeps the listener readable. Without a free descriptor it cannot be
 * accepted, and a loop would turn for ever around the listener. So one descriptor is held in
 * reserve: it is closed, the client is accepted in its place and closed too, and the reserve is
 * opened again.
 */
#define _GNU_SOURCE
#include <weft/net.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system.h"
#include "net_status.h"

/* Clients that gave up, skipped in one call; if there are more, the next poll comes back. */
enum { MAX_SKIPPED = 256 };

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

weft_status weft_listener_init(weft_listener *listener, int fd)
{
    if (fd < 0)
        return weft_net_invalid();
    const int spare_fd = open_spare();
    if (spare_fd < 0)
        return weft_net_status(errno);
    *listener = (weft_listener){ .fd = fd, .spare_fd = spare_fd };
    return WEFT_OK;
}

/* Either descriptor may be number 0, but not both. */
static bool is_zeroed(const weft_listener *listener)
{
    return listener->fd == 0 && listener->spare_fd == 0;
}

void weft_listener_fini(weft_listener *listener)
{
    if (!listener || is_zeroed(listener))
        return;
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->spare_fd >= 0)
        close(listener->spare_fd);
    *listener = (weft_listener){ .fd = -1, .spare_fd = -1 };
}

/* What accept says of a client that is gone already, or that a firewall keeps out (accept(2)). */
static bool is_clients_fault(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
#if defined(ENONET)
    case ENONET:
#endif
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT: return true;
    default: return false;
    }
}

/* A descriptor, or -1 with errno. */
static int accept_next(int listener_fd)
{
    for (int skipped = 0; skipped < MAX_SKIPPED; skipped++) {
        const int fd = weft_system_accept(listener_fd);
        if (fd >= 0 || !is_clients_fault(errno))
            return fd;
    }
    errno = EAGAIN;
    return -1;
}

/* Accepts and closes one client with the spare descriptor. False, with errno, if that failed too.
 */
static bool send_one_away(weft_listener *listener)
{
    if (listener->spare_fd >= 0)
        close(listener->spare_fd);
    const int fd = accept_next(listener->fd);
    const int saved_errno = errno;
    if (fd >= 0)
        close(fd);
    listener->spare_fd = open_spare();
    errno = saved_errno;
    return fd >= 0;
}

weft_status weft_accept(weft_listener *listener, int *fd_out)
{
    const int fd = accept_next(listener->fd);
    if (fd >= 0) {
        if (listener->spare_fd < 0)
            listener->spare_fd = open_spare();
        *fd_out = fd;
        return WEFT_OK;
    }
    const int error = errno;
    /* The kernel looks for a descriptor before it looks for a client: there may be none. */
    if ((error == EMFILE || error == ENFILE) && !send_one_away(listener))
        return weft_net_status(errno);
    errno = error;
    return weft_net_status(error);
}
