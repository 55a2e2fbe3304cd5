/* Arena: an allocator for very many small blocks that are visited in random order.
 *
 * It takes memory in chunks of 2 MiB, for which it asks the system for huge pages: in a store of
 * many entries most of what a request waits for is memory, and with small pages it waits a second
 * time, for the address. A chunk is cut into pages of 64 KiB, each with blocks of one size class
 * and without a header between them. A page that becomes empty can be cut anew; of the chunks that
 * become empty one is kept, and the system gets the memory of the others back.
 *
 * Blocks do not move, so a page stays for one block: of many keys of which a few are left here and
 * there, hardly any page becomes empty. What is in use INFO tells as used_memory, not the size of
 * the process.
 *
 *     kv_arena arena;
 *     kv_arena_init(&arena, NULL);
 *     kv_store_init(&store, now_ms, &(kv_store_desc){ .allocator = &arena.base });
 */
#ifndef KV_ARENA_H
#define KV_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>
#include <weft/resource.h>

#include "size_class.h"

typedef struct kv_arena_page kv_arena_page;
typedef struct kv_arena_chunk kv_arena_chunk;

typedef struct kv_arena {
    weft_allocator base; /* what to allocate with */

    /* private */
    weft_allocator from;
    kv_arena_chunk *chunks;
    size_t empty_chunks;                /* at most 1 */
    kv_arena_page *empty;               /* pages of no class */
    kv_arena_page *partial[KV_CLASSES]; /* pages with a free block */
} kv_arena;

WEFT_RESOURCE_DECLARE(kv_arena);

/* Allocates nothing yet. `from` is copied; NULL is malloc. Blocks longer than KV_CLASSED_MAX_BYTES
 * are its. The arena must not be moved. */
void kv_arena_init(kv_arena *arena, const weft_allocator *from);

/* Gives everything back; no block may be in use. A zeroed arena is accepted. */
void kv_arena_fini(kv_arena *arena);

/* Verifies the invariants; false, with a sentence on stderr, at the first that is broken. For
 * tests. O(all). */
bool kv_arena_check(const kv_arena *arena);

#endif
