/* Streams as operations of the ring: multishot accepts, and multishot receives into a ring of
 * buffers that the kernel takes from and the poller gives to. */
#define _GNU_SOURCE
#include "poller_uring.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io_streams.h"

enum { BUFFER_GROUP = 0, PAGE_BYTES = 4096 };

/* ---- buffers --------------------------------------------------------------------------------- */

void weft_uring_lend(weft_io *io)
{
    weft_poller *poller = io->poller;
    weft_io_buffers *buffers = &io->streams->buffers;
    const int mask = io_uring_buf_ring_mask(buffers->count);
    int count = 0;
    if (!poller->lending)
        return;
    while (buffers->free_len > 0) {
        const uint32_t index = buffers->free[--buffers->free_len];
        io_uring_buf_ring_add(poller->lent, weft_io_buffer_at(buffers, index), buffers->size_bytes,
                              (unsigned short)index, mask, count++);
    }
    io_uring_buf_ring_advance(poller->lent, count);
}

/* Registers the ring of buffers and fills it. 0 or an errno value. */
static int begin_lending(weft_io *io)
{
    weft_poller *poller = io->poller;
    const uint32_t count = io->streams->buffers.count;
    if (poller->lending)
        return 0;
    if (!poller->lent) {
        poller->lent_bytes = count * sizeof(struct io_uring_buf);
        poller->lent = weft_alloc(weft_world_allocator(io->world), poller->lent_bytes, PAGE_BYTES);
        if (!poller->lent)
            return ENOMEM;
    }
    io_uring_buf_ring_init(poller->lent);
    struct io_uring_buf_reg registration = { .ring_addr = (uintptr_t)poller->lent,
                                             .ring_entries = count,
                                             .bgid = BUFFER_GROUP };
    const int error = -io_uring_register_buf_ring(&poller->ring, &registration, 0);
    if (error)
        return error;
    poller->lending = true;
    weft_uring_lend(io);
    return 0;
}

/* ---- operations ------------------------------------------------------------------------------ */

static uint64_t name_of(weft_io_op op, uint64_t key)
{
    return op == WEFT_IO_ACCEPT ? key | WEFT_URING_ACCEPTS : key;
}

/* Has the ring ring the bell. If it cannot, it is replaced or given up, and every stream is started
 * anew; returns an errno value then. */
static int hang_bell_or_replace(weft_io *io)
{
    const int error = weft_uring_hang_bell(io->poller);
    if (error == EEXIST) /* the ring is another thread's */
        weft_uring_replace(io);
    else if (error)
        weft_uring_give_up(io, error);
    return error;
}

int weft_uring_start(weft_io *io, weft_io_op op, int fd, uint64_t key)
{
    weft_poller *poller = io->poller;
    int error = 0;
    if (!poller->streams) {
        poller->streams = true;
        error = hang_bell_or_replace(io);
    }
    if (!error && op == WEFT_IO_RECEIVE) {
        error = begin_lending(io);
        if (error == EEXIST) /* as above; this stream has been started by then */
            weft_uring_replace(io);
    }
    if (error)
        return error;
    struct io_uring_sqe *entry = weft_uring_entry(io);
    if (!entry)
        return EBUSY;
    if (op == WEFT_IO_ACCEPT) {
        io_uring_prep_multishot_accept(entry, fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } else {
        io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
        io_uring_sqe_set_flags(entry, IOSQE_BUFFER_SELECT);
        entry->buf_group = BUFFER_GROUP;
    }
    io_uring_sqe_set_data64(entry, name_of(op, key));
    io->operations++;
    return 0;
}

/* An operation that the kernel has not been told of must not begin any more: its number may mean
 * another file by then. True if it was so. */
static bool withdraw(weft_poller *poller, uint64_t name)
{
    struct io_uring_sq *queue = &poller->ring.sq;
    const unsigned mask = *queue->kring_mask;
    bool found = false;
    for (unsigned at = queue->sqe_tail - io_uring_sq_ready(&poller->ring); at != queue->sqe_tail;
         at++) {
        struct io_uring_sqe *entry = &queue->sqes[at & mask];
        if (entry->user_data != name)
            continue;
        io_uring_prep_nop(entry);
        io_uring_sqe_set_flags(entry, IOSQE_CQE_SKIP_SUCCESS);
        io_uring_sqe_set_data64(entry, WEFT_URING_NOTHING);
        found = true;
    }
    return found;
}

/* Returns what the submission does, if it is to be done at once. */
static int cancel(weft_io *io, uint64_t name, bool at_once)
{
    struct io_uring_sqe *entry = weft_uring_entry(io);
    if (!entry)
        return -EBUSY;
    io_uring_prep_cancel64(entry, name, 0);
    io_uring_sqe_set_flags(entry, IOSQE_CQE_SKIP_SUCCESS);
    io_uring_sqe_set_data64(entry, WEFT_URING_NOTHING);
    return at_once ? io_uring_submit_and_get_events(&io->poller->ring) : 0;
}

void weft_uring_stop(weft_io *io, weft_io_op op, uint64_t key, bool at_once)
{
    const uint64_t name = name_of(op, key);
    if (at_once && withdraw(io->poller, name)) {
        io->operations--;
        return;
    }
    /* In a ring that is another thread's it cannot be cancelled: it goes with that ring, and begins
     * anew in the next. */
    if (cancel(io, name, at_once) == -EEXIST) {
        weft_uring_replace(io);
        if (io->kind == &weft_poller_uring)
            cancel(io, name, at_once);
    }
}

/* ---- completions ----------------------------------------------------------------------------- */

weft_io_ready weft_uring_completion(weft_io *io, const struct io_uring_cqe *completion)
{
    weft_io_ready found = { .key = completion->user_data & ~WEFT_URING_ACCEPTS,
                            .ready = WEFT_IO_COMPLETED,
                            .result = completion->res };
    if (completion->user_data & WEFT_URING_ACCEPTS)
        found.ready |= WEFT_IO_ACCEPTED;
    if (!(completion->flags & IORING_CQE_F_MORE)) {
        found.ready |= WEFT_IO_LAST;
        io->operations--;
    }
    if (completion->flags & IORING_CQE_F_BUFFER) {
        const uint32_t buffer = completion->flags >> IORING_CQE_BUFFER_SHIFT;
        found.ready |= WEFT_IO_HAS_BUFFER | buffer << WEFT_IO_BUFFER_SHIFT;
        io->streams->buffers.held[buffer] = true;
    }
    return found;
}

static void keep_batch(weft_io *io)
{
    for (uint32_t at = io->batch_next; at < io->batch_len; at++) {
        weft_io_ready *found = &io->batch[at];
        if (!(found->ready & WEFT_IO_COMPLETED))
            continue;
        weft_io_keep_completion(io, *found);
        *found = (weft_io_ready){ .key = WEFT_IO_WAKE_KEY }; /* nobody's */
    }
}

static void keep_completions(weft_io *io)
{
    struct io_uring *ring = &io->poller->ring;
    struct io_uring_cqe *completion;
    unsigned head, count = 0;
    io_uring_for_each_cqe(ring, head, completion)
    {
        if (completion->user_data != WEFT_URING_WATCH &&
            completion->user_data != WEFT_URING_NOTHING)
            weft_io_keep_completion(io, weft_uring_completion(io, completion));
        count++;
    }
    io_uring_cq_advance(ring, count);
}

void weft_uring_drain(weft_io *io)
{
    struct io_uring *ring = &io->poller->ring;
    keep_batch(io);
    if (ring->ring_fd < 0)
        return;
    keep_completions(io);
    /* What did not fit the kernel gives to the ring's own thread alone. */
    while (weft_uring_overflows(io->poller) && io_uring_get_events(ring) >= 0)
        keep_completions(io);
    io->operations = 0;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void look_at_ring(weft_io *io)
{
    if (weft_uring_waits(io->poller) && weft_uring_attend(io))
        io->poller->hot = true;
}

/* While the ring has something, the bell rings on. */
static void silence_bell(const weft_poller *poller)
{
    uint64_t rung;
    const uint64_t once = 1;
    if (poller->ring.ring_fd < 0 || weft_uring_waits(poller))
        return;
    if (read(poller->bell_fd, &rung, sizeof rung) > 0 && weft_uring_stirs(poller))
        (void)!write(poller->bell_fd, &once, sizeof once);
}

/* Returns 0 or a negative errno value. */
static int look_at_set(weft_io *io)
{
    weft_poller *poller = io->poller;
    if (!poller->hot || io->batch_len == io->batch_cap)
        return 0;
    const int count = weft_epoll_look_too(&poller->set, io);
    if (count == 0 && io->kind == &weft_poller_uring)
        poller->hot = (!poller->watching || weft_uring_waits(poller)) && weft_uring_attend(io);
    return count < 0 ? count : 0;
}

int weft_uring_look_at_both(weft_io *io)
{
    weft_poller *poller = io->poller;
    weft_poller_found(io, 0);
    poller->set_first = !poller->set_first;
    const bool set_first = poller->set_first && poller->hot;
    int error = set_first ? look_at_set(io) : 0;
    if (io->kind == &weft_poller_uring)
        look_at_ring(io);
    if (!set_first)
        error = look_at_set(io);
    if (poller->bell_fd >= 0)
        silence_bell(poller);
    weft_uring_hear(io);
    return error && !io->batch_len ? weft_poller_failed(io, -error) : (int)io->batch_len;
}

/* Returns a negative errno value if there was no sleep. */
static int sleep_in_ring(weft_poller *poller, int64_t timeout_ns)
{
    struct __kernel_timespec timeout = { .tv_sec = timeout_ns / 1000000000,
                                         .tv_nsec = timeout_ns % 1000000000 };
    struct io_uring_cqe *completion;
    return io_uring_submit_and_wait_timeout(&poller->ring, &completion, 1,
                                            timeout_ns < 0 ? NULL : &timeout, NULL);
}

int weft_uring_sleep_on_both(weft_io *io, int64_t timeout_ns)
{
    weft_poller *poller = io->poller;
    const int count = weft_uring_look_at_both(io);
    /* A set that nobody watches would not end the sleep. */
    if (count != 0 || poller->hot || io->kind != &weft_poller_uring)
        return count;
    const bool may_block = weft_wake_sleep(io->wake);
    /* A ring in which nothing stirs may be another thread's. */
    if (may_block && sleep_in_ring(poller, timeout_ns) == -EEXIST && !weft_uring_replace(io) &&
        io->kind == &weft_poller_uring && !io->batch_len && !weft_io_streams_wait(io))
        sleep_in_ring(poller, timeout_ns);
    weft_wake_rouse(io->wake);
    return io->batch_len ? (int)io->batch_len : weft_uring_look_at_both(io);
}

/* ---- under another loop ---------------------------------------------------------------------- *
 * Who waits for a ring's own descriptor is not woken by work that is deferred; who waits for an
 * eventfd of the ring, the bell, is. */

void weft_uring_flush(weft_io *io)
{
    weft_poller *poller = io->poller;
    if (io_uring_sq_ready(&poller->ring) && !weft_uring_enable(poller) &&
        io_uring_submit(&poller->ring) == -EEXIST)
        weft_uring_replace(io);
}

/* 0 or an errno value. */
static int wait_for_too(int together_fd, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    return epoll_ctl(together_fd, EPOLL_CTL_ADD, fd, &event) ? errno : 0;
}

int weft_uring_hang_bell(weft_poller *poller)
{
    if (poller->together_fd < 0 || !poller->streams)
        return 0;
    if (poller->bell_fd < 0) {
        const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        const int error = fd < 0 ? errno : wait_for_too(poller->together_fd, fd);
        if (error) {
            if (fd >= 0)
                close(fd);
            return error;
        }
        poller->bell_fd = fd;
    }
    return -io_uring_register_eventfd(&poller->ring, poller->bell_fd);
}

/* The set must not wait for the ring that waits for it: a third one waits for both. 0 or an errno
 * value. */
static int put_together(weft_io *io)
{
    weft_poller *poller = io->poller;
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return errno;
    const int error = wait_for_too(fd, poller->set.fd);
    if (error) {
        close(fd);
        return error;
    }
    poller->together_fd = fd;
    hang_bell_or_replace(io);
    return 0;
}

int weft_uring_fd(weft_io *io)
{
    const int error = io->poller->together_fd < 0 ? put_together(io) : 0;
    if (error)
        weft_uring_give_up(io, error);
    return weft_uring_fd_without_ring(io);
}

int weft_uring_fd_without_ring(weft_io *io)
{
    const weft_poller *poller = io->poller;
    return poller->together_fd >= 0 ? poller->together_fd : poller->set.fd;
}
