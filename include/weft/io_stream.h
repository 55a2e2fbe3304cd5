/* Streams: handlers that get what was accepted and received, instead of being told to fetch it.
 *
 *     static void on_received(weft_io *io, const weft_io_received *event)
 *     {
 *         if (event->status == WEFT_OK)
 *             take(event->bytes, event->len_bytes);
 *         else {                                           // the end, or an error: once
 *             weft_io_remove(io, event->id);
 *             close(event->fd);
 *         }
 *     }
 *     WEFT_FN(on_received, MUT(weft_io), REF(weft_io_received));
 *
 *     static void on_accepted(weft_io *io, weft_world *world, weft_io_accepted event)
 *     {
 *         struct on_received received;
 *         if (event.status != WEFT_OK)
 *             return;                                      // event.fd is -1
 *         if (on_received_init(&received, world) ||
 *             weft_io_receive(io, event.fd, &received.base, NULL))
 *             close(event.fd);
 *     }
 *     WEFT_FN(on_accepted, MUT(weft_io), WORLD, IN(weft_io_accepted));
 *
 *     struct on_accepted accepted;
 *     if (on_accepted_init(&accepted, world) ||
 *         weft_io_accept(io, listener_fd, &accepted.base, NULL)) return 1;
 *
 * With io_uring the kernel accepts and receives by itself, into a pool of buffers that the poller
 * owns, and one system call collects the work of many descriptors. The other backends do the same
 * by readiness, so that a program sees no difference.
 *
 * A stream is a source (io.h): it has an id, counts in weft_io_len, is removed by weft_io_remove,
 * and a descriptor has one source. weft_io_set pauses it (without WEFT_READABLE) and lets it go on
 * (with it). What had come before the pause is kept, and delivered first when the stream goes on;
 * what had come before a removal is dropped: bytes are forgotten, accepted clients closed. Remove a
 * stream before closing its descriptor: until then the kernel may hold the connection open.
 *
 * What this does not do: send; receive datagrams or from anything but sockets; know messages.
 * All [loop] [in handler].
 */
#ifndef WEFT_IO_STREAM_H
#define WEFT_IO_STREAM_H

#include <weft/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the handler of weft_io_accept gets. */
typedef struct weft_io_accepted {
    weft_io_id id; /* of the listener's stream */
    int fd;        /* the client, non-blocking and close-on-exec, the handler's to close; or -1 */
    weft_status status;
} weft_io_accepted;

/* Accepts whoever connects to a listening descriptor, and runs a copy of `handler`, which takes
 * IN(weft_io_accepted), with each client. Clients that gave up while they waited are skipped.
 * status is WEFT_OK, or
 *     WEFT_ELIMIT   no descriptor was left; one client has been sent away, as by weft_accept
 *                   (net.h), for which a descriptor is held in reserve: log it, and go on
 *     WEFT_ENOMEM   the kernel has no memory; it will be tried again
 *     WEFT_ESYSTEM  accepting has failed for good, errno says why: no more events come
 * `id_out` may be NULL. Fails as weft_io_add does, and with WEFT_EINVAL for what does not listen,
 * WEFT_ELIMIT if there is no descriptor to hold in reserve. */
WEFT_API WEFT_CHECKED weft_status weft_io_accept(weft_io *io, int listener_fd,
                                                 const weft_handler *handler, weft_io_id *id_out);

/* What the handler of weft_io_receive gets. */
typedef struct weft_io_received {
    weft_io_id id;
    int fd;
    uint32_t ready; /* WEFT_READABLE: bytes or a status; WEFT_WRITABLE, alone: asked for by
                       weft_io_set, writing takes bytes or fails */
    weft_status status;
    const void *bytes; /* the poller's, until the handler returns or fails */
    size_t len_bytes;  /* > 0 if ready is WEFT_READABLE and status WEFT_OK, else 0 */
} weft_io_received;

/* Receives from a connected stream socket, and runs a copy of `handler`, which takes
 * REF(weft_io_received) or IN(weft_io_received), with each piece: in order, nothing twice, up to
 * weft_io_desc.receive_bytes at once. Writing is done as ever (weft_write), also after the end.
 * status is WEFT_OK, or, once and as the last,
 *     WEFT_ECLOSED  the peer has ended its direction (errno is 0) or the connection is gone
 *     WEFT_ENOMEM   there was no memory to keep what came before a pause: bytes are lost
 *     WEFT_ESYSTEM  anything else; errno says what
 * To begin paused, set it to 0 at once. The first stream of a poller allocates its pool of buffers
 * (weft_io_desc). Fails as weft_io_add does, and with WEFT_EINVAL for what is no stream socket. */
WEFT_API WEFT_CHECKED weft_status weft_io_receive(weft_io *io, int fd, const weft_handler *handler,
                                                  weft_io_id *id_out);

#ifdef __cplusplus
}
#endif
#endif
