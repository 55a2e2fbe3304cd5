/* The store's memory, and the values in it. */
#include "store_internal.h"

#include <string.h>

#define KV_INLINE_MIN_BYTES       24  /* every integer fits */
#define KV_INLINE_MAX_BYTES       128 /* longer values live outside */
#define KV_APPEND_SPARE_MAX_BYTES (1024 * 1024)
#define KV_ALIGN_BYTES            16

void *kv_store_take(kv_store *store, size_t size_bytes)
{
    void *ptr = weft_alloc(&store->allocator, size_bytes, KV_ALIGN_BYTES);
    if (ptr) {
        store->used_bytes += kv_block_bytes(size_bytes);
        if (store->used_bytes > store->peak_bytes)
            store->peak_bytes = store->used_bytes;
    }
    return ptr;
}

void kv_store_give_back(kv_store *store, void *ptr, size_t size_bytes)
{
    store->used_bytes -= kv_block_bytes(size_bytes);
    weft_free(&store->allocator, ptr, size_bytes, KV_ALIGN_BYTES);
}

bool kv_store_has_room(const kv_store *store, size_t bytes)
{
    return store->max_memory_bytes == 0 || bytes == 0 ||
           (store->used_bytes <= store->max_memory_bytes &&
            bytes <= store->max_memory_bytes - store->used_bytes);
}

size_t kv_inline_cap_for(size_t key_bytes, size_t value_bytes)
{
    const size_t least = value_bytes < KV_INLINE_MIN_BYTES || value_bytes > KV_INLINE_MAX_BYTES
                             ? KV_INLINE_MIN_BYTES
                             : value_bytes;
    return kv_class_bytes(kv_entry_bytes(key_bytes, least)) - kv_entry_bytes(key_bytes, 0);
}

kv_slice kv_entry_key(const kv_entry *entry)
{
    return (kv_slice){ entry->bytes, entry->hh.keylen };
}

kv_slice kv_entry_value(const kv_entry *entry)
{
    return (kv_slice){ entry->value, entry->value_bytes };
}

/* Gives the value room for cap bytes or what a block of that class has, keeping the first
 * keep_bytes. `cap` may be less than now. */
static weft_status move_value(kv_entry *entry, size_t cap, size_t keep_bytes)
{
    kv_store *const store = entry->db->store;
    char *room = kv_entry_inline_room(entry);
    if (cap <= entry->inline_cap) {
        cap = entry->inline_cap;
    } else {
        cap = kv_class_bytes(cap);
        const size_t taken = kv_block_bytes(cap);
        const size_t given = kv_entry_outside_bytes(entry);
        if (taken > given && !kv_store_has_room(store, taken - given))
            return WEFT_EFULL;
        room = kv_store_take(store, cap);
        if (!room)
            return WEFT_ENOMEM;
    }
    if (keep_bytes > 0)
        memcpy(room, entry->value, keep_bytes);
    if (!kv_entry_is_inline(entry))
        kv_store_give_back(store, entry->value, entry->value_cap);
    entry->value = room;
    entry->value_cap = (uint32_t)cap;
    return WEFT_OK;
}

static bool is_far_too_large(const kv_entry *entry, size_t value_bytes)
{
    const size_t least = value_bytes > entry->inline_cap ? value_bytes : entry->inline_cap;
    return entry->value_cap > 4 * least && entry->value_cap > 4 * kv_class_bytes(least);
}

weft_status kv_entry_assign(kv_entry *entry, kv_slice value)
{
    if (value.size_bytes > entry->db->store->max_value_bytes)
        return WEFT_ETOOBIG;
    if (value.size_bytes > entry->value_cap) {
        const weft_status status = move_value(entry, value.size_bytes, 0);
        if (status)
            return status;
    } else if (is_far_too_large(entry, value.size_bytes)) {
        (void)move_value(entry, value.size_bytes, 0); /* staying large is no failure */
    }
    if (value.size_bytes > 0)
        memcpy(entry->value, value.data, value.size_bytes);
    entry->value_bytes = (uint32_t)value.size_bytes;
    return WEFT_OK;
}

weft_status kv_entry_append(kv_entry *entry, kv_slice bytes)
{
    const size_t max_bytes = entry->db->store->max_value_bytes;
    if (bytes.size_bytes > max_bytes - entry->value_bytes)
        return WEFT_ETOOBIG;
    const size_t size_bytes = entry->value_bytes + bytes.size_bytes;
    if (size_bytes > entry->value_cap) {
        size_t cap =
            size_bytes +
            (size_bytes < KV_APPEND_SPARE_MAX_BYTES ? size_bytes : KV_APPEND_SPARE_MAX_BYTES);
        if (cap > max_bytes)
            cap = max_bytes;
        /* Room to spare if there is any, room enough otherwise. */
        weft_status status = move_value(entry, cap, entry->value_bytes);
        if (status)
            status = move_value(entry, size_bytes, entry->value_bytes);
        if (status)
            return status;
    }
    if (bytes.size_bytes > 0)
        memcpy(entry->value + entry->value_bytes, bytes.data, bytes.size_bytes);
    entry->value_bytes = (uint32_t)size_bytes;
    return WEFT_OK;
}

size_t kv_store_growth_bytes(kv_db *db, kv_slice key, kv_slice value, int64_t now_ms)
{
    const kv_entry *entry = kv_store_find(db, key, now_ms);
    if (!entry)
        return kv_new_entry_bytes(key.size_bytes, value.size_bytes);
    if (value.size_bytes <= entry->value_cap)
        return 0;
    const size_t taken = kv_block_bytes(value.size_bytes);
    const size_t given = kv_entry_outside_bytes(entry);
    return taken > given ? taken - given : 0;
}
