/* What the files of the poller share. */
#ifndef WEFT_DRIVER_IO_SOURCE_H
#define WEFT_DRIVER_IO_SOURCE_H

#include <weft/io.h>
#include <weft/storage.h>

#include "poller.h"

/* A registered descriptor. The poller is told a source's id and hands it back with each event. */
typedef struct weft_io_source {
    weft_flex_64 handler;
    int fd;            /* -1 when removed, or when its number went to another source */
    uint32_t interest; /* 0: paused, nothing may be delivered */
    uint32_t running;  /* runs under way; more than one if its handler polls */
    bool removed;      /* only to be released when no run is under way any more */
    weft_slab_id id;
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

/* Destroys its handler and gives its place back. */
void weft_io_release(weft_io *io, weft_io_source *source);

#endif
