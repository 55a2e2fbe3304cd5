/* The store against a model that is too simple to be wrong, and its promises one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_clean.h"
#include "random.h"
#include "store.h"

static uint64_t random_state;

static size_t random_below(size_t bound)
{
    return (size_t)test_random_below(&random_state, bound);
}

static kv_slice slice(const char *text)
{
    return (kv_slice){ text, strlen(text) };
}

static kv_entry *put(kv_db *db, const char *key, const char *value)
{
    kv_entry *entry;
    assert_int_equal(kv_store_insert(db, slice(key), slice(value), &entry), WEFT_OK);
    return entry;
}

static void assert_value(const kv_entry *entry, const char *bytes, size_t size_bytes)
{
    assert_non_null(entry);
    const kv_slice value = kv_entry_value(entry);
    assert_int_equal(value.size_bytes, size_bytes);
    if (size_bytes > 0)
        assert_memory_equal(value.data, bytes, size_bytes);
}

/* ---- the model ------------------------------------------------------------------------------ */

#define MODEL_KEYS        64
#define MODEL_VALUE_BYTES 400

typedef struct model_key {
    bool present;
    int64_t deadline_ms;
    size_t size_bytes;
    char value[MODEL_VALUE_BYTES];
} model_key;

typedef struct test_model {
    int64_t now_ms;
    model_key keys[MODEL_KEYS];
} test_model;

static model_key *model_find(test_model *model, size_t key)
{
    model_key *found = &model->keys[key];
    if (found->present && found->deadline_ms != KV_NO_DEADLINE &&
        found->deadline_ms <= model->now_ms)
        found->present = false;
    return found->present ? found : NULL;
}

static size_t model_count(test_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < MODEL_KEYS; i++)
        count += model_find(model, i) != NULL;
    return count;
}

/* Keys of different lengths, the empty one among them. */
static kv_slice key_of(size_t key, char *text)
{
    size_t size_bytes = key % 23;
    memset(text, 'k', 23);
    if (size_bytes > 0)
        text[size_bytes / 2] = (char)('0' + key / 23);
    else
        size_bytes = key / 23;
    return (kv_slice){ text, size_bytes };
}

static kv_slice random_value(char *bytes)
{
    const size_t size_bytes =
        random_below(2) ? random_below(30) : random_below(MODEL_VALUE_BYTES / 2);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (char)random_below(256);
    return (kv_slice){ bytes, size_bytes };
}

/* One random operation on both. What the store refuses (memory) the model does not do. */
static void random_step(kv_store *store, test_model *model, kv_db *db)
{
    char key_text[24];
    char bytes[MODEL_VALUE_BYTES];
    const size_t key = random_below(MODEL_KEYS);
    const kv_slice name = key_of(key, key_text);
    kv_entry *entry = kv_store_find(db, name, model->now_ms);
    model_key *expected = model_find(model, key);
    assert_int_equal(entry != NULL, expected != NULL);
    if (entry) {
        assert_value(entry, expected->value, expected->size_bytes);
        assert_int_equal(kv_entry_deadline_ms(entry), expected->deadline_ms);
        assert_int_equal(kv_entry_key(entry).size_bytes, name.size_bytes);
    }
    switch (random_below(12)) {
    case 0:
    case 1:
    case 2: {
        const kv_slice value = random_value(bytes);
        const bool kept = entry != NULL;
        if ((kept ? kv_entry_assign(entry, value) : kv_store_insert(db, name, value, &entry)))
            break;
        if (!kept)
            *(expected = &model->keys[key]) =
                (model_key){ .present = true, .deadline_ms = KV_NO_DEADLINE };
        memcpy(expected->value, value.data, value.size_bytes);
        expected->size_bytes = value.size_bytes;
        break;
    }
    case 3: {
        const kv_slice value = random_value(bytes);
        if (!entry || expected->size_bytes + value.size_bytes > MODEL_VALUE_BYTES ||
            kv_entry_append(entry, value))
            break;
        memcpy(expected->value + expected->size_bytes, value.data, value.size_bytes);
        expected->size_bytes += value.size_bytes;
        break;
    }
    case 4:
    case 5:
        if (entry) {
            kv_store_remove(entry);
            expected->present = false;
        }
        break;
    case 6:
    case 7:
        if (entry) {
            const int64_t deadline_ms =
                random_below(4) ? model->now_ms + (int64_t)random_below(50) : KV_NO_DEADLINE;
            kv_entry_set_deadline(entry, deadline_ms);
            expected->deadline_ms = deadline_ms;
        }
        break;
    case 8: model->now_ms += (int64_t)random_below(10); break;
    case 9: kv_store_expire(store, model->now_ms, random_below(3)); break;
    case 10: {
        kv_entry *any = kv_store_random(db, model->now_ms);
        assert_int_equal(any != NULL, model_count(model) > 0);
        break;
    }
    default:
        if (random_below(200) == 0) {
            kv_store_clear(db);
            memset(model->keys, 0, sizeof model->keys);
        }
        break;
    }
}

static void run_model(uint64_t seed, size_t steps, const kv_store_desc *desc,
                      weft_test_allocator *memory)
{
    static kv_store store;
    static test_model model;
    random_state = seed;
    memset(&model, 0, sizeof model);
    model.now_ms = 1000;
    kv_store_init(&store, model.now_ms, desc);
    kv_db *const db = &store.dbs[seed % KV_DATABASES];
    for (size_t step = 0; step < steps; step++) {
        if (memory && random_below(50) == 0)
            weft_test_allocator_fail(memory, random_below(2) ? 1 + random_below(10) : 0, SIZE_MAX);
        random_step(&store, &model, db);
        if (step % 8 == 0)
            assert_true(kv_store_check(&store));
    }
    (void)kv_store_expire(&store, model.now_ms, SIZE_MAX);
    assert_int_equal(db->count, model_count(&model));
    kv_store_fini(&store);
    assert_int_equal(store.used_bytes, 0);
}

static void random_operations_agree_with_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_model(seed, 5000, &(kv_store_desc){ .seed = seed }, NULL);
}

static void random_operations_agree_with_the_model_when_memory_runs_out(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        run_model(seed, 5000, &(kv_store_desc){ .allocator = &memory.base }, &memory);
        assert_clean(&memory);
    }
}

static void random_operations_agree_with_the_model_under_a_limit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_model(seed, 5000, &(kv_store_desc){ .max_memory_bytes = 8000 }, NULL);
}

/* ---- one by one ----------------------------------------------------------------------------- */

static void keys_of_many_entries_are_all_found(void **state)
{
    (void)state;
    static kv_store store;
    char key[32];
    kv_store_init(&store, 0, NULL);
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        put(&store.dbs[0], key, key);
    }
    assert_int_equal(store.dbs[0].count, 20000);
    assert_true(kv_store_check(&store));
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        assert_value(kv_store_find(&store.dbs[0], slice(key), 0), key, strlen(key));
        assert_null(kv_store_find(&store.dbs[1], slice(key), 0));
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        kv_store_remove(kv_store_find(&store.dbs[0], slice(key), 0));
    }
    assert_true(kv_store_check(&store));
    assert_true(store.used_bytes < 1024); /* what grew with them is gone with them */
    kv_store_fini(&store);
}

static void a_value_that_fits_its_block_is_replaced_without_allocating(void **state)
{
    (void)state;
    static kv_store store;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    static char bytes[1000];
    kv_store_init(&store, 0, &(kv_store_desc){ .allocator = &memory.base });
    kv_entry *number = put(&store.dbs[0], "number", "1");
    kv_entry *text = put(&store.dbs[0], "text", "");
    assert_int_equal(kv_entry_assign(text, (kv_slice){ bytes, sizeof bytes }), WEFT_OK);
    const size_t calls = memory.allocations;
    assert_int_equal(kv_entry_assign(number, slice("-9223372036854775808")), WEFT_OK);
    for (size_t size_bytes = sizeof bytes; size_bytes >= sizeof bytes / 4; size_bytes--)
        assert_int_equal(kv_entry_assign(text, (kv_slice){ bytes, size_bytes }), WEFT_OK);
    assert_int_equal(kv_entry_append(text, (kv_slice){ bytes, 500 }), WEFT_OK);
    assert_int_equal(memory.allocations, calls);

    const size_t used_bytes = store.used_bytes;
    assert_int_equal(kv_entry_assign(text, slice("short again")), WEFT_OK);
    assert_true(store.used_bytes < used_bytes - 900);
    assert_true(kv_store_check(&store));
    kv_store_fini(&store);
}

static void an_entry_is_gone_at_its_deadline_and_not_before(void **state)
{
    (void)state;
    static kv_store store;
    kv_store_init(&store, 5000, NULL);
    kv_db *const db = &store.dbs[0];
    kv_entry_set_deadline(put(db, "a", ""), 5100);
    kv_entry_set_deadline(put(db, "b", ""), 5100);
    kv_entry_set_deadline(put(db, "c", ""), INT64_MAX);
    assert_int_equal(kv_store_next_deadline_ms(&store), 5100);
    assert_int_equal(kv_store_expire(&store, 5099, SIZE_MAX), 0);
    assert_non_null(kv_store_find(db, slice("a"), 5099));
    assert_null(kv_store_find(db, slice("a"), 5100));
    assert_int_equal(db->count, 2);
    assert_int_equal(kv_store_expire(&store, 5100, SIZE_MAX), 1);
    assert_int_equal(store.expired_count, 2);
    assert_int_equal(db->count, 1);
    assert_int_equal(kv_store_next_deadline_ms(&store), INT64_MAX);
    kv_entry_set_deadline(kv_store_find(db, slice("c"), 5100), KV_NO_DEADLINE);
    assert_int_equal(kv_store_next_deadline_ms(&store), KV_NO_DEADLINE);
    kv_store_fini(&store);
}

static void a_budget_bounds_what_expires_at_once(void **state)
{
    (void)state;
    static kv_store store;
    char key[16];
    kv_store_init(&store, 0, NULL);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        kv_entry_set_deadline(put(&store.dbs[i % KV_DATABASES], key, ""), 10 + i % 7);
    }
    assert_int_equal(kv_store_expire(&store, 100, 300), 300);
    assert_true(kv_store_check(&store));
    assert_int_equal(kv_store_next_deadline_ms(&store) <= 16, 1);
    assert_int_equal(kv_store_expire(&store, 100, 0), 0);
    assert_int_equal(kv_store_expire(&store, 100, 10000), 700);
    assert_int_equal(store.expired_count, 1000);
    kv_store_fini(&store);
}

static void the_average_time_to_live_is_that_of_the_entries(void **state)
{
    (void)state;
    static kv_store store;
    kv_store_init(&store, 0, NULL);
    kv_db *const db = &store.dbs[0];
    assert_int_equal(kv_store_average_ttl_ms(db, 0), 0);
    kv_entry_set_deadline(put(db, "a", ""), 1000);
    kv_entry_set_deadline(put(db, "b", ""), 3000);
    put(db, "c", "");
    assert_int_equal(kv_store_average_ttl_ms(db, 500), 1500);
    kv_entry_set_deadline(kv_store_find(db, slice("a"), 0), 5000);
    assert_int_equal(kv_store_average_ttl_ms(db, 500), 3500);
    kv_entry_set_deadline(put(db, "d", ""), INT64_MAX);
    assert_true(kv_store_average_ttl_ms(db, 0) > 0);
    kv_store_remove(kv_store_find(db, slice("d"), 0));
    assert_int_equal(db->expiring_count, 2);
    kv_store_fini(&store);
}

/* Walks with random steps while entries come and go; every one that stays must be seen. */
static void a_scan_sees_every_entry_that_is_there_throughout(void **state)
{
    (void)state;
    static kv_store store;
    char key[24];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        random_state = seed;
        kv_store_init(&store, 0, NULL);
        kv_db *const db = &store.dbs[0];
        const size_t steady = 1 + random_below(100);
        bool seen[100] = { false };
        for (size_t i = 0; i < steady; i++) {
            for (size_t j = random_below(4); j > 0; j--) {
                snprintf(key, sizeof key, "x%zu", random_below(1000));
                if (!kv_store_find(db, slice(key), 0))
                    put(db, key, "");
            }
            snprintf(key, sizeof key, "s%zu", i);
            put(db, key, "");
        }
        for (size_t at = db->count; at > 0;) {
            if (at > db->count)
                at = db->count;
            for (size_t left = 1 + random_below(10); left > 0 && at > 0; left--) {
                const kv_slice name = kv_entry_key(kv_store_at(db, --at, 0));
                if (name.data[0] == 's') {
                    memcpy(key, name.data + 1, name.size_bytes - 1);
                    key[name.size_bytes - 1] = '\0';
                    seen[atoi(key)] = true;
                }
            }
            for (size_t changes = random_below(20); changes > 0; changes--) {
                snprintf(key, sizeof key, "x%zu", random_below(1000));
                kv_entry *entry = kv_store_find(db, slice(key), 0);
                if (entry)
                    kv_store_remove(entry);
                else if (random_below(3) == 0)
                    put(db, key, "");
            }
        }
        for (size_t i = 0; i < steady; i++)
            assert_true(seen[i]);
        kv_store_fini(&store);
    }
}

static void random_entries_are_all_drawn_and_never_expired_ones(void **state)
{
    (void)state;
    static kv_store store;
    size_t drawn[10] = { 0 };
    char key[16];
    kv_store_init(&store, 0, NULL);
    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof key, "%d", i);
        kv_entry *entry = put(&store.dbs[0], key, "");
        if (i % 2)
            kv_entry_set_deadline(entry, 5);
    }
    for (int i = 0; i < 5000; i++)
        drawn[kv_entry_key(kv_store_random(&store.dbs[0], 5)).data[0] - '0']++;
    for (int i = 0; i < 10; i++)
        assert_true(i % 2 ? drawn[i] == 0 : drawn[i] > 800);
    assert_null(kv_store_random(&store.dbs[1], 5));
    kv_store_fini(&store);
}

static void the_limit_refuses_growth_and_nothing_else(void **state)
{
    (void)state;
    static kv_store store;
    static char bytes[4000];
    char key[16];
    kv_store_init(&store, 0, &(kv_store_desc){ .max_memory_bytes = 20000 });
    kv_db *const db = &store.dbs[0];
    kv_entry *large = put(db, "large", "");
    assert_int_equal(kv_entry_assign(large, (kv_slice){ bytes, sizeof bytes }), WEFT_OK);
    weft_status status = WEFT_OK;
    for (int i = 0; !status; i++) {
        snprintf(key, sizeof key, "%d", i);
        status = kv_store_insert(db, slice(key), slice("value"), NULL);
        assert_true(i < 1000);
    }
    assert_int_equal(status, WEFT_EFULL);
    const size_t full_bytes = store.used_bytes;
    assert_true(full_bytes <= 20000);
    assert_int_equal(kv_entry_append(large, (kv_slice){ bytes, sizeof bytes }), WEFT_EFULL);
    assert_value(large, bytes, sizeof bytes);
    assert_int_equal(kv_entry_assign(large, (kv_slice){ bytes, sizeof bytes }), WEFT_OK);
    assert_int_equal(kv_store_growth_bytes(db, slice("large"), slice("x"), 0), 0);
    assert_true(kv_store_growth_bytes(db, slice("none"), slice("x"), 0) > 0);
    assert_int_equal(kv_entry_assign(large, slice("small")), WEFT_OK);
    assert_true(store.used_bytes < full_bytes);
    assert_int_equal(kv_store_insert(db, slice("one more"), slice(""), NULL), WEFT_OK);
    assert_true(kv_store_check(&store));
    kv_store_fini(&store);
}

static void a_value_beyond_the_largest_is_refused(void **state)
{
    (void)state;
    static kv_store store;
    kv_store_init(&store, 0, &(kv_store_desc){ .max_value_bytes = 10 });
    kv_entry *entry = put(&store.dbs[0], "k", "0123456789");
    assert_int_equal(kv_entry_append(entry, slice("x")), WEFT_ETOOBIG);
    assert_int_equal(kv_entry_append(entry, slice("")), WEFT_OK);
    assert_int_equal(kv_entry_assign(entry, slice("0123456789x")), WEFT_ETOOBIG);
    assert_int_equal(kv_store_insert(&store.dbs[0], slice("l"), slice("0123456789x"), NULL),
                     WEFT_ETOOBIG);
    assert_value(entry, "0123456789", 10);
    kv_store_fini(&store);
}

static void every_allocation_that_fails_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    static kv_store store;
    static char bytes[1000];
    const kv_slice long_value = { bytes, sizeof bytes };
    size_t failures = 0;
    for (size_t left = 0;; left++) {
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        weft_test_allocator_fail(&memory, left + 1, SIZE_MAX);
        kv_store_init(&store, 0, &(kv_store_desc){ .allocator = &memory.base });
        char key[24];
        size_t added = 0;
        weft_status status = WEFT_OK;
        for (; added < 100 && !status; added += !status) {
            snprintf(key, sizeof key, "%zu", added);
            status = kv_store_insert(&store.dbs[0], slice(key), added % 2 ? long_value : slice("v"),
                                     NULL);
        }
        if (status)
            assert_int_equal(status, WEFT_ENOMEM);
        failures += status != WEFT_OK;
        assert_int_equal(store.dbs[0].count, added);
        assert_true(kv_store_check(&store));
        weft_test_allocator_fail(&memory, 1, SIZE_MAX);
        if (added > 0) {
            kv_entry *entry = kv_store_find(&store.dbs[0], slice("0"), 0);
            assert_int_equal(kv_entry_assign(entry, long_value), WEFT_ENOMEM);
            assert_int_equal(kv_entry_append(entry, long_value), WEFT_ENOMEM);
            assert_value(entry, "v", 1);
        }
        kv_store_fini(&store);
        assert_clean(&memory);
        if (!status)
            break;
    }
    assert_true(failures > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_agree_with_the_model),
        cmocka_unit_test(random_operations_agree_with_the_model_when_memory_runs_out),
        cmocka_unit_test(random_operations_agree_with_the_model_under_a_limit),
        cmocka_unit_test(keys_of_many_entries_are_all_found),
        cmocka_unit_test(a_value_that_fits_its_block_is_replaced_without_allocating),
        cmocka_unit_test(an_entry_is_gone_at_its_deadline_and_not_before),
        cmocka_unit_test(a_budget_bounds_what_expires_at_once),
        cmocka_unit_test(the_average_time_to_live_is_that_of_the_entries),
        cmocka_unit_test(a_scan_sees_every_entry_that_is_there_throughout),
        cmocka_unit_test(random_entries_are_all_drawn_and_never_expired_ones),
        cmocka_unit_test(the_limit_refuses_growth_and_nothing_else),
        cmocka_unit_test(a_value_beyond_the_largest_is_refused),
        cmocka_unit_test(every_allocation_that_fails_is_an_error_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("kv_store", tests, NULL, NULL);
}
