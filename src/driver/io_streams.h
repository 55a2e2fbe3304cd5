/* Streams, as the other files of the poller see them. */
#ifndef WEFT_DRIVER_IO_STREAMS_H
#define WEFT_DRIVER_IO_STREAMS_H

#include "io_source.h"

/* What the streams of a poller share. */
typedef struct weft_io_streams {
    weft_io_buffers buffers;
    weft_io_source *resumed, *last_resumed; /* they have something kept that may be delivered */
    bool unarmed; /* an operation could not be started: to be tried again before the next wait */
} weft_io_streams;

/* True if something is to be done for streams before the system is asked. */
static inline bool weft_io_streams_wait(const weft_io *io)
{
    return io->streams && (io->streams->resumed || io->streams->unarmed);
}

/* There is something to find of which the ring knows nothing. */
static inline void weft_io_doubt_ring(weft_io *io)
{
    io->ring.flags = NULL;
}

/* True if the stream goes on, and has something kept to be delivered, or word of something lost. */
bool weft_io_stream_waits(const weft_io_source *source);

/* Does it. True if there is something kept to deliver. */
bool weft_io_tend_streams(weft_io *io);

/* Each returns how many handlers ran. */
int weft_io_deliver_completion(weft_io *io, weft_world *world, weft_io_ready found);
int weft_io_deliver_stream(weft_io *io, weft_world *world, weft_io_source *source, uint32_t ready);
int weft_io_deliver_kept(weft_io *io, weft_world *world);

/* Keeps a completion for later, as if its stream were paused. For a poller that loses its ring. */
void weft_io_keep_completion(weft_io *io, weft_io_ready found);

/* Starts all streams anew: the operations are lost, or there are none any more. Every buffer that
 * is in no handler's hands is free again. */
void weft_io_restart_streams(weft_io *io);

/* Begins or goes on receiving, if the poller does that by itself, and nothing is kept. */
void weft_io_stream_go_on(weft_io *io, weft_io_source *source);

/* After a change of interest. */
void weft_io_stream_set(weft_io *io, weft_io_source *source);

/* Its descriptor is to be the caller's alone again: at once, or, for a pause, by and by. */
void weft_io_stream_stop(weft_io *io, weft_io_source *source, bool at_once);

/* What it has kept is dropped. */
void weft_io_stream_release(weft_io *io, weft_io_source *source);

void weft_io_streams_fini(weft_io *io, const weft_allocator *from);

void weft_io_give_buffer(weft_io *io, uint32_t buffer);
void weft_io_free_kept(weft_io *io, struct weft_io_kept *kept);

#endif
