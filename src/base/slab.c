/* A chunk is a row of tags followed by a row of items:
 *
 *     | tag 0 .. tag 63 | padding | item 0 .. item 63 |
 *
 * A tag's generation is even while its place is free and odd while it is taken, so one comparison
 * tells a live id from a stale one. The free places form a stack, linked through the tags.
 */
#include <weft/slab.h>

#include <string.h>

typedef struct weft_slab_tag {
    uint32_t generation; /* odd: taken */
    uint32_t next_free;  /* index + 1, 0: last */
} weft_slab_tag;

typedef struct weft_slab_chunk {
    weft_slab_tag tags[WEFT_SLAB_CHUNK];
} weft_slab_chunk;

static const uint32_t last_generation = UINT32_MAX; /* odd */

static weft_slab_tag *tag_at(const weft_slab *slab, uint32_t index)
{
    return &slab->chunks[index / WEFT_SLAB_CHUNK]->tags[index % WEFT_SLAB_CHUNK];
}

static void *item_at(const weft_slab *slab, uint32_t index)
{
    return (char *)slab->chunks[index / WEFT_SLAB_CHUNK] + slab->items_offset +
           index % WEFT_SLAB_CHUNK * slab->item_bytes;
}

static size_t chunk_bytes(const weft_slab *slab)
{
    return slab->items_offset + WEFT_SLAB_CHUNK * slab->item_bytes;
}

static size_t chunk_align(const weft_slab *slab)
{
    return slab->align_bytes > _Alignof(weft_slab_chunk) ? slab->align_bytes
                                                         : _Alignof(weft_slab_chunk);
}

static bool chunks_reserve(weft_slab *slab)
{
    if (slab->chunk_count < slab->chunk_cap)
        return true;
    const uint32_t cap = slab->chunk_cap ? slab->chunk_cap * 2 : 8;
    weft_slab_chunk **chunks =
        weft_alloc(&slab->allocator, cap * sizeof *chunks, _Alignof(weft_slab_chunk *));
    if (!chunks)
        return false;
    if (slab->chunk_count)
        memcpy(chunks, slab->chunks, slab->chunk_count * sizeof(weft_slab_chunk *));
    weft_free(&slab->allocator, slab->chunks, slab->chunk_cap * sizeof *chunks,
              _Alignof(weft_slab_chunk *));
    slab->chunks = chunks;
    slab->chunk_cap = cap;
    return true;
}

static bool chunk_add(weft_slab *slab)
{
    if (slab->chunk_count >= UINT32_MAX / WEFT_SLAB_CHUNK || !chunks_reserve(slab))
        return false;
    weft_slab_chunk *chunk = weft_alloc(&slab->allocator, chunk_bytes(slab), chunk_align(slab));
    if (!chunk)
        return false;
    memset(chunk, 0, sizeof *chunk);
    slab->chunks[slab->chunk_count++] = chunk;
    return true;
}

weft_status weft_slab_init(weft_slab *slab, const weft_allocator *allocator, size_t item_bytes,
                           size_t align_bytes, uint32_t max)
{
    const size_t mask = align_bytes - 1;
    const size_t most = SIZE_MAX / (4 * WEFT_SLAB_CHUNK); /* a chunk's size does not overflow */
    *slab = (weft_slab){ .len = 0 };
    if (!item_bytes || !align_bytes || (align_bytes & mask))
        return WEFT_EINVAL;
    if (item_bytes > most || align_bytes > most)
        return WEFT_ENOMEM;
    *slab = (weft_slab){ .allocator = weft_allocator_or_default(allocator),
                         .max = max,
                         .item_bytes = (item_bytes + mask) & ~mask,
                         .align_bytes = align_bytes,
                         .items_offset = (sizeof(weft_slab_chunk) + mask) & ~mask };
    while ((uint64_t)slab->chunk_count * WEFT_SLAB_CHUNK < max) {
        if (!chunk_add(slab)) {
            weft_slab_fini(slab);
            return WEFT_ENOMEM;
        }
    }
    return WEFT_OK;
}

void weft_slab_fini(weft_slab *slab)
{
    if (!slab)
        return;
    for (uint32_t i = 0; i < slab->chunk_count; i++)
        weft_free(&slab->allocator, slab->chunks[i], chunk_bytes(slab), chunk_align(slab));
    if (slab->chunks)
        weft_free(&slab->allocator, slab->chunks, slab->chunk_cap * sizeof *slab->chunks,
                  _Alignof(weft_slab_chunk *));
    *slab = (weft_slab){ .len = 0 };
}

bool weft_slab_full(const weft_slab *slab)
{
    return slab->max && !slab->free_head && slab->fresh == slab->max;
}

void *weft_slab_take(weft_slab *slab, weft_slab_id *id_out)
{
    uint32_t index;
    if (slab->free_head) {
        index = slab->free_head - 1;
        slab->free_head = tag_at(slab, index)->next_free;
    } else {
        if (weft_slab_full(slab))
            return NULL;
        if (slab->fresh == slab->chunk_count * WEFT_SLAB_CHUNK && !chunk_add(slab))
            return NULL;
        index = slab->fresh++;
    }
    weft_slab_tag *tag = tag_at(slab, index);
    tag->generation++;
    slab->len++;
    *id_out = (weft_slab_id){ index, tag->generation };
    return item_at(slab, index);
}

void *weft_slab_get(const weft_slab *slab, weft_slab_id id)
{
    if (id.index >= slab->fresh || !(id.generation & 1))
        return NULL;
    return tag_at(slab, id.index)->generation == id.generation ? item_at(slab, id.index) : NULL;
}

bool weft_slab_give(weft_slab *slab, weft_slab_id id)
{
    if (!weft_slab_get(slab, id))
        return false;
    weft_slab_tag *tag = tag_at(slab, id.index);
    tag->generation++;
    slab->len--;
    if (id.generation == last_generation)
        return true; /* retired: its generation is 0 again, which no live id has, and it stays */
    tag->next_free = slab->free_head;
    slab->free_head = id.index + 1;
    return true;
}

void *weft_slab_next(const weft_slab *slab, uint32_t *cursor)
{
    while (*cursor < slab->fresh) {
        const uint32_t index = (*cursor)++;
        if (tag_at(slab, index)->generation & 1)
            return item_at(slab, index);
    }
    return NULL;
}

bool weft_slab_check(const weft_slab *slab, const char **why_out)
{
    uint32_t taken = 0, idle = 0, retired = 0;
    if (slab->fresh > slab->chunk_count * WEFT_SLAB_CHUNK ||
        (slab->max && slab->fresh > slab->max)) {
        *why_out = "there are more places than memory or limit for them";
        return false;
    }
    for (uint32_t i = 0; i < slab->fresh; i++) {
        const uint32_t generation = tag_at(slab, i)->generation;
        taken += generation & 1;
        retired += generation == 0;
    }
    for (uint32_t next = slab->free_head; next; next = tag_at(slab, next - 1)->next_free) {
        if (next > slab->fresh || idle > slab->fresh) {
            *why_out = "the stack of free places leaves the slab or runs in a circle";
            return false;
        }
        if (tag_at(slab, next - 1)->generation & 1) {
            *why_out = "a taken place is on the stack of free places";
            return false;
        }
        idle++;
    }
    if (taken != slab->len || taken + idle + retired != slab->fresh) {
        *why_out = "the places do not add up";
        return false;
    }
    return true;
}
