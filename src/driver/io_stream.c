/* Streams: sources whose handlers get what was accepted or received.
 *
 * Where the poller's kind can do that by itself (`start`), its completions come in the batch. Else
 * the source is watched for reading, and accepted or received from when it is ready. Either way an
 * arrival is a number, as the system calls return it, and its bytes:
 *
 *     arrival -> paused? kept (a copy on the heap) -> delivered when the stream goes on
 *             -> else delivered at once
 *
 * An operation of the poller ends when it is stopped, when buffers run short, and whenever the
 * kernel pleases. If its stream still wants more, it is started again; while it is over, nothing is
 * received, so order is kept. When buffers run short, one piece is received in place first: each
 * stream gets on in each pass, whatever the others do.
 */
#define _GNU_SOURCE
#include <weft/io_stream.h>
#include <weft/net.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io_streams.h"
#include "net_status.h"

enum { ACCEPTS_PER_EVENT = 16 };

/* An arrival that waits until its stream goes on. */
struct weft_io_kept {
    struct weft_io_kept *next;
    int32_t result;
    uint32_t len_bytes;
    char bytes[];
};

static weft_io_id id_of(const weft_io_source *source)
{
    return (weft_io_id){ source->id.index, source->id.generation };
}

static bool goes_on(const weft_io_source *source)
{
    return !source->removed && !source->ended && source->fd >= 0 &&
           source->interest & WEFT_READABLE;
}

bool weft_io_stream_waits(const weft_io_source *source)
{
    return goes_on(source) && (source->kept || source->lost);
}

/* ---- buffers --------------------------------------------------------------------------------- */

void weft_io_give_buffer(weft_io *io, uint32_t buffer)
{
    weft_io_buffers *buffers = &io->streams->buffers;
    weft_io_buffer_give(buffers, buffer);
    if (io->kind->lend)
        io->kind->lend(io);
}

/* ---- operations ------------------------------------------------------------------------------ */

void weft_io_stream_go_on(weft_io *io, weft_io_source *source)
{
    if (!io->kind->start || source->by_readiness || source->armed || source->kept ||
        !goes_on(source))
        return;
    source->armed = !io->kind->start(io, source->op, source->fd, weft_io_key(source->id));
    if (source->armed)
        return;
    io->streams->unarmed = true;
    weft_io_doubt_ring(io);
}

/* No more arrivals. A poller of readiness would go on saying that the end can be read. */
static void end_stream(weft_io *io, weft_io_source *source)
{
    const uint32_t was = weft_io_watched(io, source, source->interest);
    source->ended = true;
    const uint32_t now = weft_io_watched(io, source, source->interest);
    if (was != now && source->fd >= 0)
        io->kind->set(io, source->fd, was, now, weft_io_key(source->id));
}

/* ---- what is kept ---------------------------------------------------------------------------- */

void weft_io_free_kept(weft_io *io, struct weft_io_kept *kept)
{
    weft_free(weft_world_allocator(io->world), kept, sizeof *kept + kept->len_bytes,
              _Alignof(struct weft_io_kept));
}

static void list_resumed(weft_io *io, weft_io_source *source)
{
    weft_io_streams *streams = io->streams;
    if (source->resumed || !weft_io_stream_waits(source))
        return;
    source->resumed = true;
    weft_io_doubt_ring(io);
    source->next_resumed = NULL;
    if (streams->last_resumed)
        streams->last_resumed->next_resumed = source;
    else
        streams->resumed = source;
    streams->last_resumed = source;
}

static void unlist_resumed(weft_io *io, weft_io_source *source)
{
    if (!source->resumed)
        return;
    weft_io_streams *streams = io->streams;
    weft_io_source **link = &streams->resumed, *before = NULL;
    while (*link != source) {
        before = *link;
        link = &before->next_resumed;
    }
    *link = source->next_resumed;
    if (streams->last_resumed == source)
        streams->last_resumed = before;
    source->resumed = false;
}

void weft_io_stream_stop(weft_io *io, weft_io_source *source, bool at_once)
{
    if (source->armed)
        io->kind->stop(io, source->op, weft_io_key(source->id), at_once);
    if (!at_once)
        return;
    source->armed = false;
    unlist_resumed(io, source); /* it may be running, and be released much later */
}

/* An arrival that nobody will hear of. */
static void drop(weft_io_op op, int32_t result)
{
    if (op == WEFT_IO_ACCEPT && result >= 0)
        close(result);
}

static void keep(weft_io *io, weft_io_source *source, int32_t result, const void *bytes)
{
    const uint32_t len = bytes ? (uint32_t)result : 0;
    struct weft_io_kept *kept = source->lost
                                    ? NULL
                                    : weft_alloc(weft_world_allocator(io->world),
                                                 sizeof *kept + len, _Alignof(struct weft_io_kept));
    if (!kept) {
        source->lost = true;
        drop(source->op, result);
        return;
    }
    *kept = (struct weft_io_kept){ .result = result, .len_bytes = len };
    if (len)
        memcpy(kept->bytes, bytes, len);
    if (source->kept)
        source->kept_last->next = kept;
    else
        source->kept = kept;
    source->kept_last = kept;
}

static struct weft_io_kept *pop_kept(weft_io_source *source)
{
    struct weft_io_kept *kept = source->kept;
    source->kept = kept->next;
    return kept;
}

void weft_io_stream_release(weft_io *io, weft_io_source *source)
{
    unlist_resumed(io, source);
    while (source->kept) {
        struct weft_io_kept *kept = pop_kept(source);
        drop(source->op, kept->result);
        weft_io_free_kept(io, kept);
    }
    if (source->spare_fd >= 0)
        close(source->spare_fd);
}

/* ---- delivering ------------------------------------------------------------------------------ */

static int run_accepted(weft_io *io, weft_world *world, weft_io_source *source, int fd,
                        weft_status status, weft_io_lent lent)
{
    const weft_io_accepted event = { .id = id_of(source), .fd = fd, .status = status };
    weft_io_run(io, world, source, &event, lent);
    return 1;
}

/* Accepts with a system call of its own: if need be with the descriptor that is held in reserve. */
static int accept_in_place(weft_io *io, weft_world *world, weft_io_source *source)
{
    weft_listener listener = { .fd = source->fd, .spare_fd = source->spare_fd };
    int fd = -1;
    const weft_status status = weft_accept(&listener, &fd);
    const int error = errno;
    source->spare_fd = listener.spare_fd;
    if (status == WEFT_EAGAIN)
        return 0;
    if (status && status != WEFT_ELIMIT && status != WEFT_ENOMEM)
        end_stream(io, source);
    errno = error;
    return run_accepted(io, world, source, fd, status, WEFT_IO_NOTHING_LENT);
}

/* Delivers an arrival to a stream that goes on; takes over what is lent. */
static int deliver(weft_io *io, weft_world *world, weft_io_source *source, int32_t result,
                   const void *bytes, weft_io_lent lent)
{
    if (source->op == WEFT_IO_ACCEPT)
        return result >= 0 ? run_accepted(io, world, source, result, WEFT_OK, lent)
                           : accept_in_place(io, world, source);
    weft_io_received event = { .id = id_of(source), .fd = source->fd, .ready = WEFT_READABLE };
    if (result > 0) {
        event.bytes = bytes;
        event.len_bytes = (size_t)result;
    } else {
        end_stream(io, source);
        event.status = result == 0 ? WEFT_ECLOSED : weft_net_status(-result);
        errno = -result;
    }
    weft_io_run(io, world, source, &event, lent);
    return 1;
}

/* Receives with a system call of its own, into that buffer if there is one. */
static int receive_in_place(weft_io *io, weft_world *world, weft_io_source *source, uint32_t buffer)
{
    if (buffer == WEFT_IO_NO_BUFFER)
        return 0; /* handlers that poll have them all; the next poll comes back */
    const weft_io_buffers *buffers = &io->streams->buffers;
    char *bytes = weft_io_buffer_at(buffers, buffer);
    ssize_t got;
    while ((got = recv(source->fd, bytes, buffers->size_bytes, MSG_DONTWAIT)) < 0 && errno == EINTR)
        continue;
    if (got < 0 && errno == EAGAIN) {
        weft_io_give_buffer(io, buffer);
        return 0;
    }
    return deliver(io, world, source, got < 0 ? -errno : (int32_t)got, bytes,
                   (weft_io_lent){ .buffer = buffer });
}

/* What an operation says when it ends for no reason of the stream's. */
static bool is_interruption(int32_t result)
{
    return result == -ECANCELED || result == -ENOBUFS || result == -EINTR || result == -EAGAIN;
}

static int deliver_interruption(weft_io *io, weft_world *world, weft_io_source *source,
                                int32_t result)
{
    if (result != -ENOBUFS || source->op != WEFT_IO_RECEIVE || source->kept || !goes_on(source))
        return 0;
    return receive_in_place(io, world, source, weft_io_buffer_take_reserve(&io->streams->buffers));
}

static int deliver_result(weft_io *io, weft_world *world, weft_io_source *source, int32_t result,
                          uint32_t buffer)
{
    const void *bytes =
        buffer == WEFT_IO_NO_BUFFER ? NULL : weft_io_buffer_at(&io->streams->buffers, buffer);
    if (is_interruption(result))
        return deliver_interruption(io, world, source, result);
    if (goes_on(source) && !source->kept && !source->lost)
        return deliver(io, world, source, result, bytes, (weft_io_lent){ .buffer = buffer });
    if (!source->ended)
        keep(io, source, result, bytes);
    if (buffer != WEFT_IO_NO_BUFFER)
        weft_io_give_buffer(io, buffer);
    list_resumed(io, source);
    return 0;
}

static uint32_t buffer_of(weft_io_ready found)
{
    return found.ready & WEFT_IO_HAS_BUFFER ? found.ready >> WEFT_IO_BUFFER_SHIFT
                                            : WEFT_IO_NO_BUFFER;
}

/* Of a stream that was removed meanwhile. */
static void drop_completion(weft_io *io, weft_io_ready found)
{
    if (found.ready & WEFT_IO_HAS_BUFFER)
        weft_io_give_buffer(io, buffer_of(found));
    if (found.ready & WEFT_IO_ACCEPTED && found.result >= 0)
        close(found.result);
}

int weft_io_deliver_completion(weft_io *io, weft_world *world, weft_io_ready found)
{
    const weft_slab_id place = weft_io_place(found.key);
    weft_io_source *source = weft_io_find(io, place);
    if (!source) {
        drop_completion(io, found);
        return 0;
    }
    if (found.ready & WEFT_IO_LAST)
        source->armed = false;
    const int count = deliver_result(io, world, source, found.result, buffer_of(found));
    source = weft_io_find(io, place);
    if (source)
        weft_io_stream_go_on(io, source);
    return count;
}

static int deliver_writable(weft_io *io, weft_world *world, weft_io_source *source)
{
    const weft_io_received event = { .id = id_of(source),
                                     .fd = source->fd,
                                     .ready = WEFT_WRITABLE };
    weft_io_run(io, world, source, &event, WEFT_IO_NOTHING_LENT);
    return 1;
}

static int deliver_readable(weft_io *io, weft_world *world, weft_io_source *source)
{
    if (source->op == WEFT_IO_RECEIVE)
        return receive_in_place(io, world, source, weft_io_buffer_take(&io->streams->buffers));
    const weft_slab_id place = source->id;
    int count = 0;
    while (count < ACCEPTS_PER_EVENT && source && goes_on(source)) {
        if (!accept_in_place(io, world, source))
            break;
        count++;
        source = weft_io_find(io, place);
    }
    return count;
}

int weft_io_deliver_stream(weft_io *io, weft_world *world, weft_io_source *source, uint32_t ready)
{
    const uint32_t wanted = weft_io_wanted(ready, weft_io_watched(io, source, source->interest));
    const weft_slab_id place = source->id;
    int count = 0;
    if (wanted & WEFT_WRITABLE) {
        count += deliver_writable(io, world, source);
        source = weft_io_find(io, place);
    }
    if (wanted & WEFT_READABLE && source && goes_on(source) && !source->kept)
        count += deliver_readable(io, world, source);
    return count;
}

static int deliver_lost(weft_io *io, weft_world *world, weft_io_source *source)
{
    source->lost = false;
    if (source->op == WEFT_IO_ACCEPT)
        return run_accepted(io, world, source, -1, WEFT_ENOMEM, WEFT_IO_NOTHING_LENT);
    if (source->armed)
        weft_io_stream_stop(io, source, false);
    return deliver(io, world, source, -ENOMEM, NULL, WEFT_IO_NOTHING_LENT);
}

int weft_io_deliver_kept(weft_io *io, weft_world *world)
{
    int count = 0;
    weft_io_source *source;
    while ((source = io->streams->resumed)) {
        const weft_slab_id place = source->id;
        if (source->kept) {
            struct weft_io_kept *kept = pop_kept(source);
            const weft_io_lent lent = { .buffer = WEFT_IO_NO_BUFFER, .kept = kept };
            count += deliver(io, world, source, kept->result, kept->bytes, lent);
        } else if (source->lost) {
            count += deliver_lost(io, world, source);
        }
        source = weft_io_find(io, place);
        if (source && !weft_io_stream_waits(source)) {
            unlist_resumed(io, source);
            weft_io_stream_go_on(io, source);
        }
    }
    return count;
}

/* ---- going on -------------------------------------------------------------------------------- */

void weft_io_stream_set(weft_io *io, weft_io_source *source)
{
    if (goes_on(source)) {
        list_resumed(io, source);
        weft_io_stream_go_on(io, source);
    } else {
        unlist_resumed(io, source);
        weft_io_stream_stop(io, source, false);
    }
}

bool weft_io_tend_streams(weft_io *io)
{
    weft_io_streams *streams = io->streams;
    if (streams->unarmed) {
        streams->unarmed = false;
        weft_io_source *source;
        for (uint32_t at = 0; (source = weft_slab_next(&io->sources, &at));)
            if (source->op != WEFT_IO_WATCH)
                weft_io_stream_go_on(io, source);
    }
    return streams->resumed;
}

void weft_io_keep_completion(weft_io *io, weft_io_ready found)
{
    weft_io_source *source = weft_io_find(io, weft_io_place(found.key));
    const uint32_t buffer = buffer_of(found);
    if (!source) {
        drop_completion(io, found);
        return;
    }
    if (!source->ended && !is_interruption(found.result))
        keep(io, source, found.result,
             buffer == WEFT_IO_NO_BUFFER ? NULL : weft_io_buffer_at(&io->streams->buffers, buffer));
    if (buffer != WEFT_IO_NO_BUFFER)
        weft_io_buffer_give(&io->streams->buffers, buffer);
    list_resumed(io, source);
}

/* The operation that was lost may still stand in the listener's queue of waiters, of which each
 * client wakes one only: from now on it is watched, as who watches is always woken. */
static void restart_stream(weft_io *io, weft_io_source *source)
{
    const bool watched_before = source->by_readiness;
    source->armed = false;
    if (source->op == WEFT_IO_ACCEPT)
        source->by_readiness = true;
    if (!watched_before && source->fd >= 0)
        io->kind->set(io, source->fd, source->interest & WEFT_WRITABLE,
                      weft_io_watched(io, source, source->interest), weft_io_key(source->id));
    weft_io_stream_go_on(io, source);
}

void weft_io_restart_streams(weft_io *io)
{
    if (io->streams && io->streams->buffers.memory)
        weft_io_buffers_reset(&io->streams->buffers);
    weft_io_source *source;
    for (uint32_t at = 0; (source = weft_slab_next(&io->sources, &at));)
        if (source->op != WEFT_IO_WATCH && !source->removed)
            restart_stream(io, source);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static weft_status make_streams(weft_io *io, const char *name)
{
    if (io->streams)
        return WEFT_OK;
    const weft_allocator *from = weft_world_allocator(io->world);
    weft_io_streams *streams = weft_alloc(from, sizeof *streams, _Alignof(weft_io_streams));
    if (!streams)
        return weft_report(io->world, WEFT_ENOMEM, "no memory for the streams of %s", name);
    uint32_t count = 1;
    while (count < io->receive_buffers)
        count *= 2;
    *streams = (weft_io_streams){ .buffers = { .count = count, .size_bytes = io->receive_bytes } };
    io->streams = streams;
    return WEFT_OK;
}

static weft_status make_buffers(weft_io *io, const char *name)
{
    weft_io_buffers *buffers = &io->streams->buffers;
    if (weft_io_buffers_init(buffers, weft_world_allocator(io->world)))
        return weft_report(io->world, WEFT_ENOMEM,
                           "no memory for %s to receive into: %u buffers of %u bytes", name,
                           buffers->count, buffers->size_bytes);
    return WEFT_OK;
}

void weft_io_streams_fini(weft_io *io, const weft_allocator *from)
{
    if (!io->streams)
        return;
    weft_io_buffers_fini(&io->streams->buffers, from);
    weft_free(from, io->streams, sizeof *io->streams, _Alignof(weft_io_streams));
    io->streams = NULL;
}

/* A number that a socket option says; -1 with errno if it is no socket. */
static int option_of(int fd, int option)
{
    int value = 0;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static int family_of(int fd)
{
    struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
    socklen_t len = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &len) ? AF_UNSPEC : address.ss_family;
}

static weft_status not_a(const weft_io *io, int fd, const weft_handler *handler, const char *what)
{
    return weft_report(io->world, WEFT_EINVAL, "%s cannot use descriptor %d: it is no %s",
                       weft_handler_name(handler), fd, what);
}

static weft_status begin(weft_io *io, weft_io_source *source, weft_io_id *id_out)
{
    weft_io_stream_go_on(io, source);
    if (id_out)
        *id_out = id_of(source);
    return WEFT_OK;
}

weft_status weft_io_accept(weft_io *io, int listener_fd, const weft_handler *handler,
                           weft_io_id *id_out)
{
    const char *name = weft_handler_name(handler);
    const int listens = option_of(listener_fd, SO_ACCEPTCONN);
    if (listens == 0 || (listens < 0 && errno == ENOTSOCK))
        return not_a(io, listener_fd, handler, "listening socket");
    weft_status status = make_streams(io, name);
    if (status)
        return status;
    weft_listener listener = { .spare_fd = -1 };
    if (listens > 0 && (status = weft_listener_init(&listener, listener_fd)))
        return weft_report(io->world, status,
                           "%s needs a descriptor in reserve to turn clients away with: %s", name,
                           strerror(errno));
    weft_io_source *source;
    const weft_io_source_desc desc = { .fd = listener_fd,
                                       .interest = WEFT_READABLE,
                                       .op = WEFT_IO_ACCEPT,
                                       .handler = handler,
                                       .event = WEFT_EVENT(weft_io_accepted) };
    status = weft_io_add_source(io, &desc, &source);
    if (status) {
        if (listener.spare_fd >= 0)
            close(listener.spare_fd);
        return status;
    }
    source->spare_fd = listener.spare_fd;
    return begin(io, source, id_out);
}

weft_status weft_io_receive(weft_io *io, int fd, const weft_handler *handler, weft_io_id *id_out)
{
    const char *name = weft_handler_name(handler);
    const int type = option_of(fd, SO_TYPE);
    if ((type >= 0 && type != SOCK_STREAM) || (type < 0 && errno == ENOTSOCK))
        return not_a(io, fd, handler, "stream socket");
    weft_status status = make_streams(io, name);
    if (!status)
        status = make_buffers(io, name);
    if (status)
        return status;
    weft_io_source *source;
    /* Linux 6.18 may keep the end of a stream to itself if it came with many pieces over a Unix
     * socket, which tells the kernel that nothing is left to receive, and does not count the
     * end. */
    const weft_io_source_desc desc = { .fd = fd,
                                       .interest = WEFT_READABLE,
                                       .op = WEFT_IO_RECEIVE,
                                       .by_readiness = family_of(fd) == AF_UNIX,
                                       .handler = handler,
                                       .event = WEFT_EVENT(weft_io_received) };
    status = weft_io_add_source(io, &desc, &source);
    return status ? status : begin(io, source, id_out);
}
