/* A chunk is a row of tags, a piece of the stack of free places, and a row of items:
 *
 *     | tag 0 .. tag 63 | 64 indices | padding | item 0 .. item 63 |
 *
 * where the tags may lie in the items instead. A tag's generation is even while its place is free
 * and odd while it is taken, so one comparison tells a live id from a stale one.
 *
 * The free places are a stack of indices, not a list through the places: where a place was given
 * back long ago, and is not in the cache any more, taking the next one need not wait for it.
 */
#include <weft/slab.h>

#include <string.h>

static void *item_at(const weft_slab *slab, uint32_t index)
{
    return slab->chunks[index / WEFT_SLAB_CHUNK] + slab->items_offset +
           index % WEFT_SLAB_CHUNK * slab->item_bytes;
}

static size_t chunk_bytes(const weft_slab *slab)
{
    return slab->items_offset + WEFT_SLAB_CHUNK * slab->item_bytes;
}

static size_t chunk_align(const weft_slab *slab)
{
    return slab->align_bytes > _Alignof(weft_slab_tag) ? slab->align_bytes
                                                       : _Alignof(weft_slab_tag);
}

static bool chunks_reserve(weft_slab *slab)
{
    if (slab->chunk_count < slab->chunk_cap)
        return true;
    const uint32_t cap = slab->chunk_cap ? slab->chunk_cap * 2 : 8;
    char **chunks = weft_alloc(&slab->allocator, cap * sizeof *chunks, _Alignof(char *));
    if (!chunks)
        return false;
    if (slab->chunk_count)
        memcpy(chunks, slab->chunks, slab->chunk_count * sizeof *chunks);
    weft_free(&slab->allocator, slab->chunks, slab->chunk_cap * sizeof *chunks, _Alignof(char *));
    slab->chunks = chunks;
    slab->chunk_cap = cap;
    return true;
}

static bool chunk_add(weft_slab *slab)
{
    if (slab->chunk_count >= UINT32_MAX / WEFT_SLAB_CHUNK || !chunks_reserve(slab))
        return false;
    char *chunk = weft_alloc(&slab->allocator, chunk_bytes(slab), chunk_align(slab));
    if (!chunk)
        return false;
    /* For weft_slab_check alone, which reads on where a slab is broken. */
    memset(chunk + slab->free_offset, 0, WEFT_SLAB_CHUNK * sizeof(uint32_t));
    for (size_t i = 0; i < WEFT_SLAB_CHUNK; i++)
        memset(chunk + slab->tags_offset + i * slab->tag_stride, 0, sizeof(weft_slab_tag));
    slab->chunks[slab->chunk_count++] = chunk;
    return true;
}

enum { NO_TAG = 1 }; /* an offset at which no tag can be */

static weft_status init(weft_slab *slab, const weft_allocator *allocator, size_t item_bytes,
                        size_t align_bytes, uint32_t max, size_t tag_offset)
{
    const size_t mask = align_bytes - 1;
    const size_t most = SIZE_MAX / (4 * WEFT_SLAB_CHUNK); /* a chunk's size does not overflow */
    const bool tagged = tag_offset != NO_TAG;
    const size_t tags_bytes = tagged ? 0 : WEFT_SLAB_CHUNK * sizeof(weft_slab_tag);
    const size_t head_bytes = tags_bytes + WEFT_SLAB_CHUNK * sizeof(uint32_t);
    *slab = (weft_slab){ .len = 0 };
    if (!item_bytes || !align_bytes || (align_bytes & mask))
        return WEFT_EINVAL;
    if (item_bytes > most || align_bytes > most)
        return WEFT_ENOMEM;
    *slab = (weft_slab){ .allocator = weft_allocator_or_default(allocator),
                         .max = max,
                         .item_bytes = (item_bytes + mask) & ~mask,
                         .align_bytes = align_bytes,
                         .items_offset = (head_bytes + mask) & ~mask,
                         .free_offset = tags_bytes,
                         .tag_stride = sizeof(weft_slab_tag) };
    if (tagged) {
        slab->tags_offset = slab->items_offset + tag_offset;
        slab->tag_stride = slab->item_bytes;
    }
    while ((uint64_t)slab->chunk_count * WEFT_SLAB_CHUNK < max) {
        if (!chunk_add(slab)) {
            weft_slab_fini(slab);
            return WEFT_ENOMEM;
        }
    }
    return WEFT_OK;
}

weft_status weft_slab_init(weft_slab *slab, const weft_allocator *allocator, size_t item_bytes,
                           size_t align_bytes, uint32_t max)
{
    return init(slab, allocator, item_bytes, align_bytes, max, NO_TAG);
}

weft_status weft_slab_init_tagged(weft_slab *slab, const weft_allocator *allocator,
                                  size_t item_bytes, size_t align_bytes, uint32_t max,
                                  size_t tag_offset)
{
    if (align_bytes % _Alignof(weft_slab_tag) || tag_offset % _Alignof(weft_slab_tag) ||
        item_bytes < sizeof(weft_slab_tag) || tag_offset > item_bytes - sizeof(weft_slab_tag)) {
        *slab = (weft_slab){ .len = 0 };
        return WEFT_EINVAL;
    }
    return init(slab, allocator, item_bytes, align_bytes, max, tag_offset);
}

void weft_slab_fini(weft_slab *slab)
{
    if (!slab)
        return;
    for (uint32_t i = 0; i < slab->chunk_count; i++)
        weft_free(&slab->allocator, slab->chunks[i], chunk_bytes(slab), chunk_align(slab));
    weft_free(&slab->allocator, slab->chunks, slab->chunk_cap * sizeof *slab->chunks,
              _Alignof(char *));
    *slab = (weft_slab){ .len = 0 };
}

bool weft_slab_full(const weft_slab *slab)
{
    return slab->max && !slab->free_len && slab->fresh == slab->max;
}

void *weft_slab_take(weft_slab *slab, weft_slab_id *id_out)
{
    uint32_t index;
    if (slab->free_len) {
        index = *weft_x_slab_free(slab, --slab->free_len);
    } else {
        if (weft_slab_full(slab))
            return NULL;
        if (slab->fresh == slab->chunk_count * WEFT_SLAB_CHUNK && !chunk_add(slab))
            return NULL;
        index = slab->fresh++;
    }
    weft_slab_tag *tag = weft_x_slab_tag(slab, index);
    tag->generation++;
    tag->at = index;
    slab->len++;
    *id_out = (weft_slab_id){ index, tag->generation };
    return item_at(slab, index);
}

void *weft_slab_next(const weft_slab *slab, uint32_t *cursor)
{
    while (*cursor < slab->fresh) {
        const uint32_t index = (*cursor)++;
        if (weft_x_slab_tag(slab, index)->generation & 1)
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
        const uint32_t generation = weft_x_slab_tag(slab, i)->generation;
        taken += generation & 1;
        if ((generation & 1) && weft_x_slab_tag(slab, i)->at != i) {
            *why_out = "a taken place does not know its index";
            return false;
        }
        retired += generation == 0;
    }
    for (; idle < slab->free_len && idle < slab->fresh; idle++) {
        const uint32_t index = *weft_x_slab_free(slab, idle);
        if (index >= slab->fresh || weft_x_slab_tag(slab, index)->generation & 1) {
            *why_out = "what is on the stack of free places is no free place";
            return false;
        }
        if (weft_x_slab_tag(slab, index)->at != idle) {
            *why_out = "a free place is twice on the stack of free places";
            return false;
        }
    }
    if (taken != slab->len || idle != slab->free_len || taken + idle + retired != slab->fresh) {
        *why_out = "the places do not add up";
        return false;
    }
    return true;
}
