/* Waiting and delivering. What the kernel reported lies in the poller until it is delivered, and
 * the cursor moves on before a handler runs: however a handler leaves, the rest is still there.
 */
#include <weft/io.h>

#include "deliver.h"
#include "io_source.h"

/* ---- delivering ------------------------------------------------------------------------------ */

struct run {
    weft_io *io;
    weft_io_source *source;
};

/* Its handler has returned, or was given up by weft_fail. */
static void run_over(void *arg)
{
    const struct run *run = arg;
    weft_io_source *source = run->source;
    if (--source->running == 0 && source->removed)
        weft_io_release(run->io, source);
}

static void run_source(struct run *run, weft_world *world, uint32_t ready)
{
    weft_io_source *source = run->source;
    const weft_io_event event = { .id = { source->id.index, source->id.generation },
                                  .fd = source->fd,
                                  .ready = ready };
    source->running++;
    weft_deliver(world, &source->handler.base, &event, run_over, run_over, run);
}

/* What of it is asked for. A hang-up and an error come with all that is. */
static uint32_t wanted_of(uint32_t ready, uint32_t interest)
{
    const uint32_t asked = interest & (WEFT_READABLE | WEFT_WRITABLE);
    const uint32_t unasked = ready & (WEFT_HANGUP | WEFT_IO_ERROR);
    if (!asked)
        return 0;
    return unasked ? asked | unasked : ready & asked;
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

/* Delivers one event; true if a handler ran. */
static bool deliver_one(weft_io *io, weft_world *world, weft_io_ready found)
{
    if (found.key == WEFT_IO_WAKE_KEY)
        return false;
    weft_io_source *source = weft_io_find(io, weft_io_place(found.key));
    if (!source) {
        if (io->batch_is_new)
            report_ghost(io);
        return false;
    }
    const uint32_t ready = wanted_of(found.ready, source->interest);
    if (!ready)
        return false;
    if (source->interest & WEFT_ONESHOT)
        source->interest = 0;
    run_source(&(struct run){ io, source }, world, ready);
    return true;
}

int weft_io_deliver(weft_io *io, weft_world *world)
{
    if (world != io->world)
        return weft_report(world, WEFT_EWORLD, "the poller that polls belongs to another world");
    int count = 0;
    while (io->batch_next < io->batch_len)
        count += deliver_one(io, world, io->batch[io->batch_next++]);
    return count;
}

int weft_io_wait(weft_io *io, int64_t timeout_ns)
{
    if (io->batch_next != io->batch_len)
        return (int)(io->batch_len - io->batch_next);
    /* A busy loop without sources is spared the system call; another loop must not go on seeing a
     * wake that nobody fetched. */
    if (timeout_ns == 0 && !io->len && !io->under_another_loop)
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
    const bool may_block = weft_wake_sleep(io->wake);
    return may_block && io->batch_next == io->batch_len;
}

void weft_io_resume(weft_io *io)
{
    weft_wake_rouse(io->wake);
}
