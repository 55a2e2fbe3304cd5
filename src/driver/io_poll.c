/* Waiting and delivering. What the kernel reported lies in the poller until it is delivered, and
 * the cursor moves on before a handler runs: however a handler leaves, the rest is still there.
 */
#include <weft/io.h>

#include "deliver.h"
#include "io_source.h"
#include "io_streams.h"

/* ---- delivering ------------------------------------------------------------------------------ */

struct run {
    weft_io *io;
    weft_io_source *source;
    weft_io_lent lent;
};

/* Its handler has returned, or was given up by weft_fail. */
static void run_over(void *arg)
{
    const struct run *run = arg;
    weft_io_source *source = run->source;
    if (run->lent.buffer != WEFT_IO_NO_BUFFER)
        weft_io_give_buffer(run->io, run->lent.buffer);
    if (run->lent.kept)
        weft_io_free_kept(run->io, run->lent.kept);
    if (source->op != WEFT_IO_WATCH && !source->removed)
        weft_io_stream_go_on(run->io, source);
    if (--source->running == 0 && source->removed)
        weft_io_release(run->io, source);
}

void weft_io_run(weft_io *io, weft_world *world, weft_io_source *source, const void *event,
                 weft_io_lent lent)
{
    struct run run = { io, source, lent };
    source->running++;
    weft_deliver(world, &source->handler.base, event, run_over, run_over, &run);
}

static void run_source(weft_io *io, weft_world *world, weft_io_source *source, uint32_t ready)
{
    const weft_io_event event = { .id = { source->id.index, source->id.generation },
                                  .fd = source->fd,
                                  .ready = ready };
    weft_io_run(io, world, source, &event, WEFT_IO_NOTHING_LENT);
}

/* An event of a source that had ended before the kernel reported it: the source's descriptor was
 * closed first, and lives on as a duplicate, through which alone the kernel could be told. */
static void report_ghost(weft_io *io)
{
    if (io->ghost_reported)
        return;
    io->ghost_reported = true;
    weft_report(io->world, WEFT_ESTALE,
                "a descriptor was closed before its source was removed, and a duplicate of it "
                "keeps it open: the poller is woken for nobody; call weft_io_remove before close");
}

/* Delivers one event; returns how many handlers ran. */
static int deliver_one(weft_io *io, weft_world *world, weft_io_ready found)
{
    if (found.key == WEFT_IO_WAKE_KEY)
        return 0;
    if (found.ready & WEFT_IO_COMPLETED)
        return weft_io_deliver_completion(io, world, found);
    weft_io_source *source = weft_io_find(io, weft_io_place(found.key));
    if (!source) {
        if (io->batch_is_new)
            report_ghost(io);
        return 0;
    }
    if (source->op != WEFT_IO_WATCH)
        return weft_io_deliver_stream(io, world, source, found.ready);
    const uint32_t ready = weft_io_wanted(found.ready, source->interest);
    if (!ready)
        return 0;
    if (source->interest & WEFT_ONESHOT)
        source->interest = 0;
    run_source(io, world, source, ready);
    return 1;
}

int weft_io_deliver(weft_io *io, weft_world *world)
{
    if (world != io->world)
        return weft_report(world, WEFT_EWORLD, "the poller that polls belongs to another world");
    int count = 0;
    while (io->batch_next < io->batch_len)
        count += deliver_one(io, world, io->batch[io->batch_next++]);
    return weft_io_streams_wait(io) ? count + weft_io_deliver_kept(io, world) : count;
}

static inline int left_over(const weft_io *io)
{
    return (int)(io->batch_len - io->batch_next);
}

int weft_io_wait(weft_io *io, int64_t timeout_ns)
{
    if (left_over(io))
        return left_over(io);
    if (weft_io_streams_wait(io)) {
        if (weft_io_tend_streams(io))
            return 1;
        if (left_over(io)) /* in a new ring, completions may have come at once */
            return left_over(io);
    }
    /* A busy loop without sources is spared the system call; another loop must not go on seeing a
     * wake that nobody fetched, and operations may still be ending. */
    if (timeout_ns == 0 && weft_io_skip(io))
        return 0;
    return io->kind->wait(io, timeout_ns); /* in tail position: see wait_now in epoll_set.c */
}

int weft_io_poll(weft_io *io, weft_world *world, int64_t timeout_ns)
{
    const int left_over = weft_io_deliver(io, world);
    if (left_over != 0)
        return left_over;
    const int ready = weft_io_wait(io, timeout_ns);
    return ready < 0 ? ready : weft_io_deliver(io, world);
}

/* ---- under another loop ---------------------------------------------------------------------- */

bool weft_io_prepare(weft_io *io)
{
    if (io->kind->flush)
        io->kind->flush(io);
    const bool may_block = weft_wake_sleep(io->wake);
    return may_block && io->batch_next == io->batch_len && !weft_io_streams_wait(io);
}

void weft_io_resume(weft_io *io)
{
    weft_wake_rouse(io->wake);
}
