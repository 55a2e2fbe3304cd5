/* What store.c and store_value.c share.
 *
 * An entry is one block: what the table and the wheel need, the key, and room for a short value.
 * A longer value has a block of its own, which it keeps while it fits:
 *
 *     entry | wheel node | links, sizes | key ... | inline room ... |
 *                              value -----------> ^   or a block elsewhere
 */
#ifndef KV_STORE_INTERNAL_H
#define KV_STORE_INTERNAL_H

#include "size_class.h"
#include "store.h"

/* The table's memory is the store's: `owner` is a local of every function that adds or removes. */
#define uthash_malloc(size_bytes)    kv_store_take(owner, (size_bytes))
#define uthash_free(ptr, size_bytes) kv_store_give_back(owner, (ptr), (size_bytes))
#define HASH_NONFATAL_OOM            1
#include <uthash.h>

/* Each entry of a chain that is passed is a miss of the cache, so chains are kept shorter than
 * uthash would: that costs some 20 bytes more per entry. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U

/* What finding and changing an entry needs is in one piece, from hh.hh_next on: behind the 64 bytes
 * that it does not need there are two cache lines, which hold a short key and value, too. */
struct kv_entry {
    weft_wheel_node node; /* first: it casts */
    size_t index;         /* its place in db->entries */
    UT_hash_handle hh;
    kv_db *db;
    int64_t deadline_ms;
    char *value; /* inline room or a block of its own */
    uint32_t value_bytes;
    uint32_t value_cap;
    uint32_t inline_cap;
    char bytes[]; /* the key (hh.keylen bytes), then the inline room */
};

/* Memory that counts as the store's. NULL if there is none. The limit is not looked at. */
void *kv_store_take(kv_store *store, size_t size_bytes);
void kv_store_give_back(kv_store *store, void *ptr, size_t size_bytes);

/* The room for a value that a new entry gets within its own block. */
size_t kv_inline_cap_for(size_t key_bytes, size_t value_bytes);

static inline size_t kv_entry_bytes(size_t key_bytes, size_t inline_cap)
{
    return sizeof(kv_entry) + key_bytes + inline_cap;
}

static inline char *kv_entry_inline_room(kv_entry *entry)
{
    return entry->bytes + entry->hh.keylen;
}

static inline bool kv_entry_is_inline(const kv_entry *entry)
{
    return entry->value == entry->bytes + entry->hh.keylen;
}

/* What the value takes beside the entry. */
static inline size_t kv_entry_outside_bytes(const kv_entry *entry)
{
    return kv_entry_is_inline(entry) ? 0 : kv_block_bytes(entry->value_cap);
}

/* What a new entry takes. */
static inline size_t kv_new_entry_bytes(size_t key_bytes, size_t value_bytes)
{
    const size_t inline_cap = kv_inline_cap_for(key_bytes, value_bytes);
    return kv_block_bytes(kv_entry_bytes(key_bytes, inline_cap)) +
           (value_bytes > inline_cap ? kv_block_bytes(value_bytes) : 0);
}

#endif
