/* The data: sixteen databases of string values by key, each with an optional deadline.
 *
 * Time is an argument: milliseconds on one scale of the caller's choosing. An entry whose
 * deadline has come is gone for every call that takes the time, and kv_store_expire removes what
 * nobody asks for, at a cost of what expires and not of what is there.
 *
 * The entries of a database are also one dense array: a random one costs one draw, and a scan
 * walks the array from its high end down. Removal moves the last entry into the hole; that entry
 * is on the visited side of every scan's cursor or stays on the unvisited one, so a scan never
 * misses an entry that is there throughout. What it visits may come twice.
 *
 * Memory is counted as kv_arena and malloc would take it. A limit refuses new entries and values
 * that grow (WEFT_EFULL), never reading, shrinking or removing; tables are counted but not refused.
 * A call that fails changes nothing.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>
#include <weft/wheel.h>

#include "resp.h"

#define KV_DATABASES   16
#define KV_NO_DEADLINE (-1)

typedef struct kv_entry kv_entry;
typedef struct kv_store kv_store;

typedef struct kv_db {
    kv_store *store;
    size_t count;          /* entries, those included that have expired and not been removed yet */
    size_t expiring_count; /* of those, entries with a deadline */

    /* private */
    kv_entry *table;
    kv_entry **entries;
    size_t entries_cap;
    double deadlines_ms; /* their sum, near enough for an average */
} kv_db;

/* Zero means: malloc, no limit, 512 MiB, and a hash that is the same in every run. */
typedef struct kv_store_desc {
    const weft_allocator *allocator;
    size_t max_memory_bytes;
    size_t max_value_bytes; /* below 4 GiB */
    uint64_t seed;          /* give random bits where clients are not trusted to choose keys */
} kv_store_desc;

struct kv_store {
    weft_allocator allocator;
    size_t max_memory_bytes; /* 0 is no limit */
    size_t max_value_bytes;
    size_t used_bytes;
    size_t peak_bytes;
    uint64_t expired_count; /* entries removed because their deadline came */
    kv_db dbs[KV_DATABASES];

    /* private */
    int64_t alarm_ms;
    weft_wheel wheel; /* turns in milliseconds: what it calls nanoseconds is our scale */
    uint64_t hash_seed;
    uint64_t hash_factor;
    uint64_t random;
};

/* An empty store; allocates nothing yet. now_ms is where its time begins. `desc` may be NULL. The
 * store must not be moved. */
void kv_store_init(kv_store *store, int64_t now_ms, const kv_store_desc *desc);

/* Removes everything and gives the memory back. */
void kv_store_fini(kv_store *store);

/* What a key is found by, in any database of the store. O(key). */
typedef struct kv_hash {
    unsigned bits;
} kv_hash;

kv_hash kv_store_hash(const kv_store *store, kv_slice key);

/* The entry of `key`, or NULL. One that has expired is removed first. The second form is for those
 * who have the key's hash. */
kv_entry *kv_store_find(kv_db *db, kv_slice key, int64_t now_ms);
kv_entry *kv_store_find_hashed(kv_db *db, kv_slice key, kv_hash hash, int64_t now_ms);

/* Have the memory fetched that kv_store_find and the use of what it finds will look at, without
 * waiting for it: first what leads to the entry, then, a little later, the entry, and then its
 * value. They change nothing. */
void kv_store_fetch_bucket(const kv_db *db, kv_hash hash);
void kv_store_fetch_entry(const kv_db *db, kv_hash hash);
void kv_store_fetch_value(const kv_db *db, kv_hash hash);

/* Adds `key`, which must not be there, without a deadline. *entry may be NULL.
 * WEFT_ENOMEM, WEFT_EFULL or WEFT_ETOOBIG. */
WEFT_CHECKED weft_status kv_store_insert(kv_db *db, kv_slice key, kv_slice value, kv_entry **entry);

/* Removes and frees an entry. */
void kv_store_remove(kv_entry *entry);

/* Removes all entries of one database. */
void kv_store_clear(kv_db *db);

/* The key and the value; both stay where they are until the entry is changed or removed. */
kv_slice kv_entry_key(const kv_entry *entry);
kv_slice kv_entry_value(const kv_entry *entry);

/* Replaces the value, which may not be part of the entry's own. Keeps the deadline. Allocates
 * only if the value's size class is a larger one, or a far smaller one. Errors as insert. */
WEFT_CHECKED weft_status kv_entry_assign(kv_entry *entry, kv_slice value);

/* Adds bytes behind the value. Amortised O(bytes). Errors as insert. */
WEFT_CHECKED weft_status kv_entry_append(kv_entry *entry, kv_slice bytes);

/* When the entry expires: at the first time >= the deadline, which is not negative.
 * KV_NO_DEADLINE is never. */
int64_t kv_entry_deadline_ms(const kv_entry *entry);
void kv_entry_set_deadline(kv_entry *entry, int64_t deadline_ms);

/* Removes up to `budget` entries whose deadline is at or before now_ms, earliest first. Returns
 * how many. O(removed). */
size_t kv_store_expire(kv_store *store, int64_t now_ms, size_t budget);

/* The earliest deadline; KV_NO_DEADLINE if no entry has one. */
int64_t kv_store_next_deadline_ms(kv_store *store);

/* No entry's deadline is earlier; INT64_MAX if none has one. After kv_store_expire it is exact, and
 * new deadlines bring it forward; removed ones do not put it off. O(1). */
static inline int64_t kv_store_alarm_ms(const kv_store *store)
{
    return store->alarm_ms;
}

/* How long the entries with a deadline have left on average; 0 if there are none. Approximate. */
int64_t kv_store_average_ttl_ms(const kv_db *db, int64_t now_ms);

/* An entry picked at random among those that have not expired, or NULL. */
kv_entry *kv_store_random(kv_db *db, int64_t now_ms);

/* The entry at place `index` < db->count of the array; NULL, and removed, if it has expired. */
kv_entry *kv_store_at(kv_db *db, size_t index, int64_t now_ms);

/* The same without removing anything: NULL if it has expired. */
kv_entry *kv_store_peek(const kv_db *db, size_t index, int64_t now_ms);

/* What setting `key` to `value` would add to used_bytes at most; 0 if it grows nothing. */
size_t kv_store_growth_bytes(kv_db *db, kv_slice key, kv_slice value, int64_t now_ms);

/* Whether the limit leaves room for that much more. */
bool kv_store_has_room(const kv_store *store, size_t bytes);

/* Verifies every invariant; false, with a sentence on stderr, at the first that is broken. For
 * tests. O(entries). */
bool kv_store_check(const kv_store *store);

#endif
