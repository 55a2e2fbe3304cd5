/* The epoll poller: an epoll set, and nothing else. */
#include "epoll_set.h"

#include <errno.h>

struct weft_poller {
    weft_epoll_set set;
};

static int epoll_open(weft_io *io)
{
    const weft_allocator *from = weft_world_allocator(io->world);
    weft_poller *poller = weft_alloc(from, sizeof *poller, _Alignof(weft_poller));
    if (!poller)
        return ENOMEM;
    const int error = weft_epoll_open(&poller->set, io);
    if (error)
        weft_free(from, poller, sizeof *poller, _Alignof(weft_poller));
    else
        io->poller = poller;
    return error;
}

static void epoll_close(weft_io *io)
{
    weft_epoll_close(&io->poller->set, io);
    weft_free(weft_world_allocator(io->world), io->poller, sizeof *io->poller,
              _Alignof(weft_poller));
    io->poller = NULL;
}

static int epoll_add(weft_io *io, int fd, uint32_t interest, uint64_t key)
{
    return weft_epoll_add(&io->poller->set, fd, interest, key);
}

static int epoll_modify(weft_io *io, int fd, uint32_t was, uint32_t interest, uint64_t key)
{
    (void)was;
    return weft_epoll_modify(&io->poller->set, fd, interest, key);
}

static void epoll_remove(weft_io *io, int fd)
{
    weft_epoll_remove(&io->poller->set, fd);
}

static int epoll_wait_for(weft_io *io, int64_t timeout_ns)
{
    weft_epoll_set *set = &io->poller->set;
    return timeout_ns == 0 ? weft_epoll_look(set, io) : weft_epoll_sleep(set, io, timeout_ns);
}

static int epoll_fd(weft_io *io)
{
    return io->poller->set.fd;
}

const weft_poller_kind weft_poller_epoll = {
    .backend = WEFT_IO_EPOLL,
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .set = epoll_modify,
    .remove = epoll_remove,
    .wait = epoll_wait_for,
    .fd = epoll_fd,
};
