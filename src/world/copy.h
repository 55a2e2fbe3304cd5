/* Copies of handlers on the heap, for those that keep handlers. */
#ifndef WEFT_WORLD_COPY_H
#define WEFT_WORLD_COPY_H

#include <weft/handler.h>

/* A copy that owns what the handler's context owns; NULL, reported, if there is no memory, and the
 * handler is still the caller's. */
weft_handler *weft_copy_new(const weft_handler *handler, const weft_world *world);

/* Destroys and frees a copy. */
void weft_copy_free(weft_handler *copy, const weft_allocator *from);

#endif
