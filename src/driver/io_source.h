/* What the files of the poller share. */
#ifndef WEFT_DRIVER_IO_SOURCE_H
#define WEFT_DRIVER_IO_SOURCE_H

#include <weft/io.h>
#include <weft/storage.h>

#include "io_buffers.h"
#include "poller.h"

/* A registered descriptor. The poller is told a source's id and hands it back with each event. */
typedef struct weft_io_source {
    weft_flex_64 handler;
    int fd;            /* -1 when removed, or when its number went to another source */
    uint32_t interest; /* 0: paused, nothing may be delivered */
    uint32_t running;  /* runs under way; more than one if its handler polls */
    bool removed;      /* only to be released when no run is under way any more */
    weft_slab_id id;
    /* The rest is for streams (io_stream.c). */
    weft_io_op op;
    bool by_readiness; /* the poller could receive by itself, but not from this one */
    bool armed;        /* the poller has an operation whose last completion has not been seen */
    bool ended;        /* no more events but WEFT_WRITABLE */
    bool lost;         /* there was no memory to keep something */
    bool resumed;      /* in the list of those with something kept that may be delivered */
    int spare_fd;      /* of an accepting stream, see net.h */
    struct weft_io_source *next_resumed;
    struct weft_io_kept *kept, *kept_last; /* what came while it was paused */
} weft_io_source;

static inline uint64_t weft_io_key(weft_slab_id id)
{
    return (uint64_t)id.generation << 32 | id.index;
}

static inline weft_slab_id weft_io_place(uint64_t key)
{
    return (weft_slab_id){ (uint32_t)key, (uint32_t)(key >> 32) };
}

/* The source if it has not been removed, else NULL. */
static inline weft_io_source *weft_io_find(const weft_io *io, weft_slab_id place)
{
    weft_io_source *source = (weft_io_source *)weft_slab_get(&io->sources, place);
    return source && !source->removed ? source : NULL;
}

/* What the poller is to find out of what the source is interested in: it need not say that a
 * stream is readable which receives by itself, or has nothing more to receive. */
static inline uint32_t weft_io_watched(const weft_io *io, const weft_io_source *source,
                                       uint32_t interest)
{
    if (source->op == WEFT_IO_WATCH)
        return interest;
    const bool by_itself = io->kind->start && !source->by_readiness;
    return source->ended || by_itself ? interest & WEFT_WRITABLE : interest;
}

/* What a source is made of. */
typedef struct weft_io_source_desc {
    int fd;
    uint32_t interest;
    weft_io_op op;
    bool by_readiness;
    const weft_handler *handler;
    weft_event event; /* what the handler has to take */
} weft_io_source_desc;

/* Adds a source and gives it. Returns like weft_io_add. */
weft_status weft_io_add_source(weft_io *io, const weft_io_source_desc *desc,
                               weft_io_source **source_out);

/* Destroys its handler and gives its place back. */
void weft_io_release(weft_io *io, weft_io_source *source);

/* What the poller lent to a run, to be given back when that is over. */
typedef struct weft_io_lent {
    uint32_t buffer;           /* WEFT_IO_NO_BUFFER: none */
    struct weft_io_kept *kept; /* NULL: none */
} weft_io_lent;

#define WEFT_IO_NOTHING_LENT ((weft_io_lent){ .buffer = WEFT_IO_NO_BUFFER })

/* Runs the source's handler; the source may be gone afterwards. */
void weft_io_run(weft_io *io, weft_world *world, weft_io_source *source, const void *event,
                 weft_io_lent lent);

/* What is ready, as far as it is asked for. A hang-up and an error come with all that is. */
static inline uint32_t weft_io_wanted(uint32_t ready, uint32_t interest)
{
    const uint32_t asked = interest & (WEFT_READABLE | WEFT_WRITABLE);
    const uint32_t unasked = ready & (WEFT_HANGUP | WEFT_IO_ERROR);
    if (!asked)
        return 0;
    return unasked ? asked | unasked : ready & asked;
}

#endif
