/* Copies of handlers on the heap, for those that keep handlers. */
#ifndef WEFT_WORLD_COPY_H
#define WEFT_WORLD_COPY_H

#include <weft/handler.h>

/* WEFT_OK if there is a bound handler; else WEFT_EINVAL, reported with who was given it. */
weft_status weft_copy_check(const weft_handler *handler, const weft_world *world,
                            const char *source);

/* A copy that owns what the handler's context owns; NULL, reported, if there is no memory, and the
 * handler is still the caller's. */
weft_handler *weft_copy_new(const weft_handler *handler, const weft_world *world);

/* Destroys and frees a copy. */
void weft_copy_free(weft_handler *copy, const weft_allocator *from);

#endif
