/* Allocators: where Weft's memory comes from, as a value that can be passed in everywhere.
 *
 * Every object that allocates takes a `const weft_allocator *`; NULL means malloc and free.
 * Weft allocates while a program is built and when a growing container grows, nowhere else.
 *
 *     weft_allocator counting = { my_alloc, my_free, &my_counter };
 *     weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &counting });
 *
 * The allocator value is copied; what its `ctx` points to must outlive every object made with it.
 * One allocator is called from one thread at a time, unless a header says otherwise.
 *
 * What this does not do: lock, count, or keep memory for later; the program's allocator may. NULL
 * is accepted where a comment says so: for an allocator only by weft_allocator_or_default and by
 * the objects that call it.
 */
#ifndef WEFT_ALLOC_H
#define WEFT_ALLOC_H

#include <stddef.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_allocator {
    /* Returns size_bytes (> 0) at a multiple of align_bytes (a power of two), or NULL. */
    void *(*alloc)(void *ctx, size_t size_bytes, size_t align_bytes);
    /* Gives back what alloc returned, with the sizes it was asked for; ptr is never NULL. */
    void (*free)(void *ctx, void *ptr, size_t size_bytes, size_t align_bytes);
    void *ctx;
} weft_allocator;

/* The allocator to use for `allocator`: itself, or malloc and free for NULL. [any thread] */
WEFT_API weft_allocator weft_allocator_or_default(const weft_allocator *allocator);

/* Uninitialised memory, or NULL if there is none or size_bytes is 0. [any thread] */
WEFT_API WEFT_CHECKED void *weft_alloc(const weft_allocator *allocator, size_t size_bytes,
                                       size_t align_bytes);

/* Gives memory back, with the sizes it was asked for. A NULL ptr does nothing.
 * [any thread] */
WEFT_API void weft_free(const weft_allocator *allocator, void *ptr, size_t size_bytes,
                        size_t align_bytes);

#ifdef __cplusplus
}
#endif
#endif
