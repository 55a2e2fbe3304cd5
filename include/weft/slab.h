/* Slab: numbered places for items of one size, at addresses that never change.
 *
 * A place is named by index and generation. The generation changes whenever the place is given
 * back, so an id that outlives its item finds nothing instead of somebody else's item. A place
 * whose generations are used up (after 2^31 items) is retired.
 *
 *     weft_slab slab;
 *     weft_slab_id id;
 *     if (weft_slab_init(&slab, NULL, sizeof(Conn), _Alignof(Conn), 0)) return 1;
 *     Conn *conn = weft_slab_take(&slab, &id);    // NULL if there is no memory
 *
 *     conn = weft_slab_get(&slab, id);            // the same
 *
 *     weft_slab_give(&slab, id);
 *     conn = weft_slab_get(&slab, id);            // NULL, for ever
 *
 * The places that were given back last are taken first.
 *
 * What this does not do: initialise or destroy items, give memory back before weft_slab_fini. A
 * slab belongs to one thread. NULL is accepted where a comment says so.
 */
#ifndef WEFT_SLAB_H
#define WEFT_SLAB_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Generation 0 is nobody's: a zeroed id finds nothing. */
typedef struct weft_slab_id {
    uint32_t index;
    uint32_t generation;
} weft_slab_id;

/* What the slab knows of a place. Private, but for an item that holds its own tag. */
typedef struct weft_slab_tag {
    uint32_t generation; /* odd: taken */
    uint32_t at;         /* taken: its own index; free: where in the stack of free places it is */
} weft_slab_tag;

/* Private fields. */
typedef struct weft_slab {
    weft_allocator allocator;
    char **chunks; /* each holds WEFT_SLAB_CHUNK places */
    uint32_t chunk_count;
    uint32_t chunk_cap;
    uint32_t max;      /* places at most; 0: no limit */
    uint32_t free_len; /* places on the stack of those given back */
    uint32_t fresh;    /* places from here on have never been taken */
    uint32_t len;
    size_t item_bytes;
    size_t align_bytes;
    size_t items_offset; /* in a chunk */
    size_t free_offset;
    size_t tags_offset;
    size_t tag_stride;
} weft_slab;

#define WEFT_SLAB_CHUNK 64

/* An empty slab for up to `max` items, all allocated now, or, for 0, one that grows and keeps what
 * it has grown to. A NULL allocator is malloc. WEFT_EINVAL for items of 0 bytes or an alignment
 * that is no power of two, WEFT_ENOMEM; the slab is then zeroed, which weft_slab_fini accepts. */
WEFT_API WEFT_CHECKED weft_status weft_slab_init(weft_slab *slab, const weft_allocator *allocator,
                                                 size_t item_bytes, size_t align_bytes,
                                                 uint32_t max);

/* The same for items that hold, tag_offset bytes from their start, a weft_slab_tag of their
 * own, which they leave alone: what is found by its id and then used is one line of the cache less.
 * WEFT_EINVAL also if the item has no place for it there. */
WEFT_API WEFT_CHECKED weft_status weft_slab_init_tagged(weft_slab *slab,
                                                        const weft_allocator *allocator,
                                                        size_t item_bytes, size_t align_bytes,
                                                        uint32_t max, size_t tag_offset);

/* Frees everything, taken items included. A zeroed slab and NULL are accepted. */
WEFT_API void weft_slab_fini(weft_slab *slab);

/* A place and its id, or NULL if all are taken (weft_slab_full says so) or there is no memory; the
 * slab and *id_out are untouched then. Allocates when more places are taken than ever before. */
WEFT_API WEFT_CHECKED void *weft_slab_take(weft_slab *slab, weft_slab_id *id_out);

/* Gives a place back; its id finds nothing any more. False if the id is stale. */
static inline bool weft_slab_give(weft_slab *slab, weft_slab_id id);

/* The item, or NULL for a stale id. */
static inline void *weft_slab_get(const weft_slab *slab, weft_slab_id id);

/* The id of a taken item that holds its tag. */
static inline weft_slab_id weft_slab_id_of(const weft_slab_tag *tag)
{
    weft_slab_id id;
    id.index = tag->at;
    id.generation = tag->generation;
    return id;
}

/* True if a limit was set and no place below it is free; retired places count as not free. */
WEFT_API bool weft_slab_full(const weft_slab *slab);

/* How many items are taken. */
static inline uint32_t weft_slab_len(const weft_slab *slab)
{
    return slab->len;
}

/* The taken item with the lowest index >= *cursor, and the cursor behind it; NULL at the end.
 *
 *     for (uint32_t at = 0; (conn = weft_slab_next(&slab, &at));)
 *         visit(conn);
 *
 * Giving back and taking are allowed on the way; what is taken meanwhile may be met or not. */
WEFT_API void *weft_slab_next(const weft_slab *slab, uint32_t *cursor);

/* Verifies the invariants; on failure *why_out is a static sentence. O(places). */
WEFT_API bool weft_slab_check(const weft_slab *slab, const char **why_out);

/* ---- bodies ---------------------------------------------------------------------------------- */

static inline weft_slab_tag *weft_x_slab_tag(const weft_slab *slab, uint32_t index)
{
    return (weft_slab_tag *)(void *)(slab->chunks[index / WEFT_SLAB_CHUNK] + slab->tags_offset +
                                     index % WEFT_SLAB_CHUNK * slab->tag_stride);
}

/* The stack of free places lies in the chunks as well, so that it grows with them. */
static inline uint32_t *weft_x_slab_free(const weft_slab *slab, uint32_t at)
{
    return (uint32_t *)(void *)(slab->chunks[at / WEFT_SLAB_CHUNK] + slab->free_offset) +
           at % WEFT_SLAB_CHUNK;
}

static inline void *weft_slab_get(const weft_slab *slab, weft_slab_id id)
{
    if (id.index >= slab->fresh || !(id.generation & 1) ||
        weft_x_slab_tag(slab, id.index)->generation != id.generation)
        return NULL;
    return slab->chunks[id.index / WEFT_SLAB_CHUNK] + slab->items_offset +
           id.index % WEFT_SLAB_CHUNK * slab->item_bytes;
}

/* weft_slab_give for a tag that is known to be of a taken place. */
static inline void weft_x_slab_give(weft_slab *slab, weft_slab_tag *tag, uint32_t index)
{
    slab->len--;
    /* After the last generation the place is retired: 0 is nobody's, and it stays 0. */
    if (++tag->generation) {
        const uint32_t at = slab->free_len++;
        tag->at = at;
        *weft_x_slab_free(slab, at) = index;
    }
}

static inline bool weft_slab_give(weft_slab *slab, weft_slab_id id)
{
    if (!weft_slab_get(slab, id))
        return false;
    weft_x_slab_give(slab, weft_x_slab_tag(slab, id.index), id.index);
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
