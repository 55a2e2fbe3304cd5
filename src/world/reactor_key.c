/* The keys of sources: a hash table with open addressing and linear probing. An entry that is taken
 * out is closed up by those behind it, so there are no tombstones. An entry whose source is removed
 * finds nothing; it goes when its key is set anew or dropped, or when the table grows.
 */
#include "reactor_parts.h"

#include <string.h>

enum { FIRST_CAPACITY = 16, INLINE_BYTES = 16 };

/* `type_name` is NULL in an empty place. */
typedef struct weft_key_entry {
    uint64_t hash;
    const char *type_name;
    size_t size_bytes;
    weft_source_id source;
    union {
        unsigned char bytes[INLINE_BYTES];
        void *heap; /* if there are more */
    } value;
} weft_key_entry;

/* FNV-1a over the name of the type and the bytes, its bits mixed in the end. */
static uint64_t hash_of(weft_key key)
{
    const uint64_t prime = UINT64_C(0x100000001B3);
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (const char *c = key.type_name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * prime;
    const unsigned char *bytes = key.bytes;
    for (size_t i = 0; i < key.size_bytes; i++)
        hash = (hash ^ bytes[i]) * prime;
    hash = (hash ^ (hash >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 32);
}

static const void *bytes_of(const weft_key_entry *entry)
{
    return entry->size_bytes > INLINE_BYTES ? entry->value.heap : entry->value.bytes;
}

static bool is_key(const weft_key_entry *entry, uint64_t hash, weft_key key)
{
    return entry->hash == hash && entry->size_bytes == key.size_bytes &&
           strcmp(entry->type_name, key.type_name) == 0 &&
           memcmp(bytes_of(entry), key.bytes, key.size_bytes) == 0;
}

/* The entry of that key, whether its source lives or not, or NULL. */
static weft_key_entry *find(const weft_reactors *reactors, uint64_t hash, weft_key key)
{
    if (!reactors->keys_cap)
        return NULL;
    const size_t mask = reactors->keys_cap - 1;
    for (size_t i = (size_t)hash & mask; reactors->keys[i].type_name; i = (i + 1) & mask)
        if (is_key(&reactors->keys[i], hash, key))
            return &reactors->keys[i];
    return NULL;
}

static void entry_free(const weft_reactors *reactors, const weft_key_entry *entry)
{
    if (entry->size_bytes > INLINE_BYTES)
        weft_free(weft_world_allocator(reactors->world), entry->value.heap, entry->size_bytes, 1);
}

static void put(weft_key_entry *keys, size_t mask, weft_key_entry entry)
{
    size_t i = (size_t)entry.hash & mask;
    while (keys[i].type_name)
        i = (i + 1) & mask;
    keys[i] = entry;
}

static void table_free(const weft_reactors *reactors)
{
    weft_free(weft_world_allocator(reactors->world), reactors->keys,
              reactors->keys_cap * sizeof *reactors->keys, _Alignof(weft_key_entry));
}

/* Moves everything to a new table, but the keys of removed sources. */
static bool rebuild(weft_reactors *reactors)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < reactors->keys_cap; i++)
        live += reactors->keys[i].type_name &&
                weft_reactors_has_source(reactors, reactors->keys[i].source);
    if (live > UINT32_MAX / 8)
        return false;
    uint32_t cap = FIRST_CAPACITY;
    while (cap < live * 3)
        cap *= 2;
    weft_key_entry *keys = weft_alloc(weft_world_allocator(reactors->world), cap * sizeof *keys,
                                      _Alignof(weft_key_entry));
    if (!keys)
        return false;
    memset(keys, 0, cap * sizeof *keys);
    for (uint32_t i = 0; i < reactors->keys_cap; i++) {
        const weft_key_entry *entry = &reactors->keys[i];
        if (!entry->type_name)
            continue;
        if (weft_reactors_has_source(reactors, entry->source))
            put(keys, cap - 1, *entry);
        else
            entry_free(reactors, entry);
    }
    table_free(reactors);
    reactors->keys = keys;
    reactors->keys_cap = cap;
    reactors->keys_len = live;
    return true;
}

static weft_status add(weft_reactors *reactors, uint64_t hash, weft_key key, weft_source_id source)
{
    weft_key_entry entry = {
        .hash = hash, .type_name = key.type_name, .size_bytes = key.size_bytes, .source = source
    };
    if (reactors->keys_len >= reactors->keys_cap / 2 && !rebuild(reactors))
        return WEFT_ENOMEM;
    void *bytes = entry.value.bytes;
    if (key.size_bytes > INLINE_BYTES) {
        bytes = weft_alloc(weft_world_allocator(reactors->world), key.size_bytes, 1);
        if (!bytes)
            return WEFT_ENOMEM;
        entry.value.heap = bytes;
    }
    memcpy(bytes, key.bytes, key.size_bytes);
    put(reactors->keys, reactors->keys_cap - 1, entry);
    reactors->keys_len++;
    return WEFT_OK;
}

weft_status weft_reactors_set_key(weft_reactors *reactors, weft_key key, weft_source_id source)
{
    if (!weft_reactors_has_source(reactors, source))
        return WEFT_ESTALE;
    const uint64_t hash = hash_of(key);
    weft_key_entry *entry = find(reactors, hash, key);
    if (entry) {
        entry->source = source;
        return WEFT_OK;
    }
    if (add(reactors, hash, key, source))
        return weft_report(reactors->world, WEFT_ENOMEM,
                           "no memory for a key, a %s, beside the %u that there are", key.type_name,
                           reactors->keys_len);
    return WEFT_OK;
}

bool weft_reactors_find_key(const weft_reactors *reactors, weft_key key, weft_source_id *source_out)
{
    const weft_key_entry *entry = find(reactors, hash_of(key), key);
    if (!entry || !weft_reactors_has_source(reactors, entry->source))
        return false;
    *source_out = entry->source;
    return true;
}

bool weft_reactors_drop_key(weft_reactors *reactors, weft_key key)
{
    weft_key_entry *entry = find(reactors, hash_of(key), key);
    if (!entry)
        return false;
    const bool lived = weft_reactors_has_source(reactors, entry->source);
    entry_free(reactors, entry);
    /* Whoever was pushed on by the entry moves up, and then whoever was pushed on by that one. */
    const size_t mask = reactors->keys_cap - 1;
    size_t hole = (size_t)(entry - reactors->keys);
    for (size_t i = (hole + 1) & mask; reactors->keys[i].type_name; i = (i + 1) & mask) {
        const size_t home = (size_t)reactors->keys[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        reactors->keys[hole] = reactors->keys[i];
        hole = i;
    }
    reactors->keys[hole] = (weft_key_entry){ .type_name = NULL };
    reactors->keys_len--;
    return lived;
}

void weft_keys_fini(const weft_reactors *reactors)
{
    for (uint32_t i = 0; i < reactors->keys_cap; i++)
        if (reactors->keys[i].type_name)
            entry_free(reactors, &reactors->keys[i]);
    table_free(reactors);
}

const char *weft_keys_fault(const weft_reactors *reactors)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < reactors->keys_cap; i++) {
        const weft_key_entry *entry = &reactors->keys[i];
        if (!entry->type_name)
            continue;
        const weft_key key = { entry->type_name, bytes_of(entry), entry->size_bytes };
        if (entry->hash != hash_of(key))
            return "a key does not have its own hash";
        if (find(reactors, entry->hash, key) != entry)
            return "a key is not found where it is";
        len++;
    }
    if (len != reactors->keys_len || len > reactors->keys_cap / 2)
        return "the keys do not add up";
    return NULL;
}
