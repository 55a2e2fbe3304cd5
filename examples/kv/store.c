#include "store_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h> /* as store_internal.h has set it up */

#define KV_DEFAULT_MAX_VALUE_BYTES (512U * 1024 * 1024)
#define KV_FIRST_ENTRIES           16
#define KV_FETCH_BYTES             1024 /* of a value, before it is asked for */

/* ---- hash ----------------------------------------------------------------------------------- */

__extension__ typedef unsigned __int128 kv_u128;

static uint64_t fold(uint64_t a, uint64_t b)
{
    const kv_u128 product = (kv_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to seven bytes in a word, read straight into registers. */
static uint64_t tail_of(const char *bytes, size_t size_bytes)
{
    if (size_bytes >= 4) {
        uint32_t head, tail;
        memcpy(&head, bytes, 4);
        memcpy(&tail, bytes + size_bytes - 4, 4);
        return head | (uint64_t)tail << 32;
    }
    if (size_bytes == 0)
        return 0;
    return (unsigned char)bytes[0] | (uint64_t)(unsigned char)bytes[size_bytes / 2] << 8 |
           (uint64_t)(unsigned char)bytes[size_bytes - 1] << 16;
}

/* Eight bytes at a time, multiplied and folded, keyed by the store's seed. */
kv_hash kv_store_hash(const kv_store *store, kv_slice key)
{
    uint64_t hash = store->hash_seed + key.size_bytes;
    const char *at = key.data;
    size_t left = key.size_bytes;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t chunk;
        memcpy(&chunk, at, 8);
        hash = fold(hash ^ chunk, store->hash_factor);
    }
    hash = fold(hash ^ tail_of(at, left), store->hash_factor);
    return (kv_hash){ (unsigned)(hash ^ hash >> 32) };
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15U;
    const uint64_t mixed = (*state ^ *state >> 32) * 0xd6e8feb86659fd93U;
    return fold(mixed, 0xa0761d6478bd642fU) ^ mixed >> 29;
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

void kv_store_init(kv_store *store, int64_t now_ms, const kv_store_desc *desc)
{
    static const kv_store_desc defaults = { 0 };
    if (!desc)
        desc = &defaults;
    memset(store, 0, sizeof *store);
    store->allocator = weft_allocator_or_default(desc->allocator);
    store->max_memory_bytes = desc->max_memory_bytes;
    store->max_value_bytes =
        desc->max_value_bytes ? desc->max_value_bytes : KV_DEFAULT_MAX_VALUE_BYTES;
    store->random = desc->seed;
    store->hash_seed = next_random(&store->random);
    store->hash_factor = next_random(&store->random) | 1;
    store->alarm_ms = INT64_MAX;
    weft_wheel_init(&store->wheel, now_ms);
    for (size_t i = 0; i < KV_DATABASES; i++)
        store->dbs[i].store = store;
}

void kv_store_fini(kv_store *store)
{
    for (size_t i = 0; i < KV_DATABASES; i++)
        kv_store_clear(&store->dbs[i]);
}

static void free_entry(kv_store *store, kv_entry *entry)
{
    if (!kv_entry_is_inline(entry))
        kv_store_give_back(store, entry->value, entry->value_cap);
    kv_store_give_back(store, entry, kv_entry_bytes(entry->hh.keylen, entry->inline_cap));
}

void kv_store_clear(kv_db *db)
{
    kv_store *const owner = db->store;
    HASH_CLEAR(hh, db->table);
    for (size_t i = 0; i < db->count; i++) {
        weft_wheel_cancel(&owner->wheel, &db->entries[i]->node);
        free_entry(owner, db->entries[i]);
    }
    if (db->entries)
        kv_store_give_back(owner, db->entries, db->entries_cap * sizeof *db->entries);
    *db = (kv_db){ .store = owner };
}

/* ---- the dense array ------------------------------------------------------------------------ */

static bool resize_entries(kv_db *db, size_t cap)
{
    kv_entry **entries = kv_store_take(db->store, cap * sizeof *entries);
    if (!entries)
        return false;
    if (db->entries) {
        memcpy(entries, db->entries, db->count * sizeof *entries);
        kv_store_give_back(db->store, db->entries, db->entries_cap * sizeof *entries);
    }
    db->entries = entries;
    db->entries_cap = cap;
    return true;
}

static void drop_from_array(kv_db *db, size_t index)
{
    db->count--;
    db->entries[index] = db->entries[db->count];
    db->entries[index]->index = index;
    if (db->count < db->entries_cap / 4 && db->entries_cap > KV_FIRST_ENTRIES)
        (void)resize_entries(db, db->entries_cap / 2); /* staying large is no failure */
}

/* ---- entries -------------------------------------------------------------------------------- */

static bool has_expired(const kv_entry *entry, int64_t now_ms)
{
    return entry->deadline_ms != KV_NO_DEADLINE && entry->deadline_ms <= now_ms;
}

/* Keeps the entry if it is alive; removes and forgets it otherwise. */
static kv_entry *keep_alive(kv_entry *entry, int64_t now_ms)
{
    if (__builtin_expect(!has_expired(entry, now_ms), 1))
        return entry;
    entry->db->store->expired_count++;
    kv_store_remove(entry);
    return NULL;
}

kv_entry *kv_store_find_hashed(kv_db *db, kv_slice key, kv_hash hash, int64_t now_ms)
{
    if (!db->table)
        return NULL;
    kv_entry *entry;
    HASH_FIND_BYHASHVALUE(hh, db->table, key.data, (unsigned)key.size_bytes, hash.bits, entry);
    return entry ? keep_alive(entry, now_ms) : NULL;
}

kv_entry *kv_store_find(kv_db *db, kv_slice key, int64_t now_ms)
{
    return kv_store_find_hashed(db, key, kv_store_hash(db->store, key), now_ms);
}

static const UT_hash_bucket *bucket_of(const kv_db *db, kv_hash hash)
{
    const UT_hash_table *table = db->table->hh.tbl;
    return &table->buckets[hash.bits & (table->num_buckets - 1)];
}

void kv_store_fetch_bucket(const kv_db *db, kv_hash hash)
{
    if (db->table)
        __builtin_prefetch(bucket_of(db, hash));
}

/* Mostly the first entry of its bucket is the one; NULL if there is none. */
static const kv_entry *likely_entry(const kv_db *db, kv_hash hash)
{
    const UT_hash_handle *const head = db->table ? bucket_of(db, hash)->hh_head : NULL;
    if (!head)
        return NULL;
    return (const kv_entry *)(const void *)((const char *)head - offsetof(kv_entry, hh));
}

void kv_store_fetch_entry(const kv_db *db, kv_hash hash)
{
    const kv_entry *const entry = likely_entry(db, hash);
    if (!entry)
        return;
    for (size_t at = offsetof(kv_entry, hh.hh_next); at < sizeof(kv_entry) + 32; at += 64)
        __builtin_prefetch((const char *)entry + at);
}

void kv_store_fetch_value(const kv_db *db, kv_hash hash)
{
    const kv_entry *const entry = likely_entry(db, hash);
    if (!entry || entry->hh.hashv != hash.bits || kv_entry_is_inline(entry))
        return;
    const size_t size_bytes =
        entry->value_bytes < KV_FETCH_BYTES ? entry->value_bytes : KV_FETCH_BYTES;
    for (size_t at = 0; at < size_bytes; at += 64)
        __builtin_prefetch(entry->value + at);
}

static kv_entry *new_entry(kv_db *db, kv_slice key, kv_slice value)
{
    kv_store *const store = db->store;
    const size_t inline_cap = kv_inline_cap_for(key.size_bytes, value.size_bytes);
    kv_entry *entry = kv_store_take(store, kv_entry_bytes(key.size_bytes, inline_cap));
    if (!entry)
        return NULL;
    memset(entry, 0, sizeof *entry);
    entry->db = db;
    entry->deadline_ms = KV_NO_DEADLINE;
    entry->inline_cap = (uint32_t)inline_cap;
    entry->hh.keylen = (unsigned)key.size_bytes;
    entry->value = entry->bytes + key.size_bytes;
    entry->value_cap = entry->inline_cap;
    if (value.size_bytes > inline_cap) {
        const size_t cap = kv_class_bytes(value.size_bytes);
        char *outside = kv_store_take(store, cap);
        if (!outside) {
            kv_store_give_back(store, entry, kv_entry_bytes(key.size_bytes, inline_cap));
            return NULL;
        }
        entry->value = outside;
        entry->value_cap = (uint32_t)cap;
    }
    if (key.size_bytes > 0)
        memcpy(entry->bytes, key.data, key.size_bytes);
    if (value.size_bytes > 0)
        memcpy(entry->value, value.data, value.size_bytes);
    entry->value_bytes = (uint32_t)value.size_bytes;
    return entry;
}

weft_status kv_store_insert(kv_db *db, kv_slice key, kv_slice value, kv_entry **entry)
{
    kv_store *const owner = db->store;
    if (value.size_bytes > owner->max_value_bytes || key.size_bytes > owner->max_value_bytes)
        return WEFT_ETOOBIG;
    if (!kv_store_has_room(owner, kv_new_entry_bytes(key.size_bytes, value.size_bytes)))
        return WEFT_EFULL;
    if (db->count == db->entries_cap &&
        !resize_entries(db, db->count ? db->count * 2 : KV_FIRST_ENTRIES))
        return WEFT_ENOMEM;
    kv_entry *added = new_entry(db, key, value);
    if (!added)
        return WEFT_ENOMEM;
    const unsigned hash = kv_store_hash(owner, key).bits;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, db->table, added->bytes, (unsigned)key.size_bytes, hash, added);
    if (!added->hh.tbl) {
        added->hh.keylen = (unsigned)key.size_bytes;
        free_entry(owner, added);
        return WEFT_ENOMEM;
    }
    added->index = db->count;
    db->entries[db->count++] = added;
    if (entry)
        *entry = added;
    return WEFT_OK;
}

void kv_store_remove(kv_entry *entry)
{
    kv_db *const db = entry->db;
    kv_store *const owner = db->store;
    kv_entry_set_deadline(entry, KV_NO_DEADLINE);
    HASH_DELETE(hh, db->table, entry);
    drop_from_array(db, entry->index);
    free_entry(owner, entry);
}

/* ---- deadlines ------------------------------------------------------------------------------ */

int64_t kv_entry_deadline_ms(const kv_entry *entry)
{
    return entry->deadline_ms;
}

void kv_entry_set_deadline(kv_entry *entry, int64_t deadline_ms)
{
    assert(deadline_ms >= 0 || deadline_ms == KV_NO_DEADLINE);
    weft_wheel *const wheel = &entry->db->store->wheel;
    if (entry->deadline_ms != KV_NO_DEADLINE) {
        weft_wheel_cancel(wheel, &entry->node);
        entry->db->expiring_count--;
        entry->db->deadlines_ms -= (double)entry->deadline_ms;
    }
    entry->deadline_ms = deadline_ms;
    if (deadline_ms != KV_NO_DEADLINE) {
        weft_wheel_schedule(wheel, &entry->node, deadline_ms);
        if (deadline_ms < entry->db->store->alarm_ms)
            entry->db->store->alarm_ms = deadline_ms;
        entry->db->expiring_count++;
        entry->db->deadlines_ms += (double)deadline_ms;
    } else if (entry->db->expiring_count == 0) {
        entry->db->deadlines_ms = 0; /* no rounding error outlives its cause */
    }
}

size_t kv_store_expire(kv_store *store, int64_t now_ms, size_t budget)
{
    size_t removed = 0;
    weft_wheel_expire(&store->wheel, now_ms);
    while (removed < budget) {
        weft_wheel_node *node = weft_wheel_pop(&store->wheel);
        if (!node)
            break;
        kv_store_remove((kv_entry *)(void *)node);
        store->expired_count++;
        removed++;
    }
    store->alarm_ms = INT64_MAX;
    (void)weft_wheel_next_deadline(&store->wheel, &store->alarm_ms);
    return removed;
}

int64_t kv_store_next_deadline_ms(kv_store *store)
{
    int64_t deadline_ms = KV_NO_DEADLINE;
    (void)weft_wheel_next_deadline(&store->wheel, &deadline_ms);
    return deadline_ms;
}

int64_t kv_store_average_ttl_ms(const kv_db *db, int64_t now_ms)
{
    if (db->expiring_count == 0)
        return 0;
    const double left_ms = db->deadlines_ms / (double)db->expiring_count - (double)now_ms;
    if (left_ms <= 0)
        return 0;
    return left_ms < (double)(INT64_MAX / 2) ? (int64_t)left_ms : INT64_MAX / 2;
}

/* ---- walking -------------------------------------------------------------------------------- */

kv_entry *kv_store_random(kv_db *db, int64_t now_ms)
{
    while (db->count > 0) {
        const uint64_t draw = next_random(&db->store->random);
        kv_entry *entry = kv_store_at(db, (size_t)((kv_u128)draw * db->count >> 64), now_ms);
        if (entry)
            return entry;
    }
    return NULL;
}

kv_entry *kv_store_at(kv_db *db, size_t index, int64_t now_ms)
{
    assert(index < db->count);
    return keep_alive(db->entries[index], now_ms);
}

kv_entry *kv_store_peek(const kv_db *db, size_t index, int64_t now_ms)
{
    assert(index < db->count);
    kv_entry *entry = db->entries[index];
    return has_expired(entry, now_ms) ? NULL : entry;
}

/* ---- verification --------------------------------------------------------------------------- */

static bool broken(const char *sentence)
{
    fprintf(stderr, "kv_store_check: %s\n", sentence);
    return false;
}

static size_t table_bytes(const kv_db *db)
{
    if (!db->table)
        return 0;
    const UT_hash_table *table = db->table->hh.tbl;
    return kv_block_bytes(sizeof *table) +
           kv_block_bytes(table->num_buckets * sizeof(UT_hash_bucket));
}

static bool check_db(const kv_db *db, size_t *bytes)
{
    size_t expiring = 0;
    *bytes += table_bytes(db);
    if (db->entries)
        *bytes += kv_block_bytes(db->entries_cap * sizeof *db->entries);
    if (HASH_COUNT(db->table) != db->count)
        return broken("the table and the array differ in length");
    for (size_t i = 0; i < db->count; i++) {
        const kv_entry *entry = db->entries[i];
        const kv_entry *found;
        const unsigned hash = kv_store_hash(db->store, kv_entry_key(entry)).bits;
        HASH_FIND_BYHASHVALUE(hh, db->table, entry->bytes, entry->hh.keylen, hash, found);
        if (found != entry)
            return broken("an entry of the array is not in the table");
        if (entry->index != i || entry->db != db)
            return broken("an entry does not know its place");
        if (entry->value_bytes > entry->value_cap)
            return broken("a value is longer than its room");
        const bool expires = entry->deadline_ms != KV_NO_DEADLINE;
        if (weft_wheel_pending(&entry->node) != expires ||
            (expires && entry->node.deadline_ns != entry->deadline_ms))
            return broken("an entry and the wheel differ about its deadline");
        if (expires && entry->deadline_ms < db->store->alarm_ms)
            return broken("a deadline comes before the alarm");
        expiring += expires;
        *bytes += kv_block_bytes(kv_entry_bytes(entry->hh.keylen, entry->inline_cap)) +
                  kv_entry_outside_bytes(entry);
    }
    return db->expiring_count == expiring || broken("the count of expiring entries is wrong");
}

bool kv_store_check(const kv_store *store)
{
    size_t bytes = 0;
    size_t expiring = 0;
    const char *why = NULL;
    for (size_t i = 0; i < KV_DATABASES; i++) {
        if (!check_db(&store->dbs[i], &bytes))
            return false;
        expiring += store->dbs[i].expiring_count;
    }
    if (bytes != store->used_bytes)
        return broken("the memory in use is not what was counted");
    if (weft_wheel_len(&store->wheel) != expiring)
        return broken("the wheel holds what no entry knows");
    if (!weft_wheel_check(&store->wheel, &why))
        return broken(why);
    return true;
}
