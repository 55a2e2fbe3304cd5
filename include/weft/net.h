/* Net: non-blocking descriptors to poll, thin over the sockets API.
 *
 *     weft_listener listener;
 *     int fd;
 *     if (weft_tcp_listen("127.0.0.1", 0, 0, &fd) || weft_listener_init(&listener, fd)) return 1;
 *     uint16_t port = weft_local_port(fd);
 *
 *     int client;                                        // in the handler of listener.fd
 *     weft_status status = weft_accept(&listener, &client);
 *     if (status == WEFT_OK)
 *         add_client(client);
 *
 * Every descriptor made here is non-blocking and close-on-exec, and is the caller's to close.
 * Interrupted calls are repeated, never reported. No call raises SIGPIPE. There is no state behind
 * the descriptors, except in weft_listener.
 *
 * Where nothing else is said, a call fails with
 *     WEFT_EAGAIN   it would have to wait: poll (io.h), then call again
 *     WEFT_ELIMIT   the limit of open files is reached
 *     WEFT_ENOMEM   the kernel has no memory
 *     WEFT_EINVAL   an argument is out of its range, or an address is no address
 *     WEFT_ESYSTEM  anything else; errno says what
 * and leaves its outputs untouched. NULL is accepted where a comment says so. All [any thread].
 *
 * What this does not do: resolve names (numeric addresses only: resolving blocks), TLS, buffering.
 */
#ifndef WEFT_NET_H
#define WEFT_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses ------------------------------------------------------------------------------ */

/* An address of any family, by value. */
typedef struct weft_address {
    struct sockaddr_storage storage;
    socklen_t len;
} weft_address;

#define WEFT_ADDRESS_TEXT_BYTES 128 /* room for every weft_address_format */

/* Reads a numeric IPv4 or IPv6 address: "127.0.0.1", "::1", "fe80::1%eth0". Pure, but for the name
 * of the interface. WEFT_EINVAL if it is none; a NULL host is none. */
WEFT_API WEFT_CHECKED weft_status weft_address_parse(const char *host, uint16_t port,
                                                     weft_address *address_out);

/* Writes it as text, "127.0.0.1:80", "[::1]:80", "unix:/run/x", cut at cap_bytes (> 0), always
 * terminated. Returns text. */
WEFT_API char *weft_address_format(const weft_address *address, char *text, size_t cap_bytes);

/* The address of this end, of the other end; WEFT_ESYSTEM if there is none (yet). */
WEFT_API WEFT_CHECKED weft_status weft_local_address(int fd, weft_address *address_out);
WEFT_API WEFT_CHECKED weft_status weft_peer_address(int fd, weft_address *address_out);

/* The port of this end, which the system chose if 0 was asked for; 0 if it has none. */
WEFT_API uint16_t weft_local_port(int fd);

/* ---- descriptors ---------------------------------------------------------------------------- */

/* A TCP listener. Port 0: any free one. Backlog 0: as long as the system allows. "0.0.0.0" and "::"
 * are all addresses of their family; "::" leaves IPv4 alone. The port can be bound again at once
 * after a restart. WEFT_EEXISTS if the address is in use. */
WEFT_API WEFT_CHECKED weft_status weft_tcp_listen(const char *host, uint16_t port, int backlog,
                                                  int *fd_out);

/* A listener at a path of the file system, up to 107 bytes. WEFT_EEXISTS if there is anything at
 * that path; unlinking it, before and after, is the caller's. */
WEFT_API WEFT_CHECKED weft_status weft_unix_listen(const char *path, int backlog, int *fd_out);

/* Begins a connection. WEFT_OK also while it is under way: the descriptor turns writable when it is
 * decided, and weft_connect_result says how. */
WEFT_API WEFT_CHECKED weft_status weft_tcp_connect(const char *host, uint16_t port, int *fd_out);

/* Connects at once, or fails: WEFT_EAGAIN if the listener's backlog is full, WEFT_ECLOSED if nobody
 * listens. */
WEFT_API WEFT_CHECKED weft_status weft_unix_connect(const char *path, int *fd_out);

/* WEFT_OK if it is connected, WEFT_EAGAIN while that is undecided, WEFT_ECLOSED if it was refused,
 * WEFT_ESYSTEM otherwise; errno says why. Ask until it is decided, then no more. */
WEFT_API WEFT_CHECKED weft_status weft_connect_result(int fd);

/* A bound UDP socket. Port 0: any free one. WEFT_EEXISTS if the address is in use. */
WEFT_API WEFT_CHECKED weft_status weft_udp_bind(const char *host, uint16_t port, int *fd_out);

/* A pipe, an event counter that starts at 0, and two connected stream sockets. Where the system has
 * no eventfd(2), there are no event counters: WEFT_ESYSTEM, errno ENOSYS. */
WEFT_API WEFT_CHECKED weft_status weft_pipe(int *read_fd_out, int *write_fd_out);
WEFT_API WEFT_CHECKED weft_status weft_eventfd(int *fd_out);
WEFT_API WEFT_CHECKED weft_status weft_socketpair(int *a_fd_out, int *b_fd_out);

/* Sends small writes at once instead of gathering them (TCP_NODELAY). */
WEFT_API weft_status weft_set_nodelay(int fd);

/* ---- accepting ------------------------------------------------------------------------------ */

/* A listening descriptor, and one in reserve to get rid of clients with when there are no others
 * left: a client that cannot be accepted would keep the listener readable, and the loop busy. */
typedef struct weft_listener {
    int fd;
    int spare_fd; /* private */
} weft_listener;

/* Takes over a listening descriptor, which may be number 0. On failure (WEFT_EINVAL for a negative
 * one, WEFT_ELIMIT, WEFT_ESYSTEM) it is still the caller's. */
WEFT_API WEFT_CHECKED weft_status weft_listener_init(weft_listener *listener, int fd);

/* Closes both, also if one of them is number 0. Again does nothing, nor do NULL and a zeroed
 * listener, which has none: both numbers cannot be 0. */
WEFT_API void weft_listener_fini(weft_listener *listener);

/* The next client. Clients that gave up while they waited are skipped. WEFT_EAGAIN if nobody waits.
 * WEFT_ELIMIT if somebody does and no descriptor is left: one client has been sent away, so that
 * the listener does not stay readable for its sake; log it, and go on. (If another thread took the
 * one in reserve too, nobody has been sent away.) One thread at a time. */
WEFT_API WEFT_CHECKED weft_status weft_accept(weft_listener *listener, int *fd_out);

/* ---- reading and writing -------------------------------------------------------------------- */

/* Reads up to cap_bytes (> 0). *got_out > 0 on success. WEFT_ECLOSED at the end: errno is 0 if the
 * other side closed in good order, else why the connection broke (ECONNRESET, ETIMEDOUT). For
 * sockets one system call, for anything else two. */
static inline WEFT_CHECKED weft_status weft_read(int fd, void *buffer, size_t cap_bytes,
                                                 size_t *got_out);

/* Writes what fits now; *put_out may be less than len_bytes. WEFT_ECLOSED if nobody will read it,
 * errno says why (EPIPE, ECONNRESET). For sockets one system call; pipes and terminals need four
 * more, to hold SIGPIPE back. */
static inline WEFT_CHECKED weft_status weft_write(int fd, const void *bytes, size_t len_bytes,
                                                  size_t *put_out);

/* The same from several buffers, of which the first 1024 count. */
WEFT_API WEFT_CHECKED weft_status weft_writev(int fd, const struct iovec *parts, size_t part_count,
                                              size_t *put_out);

/* One datagram, which may be empty; *from_out, if not NULL, is its sender. WEFT_ETOOBIG if it is
 * longer than cap_bytes: it is gone then, and the buffer holds its beginning. From a stream it
 * reads what has come, 0 bytes at the end, and the sender is left empty (len 0) where the kernel
 * names none. */
WEFT_API WEFT_CHECKED weft_status weft_recvfrom(int fd, void *buffer, size_t cap_bytes,
                                                size_t *got_out, weft_address *from_out);

/* Sends one datagram, whole or not at all; `to` may be NULL on a connected socket. WEFT_ETOOBIG if
 * it is longer than the protocol allows; WEFT_ECLOSED if a connected peer refused an earlier one.
 */
WEFT_API WEFT_CHECKED weft_status weft_sendto(int fd, const void *bytes, size_t len_bytes,
                                              const weft_address *to);

/* ---- inline bodies --------------------------------------------------------------------------
 *
 * What a busy server does for each message. After a system call each return to a caller further up
 * is mispredicted, so there is none between the C library's and the handler's. A socket is read by
 * recv, as its read goes the longer way through the kernel's file layer. */

/* Private: what is left to do when a message was not read, or not written, just like that. */
WEFT_API WEFT_CHECKED weft_status weft_read_otherwise(int fd, void *buffer, size_t cap_bytes,
                                                      size_t *got_out, ssize_t got);
WEFT_API WEFT_CHECKED weft_status weft_write_otherwise(int fd, const void *bytes, size_t len_bytes,
                                                       size_t *put_out);

static inline weft_status weft_read(int fd, void *buffer, size_t cap_bytes, size_t *got_out)
{
    const ssize_t got = recv(fd, buffer, cap_bytes, 0);
    if (got <= 0)
        return weft_read_otherwise(fd, buffer, cap_bytes, got_out, got);
    *got_out = (size_t)got;
    return WEFT_OK;
}

static inline weft_status weft_write(int fd, const void *bytes, size_t len_bytes, size_t *put_out)
{
    const ssize_t put = send(fd, bytes, len_bytes, MSG_NOSIGNAL);
    if (put < 0)
        return weft_write_otherwise(fd, bytes, len_bytes, put_out);
    *put_out = (size_t)put;
    return WEFT_OK;
}

#ifdef __cplusplus
}
#endif
#endif
