/* The sources of the poller: who is registered, and what the kernel knows of it. Waiting and
 * delivering is in io_poll.c, the kernel behind poller.h.
 *
 * The kernel forgets a descriptor when it is closed, and its number may then come back as another
 * descriptor while the source is still here. `owners` knows the last source that each number was
 * given to: a number that the kernel accepts anew makes its former source an orphan, which has no
 * descriptor, gets no events, and waits to be removed.
 */
#define _GNU_SOURCE
#include <weft/io.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "io_source.h"
#include "io_streams.h"

enum { DEFAULT_BATCH = 256, MAX_BATCH = 65536, FIRST_OWNERS = 256 };
enum { DEFAULT_BUFFERS = 64, DEFAULT_BUFFER_BYTES = 16384 };

static const uint32_t interest_bits = WEFT_READABLE | WEFT_WRITABLE | WEFT_ONESHOT;

/* ---- life ------------------------------------------------------------------------------------ */

static void io_fini(weft_io *io)
{
    io->ending = true;
    /* A handler's destruction may remove other sources, but those are destroyed here. */
    weft_io_source *source;
    for (uint32_t at = 0; (source = weft_slab_next(&io->sources, &at));) {
        source->removed = true;
        weft_io_release(io, source);
    }
    if (io->poller)
        io->kind->close(io);
    const weft_allocator from =
        io->world ? *weft_world_allocator(io->world) : weft_allocator_or_default(NULL);
    weft_free(&from, io->batch, io->batch_cap * sizeof *io->batch, _Alignof(weft_io_ready));
    weft_free(&from, io->owners, io->owner_count * sizeof *io->owners, _Alignof(uint32_t));
    weft_io_streams_fini(io, &from);
    weft_slab_fini(&io->sources);
}

WEFT_RESOURCE_DEFINE(weft_io, FINI(io_fini));

static bool owners_reserve(weft_io *io, uint32_t count)
{
    if (count <= io->owner_count)
        return true;
    uint32_t cap = io->owner_count ? io->owner_count : FIRST_OWNERS;
    while (cap < count)
        cap = cap > UINT32_MAX / 2 ? count : cap * 2;
    const weft_allocator *from = weft_world_allocator(io->world);
    uint32_t *owners = weft_alloc(from, cap * sizeof *owners, _Alignof(uint32_t));
    if (!owners)
        return false;
    memset(owners, 0, cap * sizeof *owners);
    if (io->owners)
        memcpy(owners, io->owners, io->owner_count * sizeof *owners);
    weft_free(from, io->owners, io->owner_count * sizeof *owners, _Alignof(uint32_t));
    io->owners = owners;
    io->owner_count = cap;
    return true;
}

static weft_status allocate(weft_io *io, const weft_io_desc *desc)
{
    const weft_allocator *from = weft_world_allocator(io->world);
    const uint32_t cap = desc->batch ? desc->batch : DEFAULT_BATCH;
    if (weft_slab_init(&io->sources, from, sizeof(weft_io_source), _Alignof(weft_io_source),
                       desc->max_sources))
        return WEFT_ENOMEM;
    io->batch = weft_alloc(from, cap * sizeof *io->batch, _Alignof(weft_io_ready));
    if (!io->batch)
        return WEFT_ENOMEM;
    io->batch_cap = cap;
    return owners_reserve(io, desc->max_sources ? desc->max_sources : 1) ? WEFT_OK : WEFT_ENOMEM;
}

static weft_status poller_refused(const weft_io *io, int error)
{
    if (error == ENOSPC)
        return weft_report(io->world, WEFT_ELIMIT,
                           "no poller: the system's limit of watched descriptors is reached "
                           "(/proc/sys/fs/epoll/max_user_watches)");
    const weft_status status = error == ENOMEM                      ? WEFT_ENOMEM
                               : error == EMFILE || error == ENFILE ? WEFT_ELIMIT
                                                                    : WEFT_ESYSTEM;
    return weft_report(io->world, status, "no poller: the system refused its descriptors: %s",
                       strerror(error));
}

weft_io *weft_io_install(weft_builder *builder, const weft_io_desc *desc)
{
    const weft_world *world = weft_builder_world(builder);
    const weft_io_desc with = desc ? *desc : (weft_io_desc){ .batch = 0 };
    if (with.batch > MAX_BATCH) {
        weft_report(world, WEFT_EINVAL, "weft_io_desc.batch is at most %d, not %u", MAX_BATCH,
                    with.batch);
        return NULL;
    }
    if (with.receive_buffers > WEFT_IO_MAX_BUFFERS) {
        weft_report(world, WEFT_EINVAL, "weft_io_desc.receive_buffers is at most %d, not %u",
                    WEFT_IO_MAX_BUFFERS, with.receive_buffers);
        return NULL;
    }
    if (with.receive_bytes > INT32_MAX) {
        weft_report(world, WEFT_EINVAL, "weft_io_desc.receive_bytes is at most %d, not %u",
                    INT32_MAX, with.receive_bytes);
        return NULL;
    }
    if (WEFT_REGISTER_DEFAULT(builder, weft_io))
        return NULL;
    weft_io *io = WEFT_GET(world, weft_io);
    io->world = world;
    io->receive_buffers = with.receive_buffers ? with.receive_buffers : DEFAULT_BUFFERS;
    io->receive_bytes = with.receive_bytes ? with.receive_bytes : DEFAULT_BUFFER_BYTES;
    io->wake = weft_shutdown_wake(world->shutdown);
    weft_status status = allocate(io, &with);
    if (status) {
        weft_report(world, status, "no memory for a poller of %u sources", with.max_sources);
        return NULL;
    }
    const int error = weft_poller_open(io, with.backend);
    if (error) {
        poller_refused(io, error);
        return NULL;
    }
    return io;
}

void weft_io_release(weft_io *io, weft_io_source *source)
{
    if (source->op != WEFT_IO_WATCH)
        weft_io_stream_release(io, source);
    weft_handler_fini(&source->handler.base);
    weft_slab_give(&io->sources, source->id);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static weft_status interest_refused(const weft_io *io, weft_io_op op, uint32_t interest)
{
    if (op == WEFT_IO_WATCH && !(interest & ~interest_bits) && interest != WEFT_ONESHOT)
        return WEFT_OK;
    if (op == WEFT_IO_ACCEPT && !(interest & ~WEFT_READABLE))
        return WEFT_OK;
    if (op == WEFT_IO_RECEIVE && !(interest & ~(WEFT_READABLE | WEFT_WRITABLE)))
        return WEFT_OK;
    if (op != WEFT_IO_WATCH)
        return weft_report(io->world, WEFT_EINVAL,
                           "%#x is no interest of a stream: give WEFT_READABLE to let it go on, 0 "
                           "to pause it, and WEFT_WRITABLE where it can be written to",
                           interest);
    return weft_report(io->world, WEFT_EINVAL,
                       "%#x is no interest: combine WEFT_READABLE, WEFT_WRITABLE and WEFT_ONESHOT, "
                       "or give 0 to pause the source",
                       interest);
}

/* Says why the kernel did not take a descriptor. */
static weft_status add_refused(const weft_io *io, int fd, const char *name, int error)
{
    switch (error) {
    case EBADF:
        return weft_report(io->world, WEFT_EINVAL, "%s cannot wait for descriptor %d: it is closed",
                           name, fd);
    case EPERM:
        return weft_report(io->world, WEFT_EINVAL,
                           "%s cannot wait for descriptor %d: regular files and directories are "
                           "always ready; read them at once",
                           name, fd);
    case EEXIST:
        return weft_report(io->world, WEFT_EEXISTS,
                           "%s cannot wait for descriptor %d: it has a source already; change that "
                           "one with weft_io_set, or add a duplicate (dup)",
                           name, fd);
    case ENOSPC:
        return weft_report(io->world, WEFT_ELIMIT,
                           "%s cannot wait for descriptor %d: the system's limit of watched "
                           "descriptors is reached (/proc/sys/fs/epoll/max_user_watches)",
                           name, fd);
    case ENOMEM:
        return weft_report(io->world, WEFT_ENOMEM,
                           "the kernel has no memory to watch descriptor %d", fd);
    case EINVAL:
    case ELOOP:
        return weft_report(
            io->world, WEFT_EINVAL,
            "%s cannot wait for descriptor %d: it is a poller that waits for this one", name, fd);
    default:
        return weft_report(io->world, WEFT_ESYSTEM, "%s cannot wait for descriptor %d: %s", name,
                           fd, strerror(error));
    }
}

/* ---- sources --------------------------------------------------------------------------------- */

static void own_descriptor(weft_io *io, weft_io_source *source)
{
    uint32_t *owner = &io->owners[source->fd];
    if (*owner) {
        uint32_t at = *owner - 1;
        weft_io_source *orphan = weft_slab_next(&io->sources, &at);
        if (orphan->op != WEFT_IO_WATCH)
            weft_io_stream_stop(io, orphan, true);
        orphan->fd = -1;
        orphan->interest = 0;
    }
    *owner = source->id.index + 1;
}

static void disown_descriptor(weft_io *io, weft_io_source *source)
{
    if (source->fd < 0)
        return;
    if (source->op != WEFT_IO_WATCH)
        weft_io_stream_stop(io, source, true);
    io->kind->remove(io, source->fd);
    io->owners[source->fd] = 0;
    source->fd = -1;
}

/* A place for a source, or NULL, reported. */
static weft_io_source *take_place(weft_io *io, int fd, const char *name)
{
    weft_slab_id id;
    weft_io_source *source =
        owners_reserve(io, (uint32_t)fd + 1) ? weft_slab_take(&io->sources, &id) : NULL;
    if (source) {
        *source = (weft_io_source){ .fd = fd, .id = id, .spare_fd = -1 };
        return source;
    }
    if (weft_slab_full(&io->sources))
        weft_report(io->world, WEFT_EFULL,
                    "no source for %s: all %u are taken; raise weft_io_desc.max_sources", name,
                    weft_slab_len(&io->sources));
    else
        weft_report(io->world, WEFT_ENOMEM, "no memory for a source for %s (descriptor %d)", name,
                    fd);
    return NULL;
}

weft_status weft_io_add_source(weft_io *io, const weft_io_source_desc *desc,
                               weft_io_source **source_out)
{
    const int fd = desc->fd;
    const char *name = weft_handler_name(desc->handler);
    weft_status status = weft_handler_expect(desc->handler, io->world, "weft_io", desc->event);
    if (!status)
        status = interest_refused(io, desc->op, desc->interest);
    if (status)
        return status;
    if (io->ending)
        return weft_report(io->world, WEFT_ESTALE, "%s comes too late: the world ends", name);
    if (fd < 0)
        return weft_report(io->world, WEFT_EINVAL, "%s cannot wait for %d: it is no descriptor",
                           name, fd);
    /* `owners` is not to grow for a number that is none: what the kernel says comes too late. */
    if ((uint32_t)fd >= io->owner_count && fcntl(fd, F_GETFD) < 0)
        return add_refused(io, fd, name, errno);
    weft_io_source *source = take_place(io, fd, name);
    if (!source)
        return weft_slab_full(&io->sources) ? WEFT_EFULL : WEFT_ENOMEM;
    source->op = desc->op;
    source->by_readiness = desc->by_readiness;
    const int error =
        io->kind->add(io, fd, weft_io_watched(io, source, desc->interest), weft_io_key(source->id));
    if (error) {
        status = add_refused(io, fd, name, error);
        weft_slab_give(&io->sources, source->id);
        return status;
    }
    status = weft_flex_set(&source->handler.base, sizeof source->handler, io->world, desc->handler);
    if (status) {
        io->kind->remove(io, fd);
        weft_slab_give(&io->sources, source->id);
        return status;
    }
    source->interest = desc->interest;
    own_descriptor(io, source);
    io->len++;
    *source_out = source;
    return WEFT_OK;
}

weft_status weft_io_add(weft_io *io, int fd, uint32_t interest, const weft_handler *handler,
                        weft_io_id *id_out)
{
    weft_io_source *source;
    const weft_io_source_desc desc = { .fd = fd,
                                       .interest = interest,
                                       .op = WEFT_IO_WATCH,
                                       .handler = handler,
                                       .event = WEFT_EVENT(weft_io_event) };
    const weft_status status = weft_io_add_source(io, &desc, &source);
    if (!status && id_out)
        *id_out = (weft_io_id){ source->id.index, source->id.generation };
    return status;
}

weft_status weft_io_set(weft_io *io, weft_io_id id, uint32_t interest)
{
    weft_io_source *source = weft_io_find(io, (weft_slab_id){ id.index, id.generation });
    if (!source || source->fd < 0)
        return WEFT_ESTALE;
    weft_status status = interest_refused(io, source->op, interest);
    if (status || interest == source->interest)
        return status;
    const uint32_t was = weft_io_watched(io, source, source->interest);
    const uint32_t now = weft_io_watched(io, source, interest);
    const int error =
        was == now ? 0 : io->kind->set(io, source->fd, was, now, weft_io_key(source->id));
    if (error)
        return weft_report(io->world, WEFT_ESYSTEM,
                           "the interest in descriptor %d cannot be changed: %s", source->fd,
                           error == ENOENT || error == EBADF
                               ? "it was closed before its source was removed"
                               : strerror(error));
    source->interest = interest;
    if (source->op != WEFT_IO_WATCH)
        weft_io_stream_set(io, source);
    return WEFT_OK;
}

weft_status weft_io_remove(weft_io *io, weft_io_id id)
{
    weft_io_source *source = weft_io_find(io, (weft_slab_id){ id.index, id.generation });
    if (!source)
        return WEFT_ESTALE;
    disown_descriptor(io, source);
    source->removed = true;
    io->batch_is_new = false;
    io->len--;
    if (!source->running)
        weft_io_release(io, source);
    return WEFT_OK;
}

/* ---- inspection ------------------------------------------------------------------------------ */

int weft_io_fd(weft_io *io)
{
    io->under_another_loop = true;
    return io->kind->fd(io);
}

/* Whether a stream with something kept is in the list of those that may deliver it, if it may. */
static const char *resumed_fault(const weft_io *io)
{
    const weft_io_streams *streams = io->streams;
    const weft_io_source *source, *last = NULL;
    uint32_t marked = 0, listed = 0;
    for (uint32_t at = 0; (source = weft_slab_next(&io->sources, &at));) {
        marked += source->resumed;
        if (weft_io_stream_waits(source) && !source->resumed)
            return "a stream goes on, but what it has kept is not to be delivered";
    }
    for (source = streams->resumed; source && listed <= marked; source = source->next_resumed) {
        listed++;
        last = source;
    }
    if (listed != marked)
        return "the list of resumed streams does not hold those that are marked";
    return last == streams->last_resumed ? NULL : "the last of the resumed streams is another";
}

/* Each operation that a stream counts on is under way, or its end lies in the batch. */
static const char *operations_fault(const weft_io *io)
{
    const weft_io_source *source;
    uint32_t armed = 0, over = 0;
    for (uint32_t at = 0; (source = weft_slab_next(&io->sources, &at));)
        armed += source->armed;
    for (uint32_t at = io->batch_next; at < io->batch_len; at++)
        over += (io->batch[at].ready & WEFT_IO_LAST) != 0;
    return armed <= io->operations + over ? NULL : "a stream waits for an operation that is over";
}

static const char *source_fault(const weft_io *io, const weft_io_source *source)
{
    if (source->interest & ~interest_bits)
        return "a source has an interest that there is not";
    if (source->removed)
        return source->fd >= 0    ? "a removed source keeps its descriptor"
               : !source->running ? "a removed source that does not run keeps its place"
                                  : NULL;
    if (source->fd < 0)
        return source->interest ? "a source without a descriptor is interested" : NULL;
    if ((uint32_t)source->fd >= io->owner_count || io->owners[source->fd] != source->id.index + 1)
        return "a source does not own its descriptor";
    return NULL;
}

bool weft_io_check(const weft_io *io, const char **why_out)
{
    const char *why = NULL;
    if (!weft_slab_check(&io->sources, why_out))
        return false;
    uint32_t live = 0, owning = 0, owned = 0;
    const weft_io_source *source;
    for (uint32_t at = 0; !why && (source = weft_slab_next(&io->sources, &at));) {
        live += !source->removed;
        owning += source->fd >= 0;
        why = source_fault(io, source);
    }
    for (uint32_t fd = 0; fd < io->owner_count; fd++)
        owned += io->owners[fd] != 0;
    if (!why && live != io->len)
        why = "the sources do not add up";
    if (!why && owned != owning)
        why = "a descriptor's owner does not have it";
    if (!why && (io->batch_next > io->batch_len || io->batch_len > io->batch_cap))
        why = "the batch is longer than its memory";
    if (!why && io->ring.flags && weft_io_streams_wait(io))
        why = "the ring is trusted to be silent while streams wait";
    if (!why)
        why = operations_fault(io);
    if (!why && io->streams)
        why = resumed_fault(io);
    if (why)
        *why_out = why;
    return !why;
}
