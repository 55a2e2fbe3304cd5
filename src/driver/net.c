/* Making and connecting descriptors. Reading and writing them is in net_io.c, accepting clients in
 * net_accept.c.
 */
#define _GNU_SOURCE
#include <weft/net.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/system.h"
#include "net_status.h"

#if defined(__has_include)
#if __has_include(<sys/eventfd.h>)
#include <sys/eventfd.h>
#endif
#endif

/* Closes what a failed call leaves behind and says why it failed; errno is the call's. */
static weft_status give_up(int fd)
{
    const int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return weft_net_status(saved_errno);
}

static int socket_like(const weft_address *address, int type)
{
    return weft_system_socket(address->storage.ss_family, type);
}

static const struct sockaddr *sockaddr_of(const weft_address *address)
{
    return (const struct sockaddr *)&address->storage;
}

/* ---- listening ------------------------------------------------------------------------------- */

static int set_flag(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on);
}

static weft_status bind_socket(int fd, const weft_address *address)
{
    /* An IPv6 listener that also took IPv4 would collide with the IPv4 listener beside it. */
    if (address->storage.ss_family == AF_INET6 && set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY))
        return WEFT_ESYSTEM;
    return bind(fd, sockaddr_of(address), address->len) ? weft_net_status(errno) : WEFT_OK;
}

static weft_status listen_at(const weft_address *address, bool reuse, int backlog, int *fd_out)
{
    if (backlog < 0)
        return weft_net_invalid();
    const int fd = socket_like(address, SOCK_STREAM);
    if (fd < 0)
        return weft_net_status(errno);
    if ((reuse && set_flag(fd, SOL_SOCKET, SO_REUSEADDR)) || bind_socket(fd, address) ||
        listen(fd, backlog ? backlog : SOMAXCONN))
        return give_up(fd);
    *fd_out = fd;
    return WEFT_OK;
}

weft_status weft_tcp_listen(const char *host, uint16_t port, int backlog, int *fd_out)
{
    weft_address address;
    const weft_status status = weft_address_parse(host, port, &address);
    return status ? status : listen_at(&address, true, backlog, fd_out);
}

static weft_status unix_address(const char *path, weft_address *address_out)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&address_out->storage;
    const size_t len = path ? strlen(path) : 0;
    if (len == 0 || len >= sizeof at->sun_path)
        return weft_net_invalid();
    *address_out = (weft_address){ .len = (socklen_t)sizeof *at };
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path, path, len);
    return WEFT_OK;
}

weft_status weft_unix_listen(const char *path, int backlog, int *fd_out)
{
    weft_address address;
    const weft_status status = unix_address(path, &address);
    return status ? status : listen_at(&address, false, backlog, fd_out);
}

weft_status weft_udp_bind(const char *host, uint16_t port, int *fd_out)
{
    weft_address address;
    const weft_status status = weft_address_parse(host, port, &address);
    if (status)
        return status;
    const int fd = socket_like(&address, SOCK_DGRAM);
    if (fd < 0)
        return weft_net_status(errno);
    if (bind_socket(fd, &address))
        return give_up(fd);
    *fd_out = fd;
    return WEFT_OK;
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* An interrupted connect goes on by itself, as one that is under way does. */
static weft_status connect_to(const weft_address *address, int *fd_out)
{
    const int fd = socket_like(address, SOCK_STREAM);
    if (fd < 0)
        return weft_net_status(errno);
    if (connect(fd, sockaddr_of(address), address->len) && errno != EINPROGRESS && errno != EINTR)
        return give_up(fd);
    *fd_out = fd;
    return WEFT_OK;
}

weft_status weft_tcp_connect(const char *host, uint16_t port, int *fd_out)
{
    weft_address address;
    const weft_status status = weft_address_parse(host, port, &address);
    return status ? status : connect_to(&address, fd_out);
}

weft_status weft_unix_connect(const char *path, int *fd_out)
{
    weft_address address;
    const weft_status status = unix_address(path, &address);
    return status ? status : connect_to(&address, fd_out);
}

weft_status weft_connect_result(int fd)
{
    struct pollfd decided = { .fd = fd, .events = POLLOUT };
    int n;
    while ((n = poll(&decided, 1, 0)) < 0 && errno == EINTR)
        continue;
    if (n < 0)
        return weft_net_status(errno);
    if (n == 0)
        return WEFT_EAGAIN;
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
        return weft_net_status(errno);
    weft_address peer;
    if (!error && !weft_peer_address(fd, &peer))
        return WEFT_OK;
    if (error)
        errno = error;
    return weft_net_status(errno);
}

/* ---- other descriptors ----------------------------------------------------------------------- */

weft_status weft_pipe(int *read_fd_out, int *write_fd_out)
{
    int ends[2];
    if (weft_system_pipe(ends))
        return weft_net_status(errno);
    *read_fd_out = ends[0];
    *write_fd_out = ends[1];
    return WEFT_OK;
}

weft_status weft_eventfd(int *fd_out)
{
#if defined(EFD_NONBLOCK)
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        return weft_net_status(errno);
    *fd_out = fd;
    return WEFT_OK;
#else
    (void)fd_out;
    errno = ENOSYS;
    return weft_net_status(ENOSYS);
#endif
}

weft_status weft_socketpair(int *a_fd_out, int *b_fd_out)
{
    int ends[2];
    if (weft_system_socketpair(ends))
        return weft_net_status(errno);
    *a_fd_out = ends[0];
    *b_fd_out = ends[1];
    return WEFT_OK;
}

weft_status weft_set_nodelay(int fd)
{
    return set_flag(fd, IPPROTO_TCP, TCP_NODELAY) ? weft_net_status(errno) : WEFT_OK;
}
