/* A slab hands out places at fixed addresses, and an id outlives its item without harm. */
#include <weft/slab.h>
#include <weft/testing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_sound(const weft_slab *slab)
{
    const char *why = NULL;
    if (!weft_slab_check(slab, &why))
        fail_msg("weft_slab_check: %s", why);
}

static weft_slab_id take(weft_slab *slab)
{
    weft_slab_id id = { 0, 0 };
    assert_non_null(weft_slab_take(slab, &id));
    return id;
}

/* A chunk begins with its tags, two uint32_t each: generation and link. No item is given back four
 * billion times in a test, so the generation of a free place (an even number) is set instead. */
static void set_generation(weft_slab *slab, uint32_t index, uint32_t generation)
{
    uint32_t *tags = (uint32_t *)(void *)slab->chunks[index / WEFT_SLAB_CHUNK];
    tags[index % WEFT_SLAB_CHUNK * 2] = generation;
}

static void what_is_taken_is_found_until_it_is_given_back(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, sizeof(int), _Alignof(int), 0), WEFT_OK);
    weft_slab_id id;
    int *item = weft_slab_take(&slab, &id);
    assert_non_null(item);
    assert_ptr_equal(weft_slab_get(&slab, id), item);
    assert_int_equal(weft_slab_len(&slab), 1);
    assert_true(weft_slab_give(&slab, id));
    assert_null(weft_slab_get(&slab, id));
    assert_false(weft_slab_give(&slab, id));
    assert_int_equal(weft_slab_len(&slab), 0);
    assert_sound(&slab);
    weft_slab_fini(&slab);
}

/* '+' takes, a digit gives back what that take (0 is the first) returned; `index` is the place that
 * the last operation took, `generation` the one it got. */
static void places_are_taken_again_last_in_first_out(void **state)
{
    (void)state;
    static const struct {
        const char *operations;
        uint32_t index, generation;
    } table[] = {
        { "+", 0, 1 },      { "++", 1, 1 },      { "+++", 2, 1 },     { "+0+", 0, 3 },
        { "++0+", 0, 3 },   { "++1+", 1, 3 },    { "++01+", 1, 3 },   { "++10+", 0, 3 },
        { "++01++", 0, 3 }, { "++01+++", 2, 1 }, { "+0+1+2+", 0, 7 }, { "+++1+", 1, 3 },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
        weft_slab_id taken[16], last = { 0, 0 };
        size_t takes = 0;
        for (const char *c = table[i].operations; *c; c++) {
            if (*c == '+')
                last = taken[takes++] = take(&slab);
            else
                assert_true(weft_slab_give(&slab, taken[*c - '0']));
            assert_sound(&slab);
        }
        assert_int_equal(last.index, table[i].index);
        assert_int_equal(last.generation, table[i].generation);
        weft_slab_fini(&slab);
    }
}

static void ids_that_were_never_given_out_find_nothing(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
    const weft_slab_id first = take(&slab);
    const weft_slab_id freed = take(&slab);
    assert_true(weft_slab_give(&slab, freed));
    const weft_slab_id strange[] = {
        { 0, 0 },
        { first.index, first.generation + 1 },
        { first.index, first.generation + 2 },
        { first.index, UINT32_MAX },
        { freed.index, freed.generation },
        { freed.index, freed.generation + 1 }, /* what the tag of the free place says */
        { freed.index, 0 },
        { 2, 0 },
        { 2, 1 }, /* memory is there, but it was never taken */
        { WEFT_SLAB_CHUNK, 1 },
        { UINT32_MAX, 1 },
        { UINT32_MAX, UINT32_MAX },
    };
    for (size_t i = 0; i < COUNT(strange); i++) {
        assert_null(weft_slab_get(&slab, strange[i]));
        assert_false(weft_slab_give(&slab, strange[i]));
    }
    assert_int_equal(weft_slab_len(&slab), 1);
    assert_non_null(weft_slab_get(&slab, first));
    assert_sound(&slab);
    weft_slab_fini(&slab);
}

static void a_bounded_slab_refuses_what_exceeds_its_limit(void **state)
{
    (void)state;
    static const uint32_t limits[] = { 1, 2, 63, 64, 65, 128, 1000 };
    for (size_t i = 0; i < COUNT(limits); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, limits[i]), WEFT_OK);
        weft_slab_id id = { 0, 0 };
        for (uint32_t n = 0; n < limits[i]; n++) {
            assert_false(weft_slab_full(&slab));
            id = take(&slab);
        }
        assert_true(weft_slab_full(&slab));
        weft_slab_id untouched = { 4711, 4711 };
        assert_null(weft_slab_take(&slab, &untouched));
        assert_int_equal(untouched.index, 4711);
        assert_int_equal(untouched.generation, 4711);
        assert_true(weft_slab_give(&slab, id));
        assert_false(weft_slab_full(&slab));
        assert_int_equal(take(&slab).index, id.index);
        assert_true(weft_slab_full(&slab));
        assert_sound(&slab);
        weft_slab_fini(&slab);
    }
}

static void a_growing_slab_is_never_full(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
    for (int i = 0; i < 1000; i++) {
        assert_false(weft_slab_full(&slab));
        assert_int_equal(take(&slab).index, i);
    }
    assert_sound(&slab);
    weft_slab_fini(&slab);
}

static void items_stay_where_they_are_apart_and_aligned(void **state)
{
    (void)state;
    static const struct {
        size_t bytes, align;
    } table[] = { { 1, 1 }, { 3, 1 }, { 3, 2 }, { 8, 8 }, { 24, 16 }, { 100, 64 }, { 1, 4096 } };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, table[i].bytes, table[i].align, 0), WEFT_OK);
        weft_slab_id ids[200];
        unsigned char *items[200];
        for (size_t n = 0; n < COUNT(items); n++) {
            items[n] = weft_slab_take(&slab, &ids[n]);
            assert_non_null(items[n]);
            assert_int_equal((uintptr_t)items[n] % table[i].align, 0);
            memset(items[n], (int)n, table[i].bytes);
        }
        for (size_t n = 0; n < COUNT(items); n++) {
            assert_ptr_equal(weft_slab_get(&slab, ids[n]), items[n]);
            for (size_t byte = 0; byte < table[i].bytes; byte++)
                assert_int_equal(items[n][byte], n);
        }
        assert_sound(&slab); /* the tags were not written to */
        weft_slab_fini(&slab);
    }
}

static void next_visits_what_is_taken_by_index(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, sizeof(uint32_t), 4, 0), WEFT_OK);
    uint32_t at = 0;
    assert_null(weft_slab_next(&slab, &at));
    weft_slab_id ids[150];
    for (uint32_t i = 0; i < COUNT(ids); i++) {
        uint32_t *item = weft_slab_take(&slab, &ids[i]);
        assert_non_null(item);
        *item = i;
    }
    for (uint32_t i = 0; i < COUNT(ids); i++)
        if (i % 3)
            assert_true(weft_slab_give(&slab, ids[i]));
    uint32_t expected = 0;
    const uint32_t *item;
    for (at = 0; (item = weft_slab_next(&slab, &at)); expected += 3) {
        assert_int_equal(*item, expected);
        assert_int_equal(at, expected + 1);
    }
    assert_int_equal(expected, 150);
    for (at = 0; (item = weft_slab_next(&slab, &at));)
        assert_true(weft_slab_give(&slab, ids[*item])); /* on the way */
    assert_int_equal(weft_slab_len(&slab), 0);
    assert_sound(&slab);
    weft_slab_fini(&slab);
}

static void a_place_whose_generations_are_used_up_is_retired(void **state)
{
    (void)state;
    static const uint32_t limits[] = { 0, 2 };
    for (size_t i = 0; i < COUNT(limits); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, limits[i]), WEFT_OK);
        assert_true(weft_slab_give(&slab, take(&slab)));
        set_generation(&slab, 0, UINT32_MAX - 3);
        const weft_slab_id last_but_one = take(&slab);
        assert_int_equal(last_but_one.generation, UINT32_MAX - 2);
        assert_true(weft_slab_give(&slab, last_but_one));
        const weft_slab_id last = take(&slab);
        assert_int_equal(last.index, 0);
        assert_true(last.generation == UINT32_MAX);
        assert_null(weft_slab_get(&slab, last_but_one));
        assert_sound(&slab);

        assert_true(weft_slab_give(&slab, last));
        assert_null(weft_slab_get(&slab, last));
        assert_false(weft_slab_give(&slab, last));
        assert_null(weft_slab_get(&slab, (weft_slab_id){ 0, 0 }));
        assert_null(weft_slab_get(&slab, (weft_slab_id){ 0, 1 })); /* the first id of all */
        assert_int_equal(weft_slab_len(&slab), 0);
        assert_sound(&slab);

        assert_int_equal(take(&slab).index, 1); /* never 0 again */
        assert_true(weft_slab_full(&slab) == (limits[i] == 2));
        uint32_t at = 0;
        assert_non_null(weft_slab_next(&slab, &at));
        assert_int_equal(at, 2);
        assert_sound(&slab);
        weft_slab_fini(&slab);
    }
}

static void impossible_items_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t bytes, align;
        weft_status expected;
    } table[] = {
        { 0, 8, WEFT_EINVAL },
        { 8, 0, WEFT_EINVAL },
        { 8, 3, WEFT_EINVAL },
        { 8, 24, WEFT_EINVAL },
        { SIZE_MAX, 8, WEFT_ENOMEM },
        { SIZE_MAX / 64, 8, WEFT_ENOMEM },
        { 8, (size_t)1 << 63, WEFT_ENOMEM },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, table[i].bytes, table[i].align, 1),
                         table[i].expected);
        weft_slab_fini(&slab);
    }
}

static void a_zeroed_slab_and_a_second_fini_are_accepted(void **state)
{
    (void)state;
    weft_slab slab = { .len = 0 };
    weft_slab_fini(NULL);
    weft_slab_fini(&slab);
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 3), WEFT_OK);
    const weft_slab_id id = take(&slab);
    weft_slab_fini(&slab);
    weft_slab_fini(&slab);
    assert_null(weft_slab_get(&slab, id));
    assert_false(weft_slab_give(&slab, id));
    uint32_t at = 0;
    assert_null(weft_slab_next(&slab, &at));
}

static void memory_is_asked_for_at_init_or_when_more_is_taken_than_ever(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    weft_slab slab;
    static const uint32_t limits[] = { 1, 63, 64, 65, 130 };
    for (size_t at = 0; at < COUNT(limits); at++) {
        assert_int_equal(weft_slab_init(&slab, &memory.base, 8, 8, limits[at]), WEFT_OK);
        const size_t at_init = memory.allocations;
        for (int round = 0; round < 3; round++) {
            weft_slab_id ids[130];
            for (size_t i = 0; i < limits[at]; i++)
                ids[i] = take(&slab);
            for (size_t i = 0; i < limits[at]; i++)
                assert_true(weft_slab_give(&slab, ids[i]));
        }
        assert_int_equal(memory.allocations, at_init);
        weft_slab_fini(&slab);
    }

    assert_int_equal(weft_slab_init(&slab, &memory.base, 8, 8, 0), WEFT_OK);
    size_t high_water = 0;
    for (int round = 0; round < 3; round++) {
        weft_slab_id ids[300];
        for (size_t i = 0; i < COUNT(ids); i++)
            ids[i] = take(&slab);
        for (size_t i = 0; i < COUNT(ids); i++)
            assert_true(weft_slab_give(&slab, ids[i]));
        if (round == 0)
            high_water = memory.allocations;
    }
    assert_int_equal(memory.allocations, high_water);
    weft_slab_fini(&slab);
    const char *why = NULL;
    assert_true(weft_test_allocator_check(&memory, &why));
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    weft_slab slab;
    /* A bounded slab: each allocation of init fails in turn. */
    for (size_t nth = 1;; nth++) {
        weft_test_allocator_fail(&memory, nth, 1);
        const weft_status status = weft_slab_init(&slab, &memory.base, 8, 8, 200);
        if (status == WEFT_OK) {
            assert_true(nth > 4); /* four chunks and the table of chunks */
            break;
        }
        assert_int_equal(status, WEFT_ENOMEM);
        assert_int_equal(memory.live_blocks, 0);
        weft_slab_fini(&slab);
    }
    weft_test_allocator_fail(&memory, 0, 0);
    weft_slab_fini(&slab);

    /* A growing one: each allocation of each take fails in turn. */
    assert_int_equal(weft_slab_init(&slab, &memory.base, 8, 8, 0), WEFT_OK);
    uint32_t refused = 0;
    for (uint32_t taken = 0; taken < 1000; taken++) {
        weft_slab_id id = { 4711, 4711 };
        for (size_t nth = 1;; nth++) {
            weft_test_allocator_fail(&memory, nth, 1);
            if (weft_slab_take(&slab, &id))
                break;
            assert_int_equal(id.index, 4711);
            assert_false(weft_slab_full(&slab));
            assert_int_equal(weft_slab_len(&slab), taken);
            assert_sound(&slab);
            refused++;
        }
        assert_int_equal(id.index, taken);
        assert_int_equal(weft_slab_len(&slab), taken + 1);
        assert_sound(&slab);
    }
    assert_int_equal(refused, 18); /* 16 chunks, and the table of chunks grows twice */
    weft_test_allocator_fail(&memory, 0, 0);
    weft_slab_fini(&slab);
    const char *why = NULL;
    assert_true(weft_test_allocator_check(&memory, &why));
}

static void check_notices_what_is_broken(void **state)
{
    (void)state;
    static const struct {
        uint32_t len, free_len, fresh; /* added */
        uint32_t generation;           /* of place 0; 0: as it is */
        const char *why;
    } table[] = {
        { 1, 0, 0, 0, "do not add up" },
        { 0, 1, 0, 0, "is no free place" }, /* place 0, which is taken */
        { 0, 1000, 0, 0, "is no free place" },
        { 0, 0, 1000, 0, "more places than memory" },
        { 0, 0, 0, 2, "do not add up" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_slab slab;
        assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
        take(&slab);
        take(&slab);
        slab.len += table[i].len;
        slab.free_len += table[i].free_len;
        slab.fresh += table[i].fresh;
        if (table[i].generation)
            set_generation(&slab, 0, table[i].generation);
        const char *why = "";
        assert_false(weft_slab_check(&slab, &why));
        assert_non_null(strstr(why, table[i].why));
        weft_slab_fini(&slab);
    }
}

static void check_notices_a_taken_place_that_was_written_to(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
    take(&slab);
    take(&slab);
    uint32_t *const tags = (uint32_t *)(void *)slab.chunks[0];
    tags[1 * 2 + 1]++; /* what place 1 says its index is */
    const char *why = "";
    assert_false(weft_slab_check(&slab, &why));
    assert_non_null(strstr(why, "does not know its index"));
    weft_slab_fini(&slab);
}

static void check_notices_what_was_never_taken_among_the_free(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
    weft_slab_give(&slab, take(&slab));
    const char *why = "";
    slab.free_len = 0; /* what was taken is nowhere */
    assert_false(weft_slab_check(&slab, &why));
    assert_non_null(strstr(why, "do not add up"));
    slab.free_len = 1;
    *(uint32_t *)(void *)(slab.chunks[0] + slab.free_offset) = slab.fresh;
    assert_false(weft_slab_check(&slab, &why));
    assert_non_null(strstr(why, "is no free place"));
    weft_slab_fini(&slab);
}

static void check_notices_a_place_that_is_free_twice(void **state)
{
    (void)state;
    weft_slab slab;
    assert_int_equal(weft_slab_init(&slab, NULL, 8, 8, 0), WEFT_OK);
    const weft_slab_id a = take(&slab), b = take(&slab);
    weft_slab_give(&slab, a);
    weft_slab_give(&slab, b);
    assert_sound(&slab);
    uint32_t *const stack = (uint32_t *)(void *)(slab.chunks[0] + slab.free_offset);
    stack[1] = stack[0];
    const char *why = "";
    assert_false(weft_slab_check(&slab, &why));
    assert_non_null(strstr(why, "twice"));
    weft_slab_fini(&slab);
}

static void items_may_hold_their_tags(void **state)
{
    (void)state;
    typedef struct {
        uint64_t value;
        weft_slab_tag tag;
        char more[40];
    } tagged;
    weft_slab slab;
    tagged *items[150];
    weft_slab_id ids[150];
    assert_int_equal(
        weft_slab_init_tagged(&slab, NULL, sizeof(tagged), 64, 150, offsetof(tagged, tag)),
        WEFT_OK);
    for (uint32_t i = 0; i < 150; i++) {
        items[i] = weft_slab_take(&slab, &ids[i]);
        assert_non_null(items[i]);
        assert_true((uintptr_t)items[i] % 64 == 0);
        items[i]->value = i;
        memset(items[i]->more, 0xff, sizeof items[i]->more);
        const weft_slab_id id = weft_slab_id_of(&items[i]->tag);
        assert_int_equal(id.index, ids[i].index);
        assert_int_equal(id.generation, ids[i].generation);
    }
    assert_sound(&slab);
    for (uint32_t i = 0; i < 150; i++) {
        assert_ptr_equal(weft_slab_get(&slab, ids[i]), items[i]);
        assert_int_equal(items[i]->value, i);
        assert_true(weft_slab_give(&slab, weft_slab_id_of(&items[i]->tag)));
        assert_null(weft_slab_get(&slab, ids[i]));
    }
    assert_sound(&slab);
    weft_slab_fini(&slab);

    static const struct {
        size_t item_bytes, align_bytes, tag_offset;
    } refused[] = { { 16, 8, 9 }, { 16, 8, 12 }, { 4, 4, 0 }, { 16, 8, 16 }, { 16, 2, 0 } };
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_int_equal(weft_slab_init_tagged(&slab, NULL, refused[i].item_bytes,
                                               refused[i].align_bytes, 0, refused[i].tag_offset),
                         WEFT_EINVAL);

    /* The tag may be at the end of the item, or all of it. */
    static const size_t sizes[] = { sizeof(weft_slab_tag), 2 * sizeof(weft_slab_tag) };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(
            weft_slab_init_tagged(&slab, NULL, sizes[i], 8, 0, sizes[i] - sizeof(weft_slab_tag)),
            WEFT_OK);
        const weft_slab_id id = take(&slab);
        assert_non_null(weft_slab_get(&slab, id));
        weft_slab_fini(&slab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_found_until_it_is_given_back),
        cmocka_unit_test(places_are_taken_again_last_in_first_out),
        cmocka_unit_test(ids_that_were_never_given_out_find_nothing),
        cmocka_unit_test(a_bounded_slab_refuses_what_exceeds_its_limit),
        cmocka_unit_test(a_growing_slab_is_never_full),
        cmocka_unit_test(items_stay_where_they_are_apart_and_aligned),
        cmocka_unit_test(next_visits_what_is_taken_by_index),
        cmocka_unit_test(a_place_whose_generations_are_used_up_is_retired),
        cmocka_unit_test(impossible_items_are_refused),
        cmocka_unit_test(a_zeroed_slab_and_a_second_fini_are_accepted),
        cmocka_unit_test(memory_is_asked_for_at_init_or_when_more_is_taken_than_ever),
        cmocka_unit_test(without_memory_nothing_changes),
        cmocka_unit_test(check_notices_what_is_broken),
        cmocka_unit_test(check_notices_a_taken_place_that_was_written_to),
        cmocka_unit_test(check_notices_what_was_never_taken_among_the_free),
        cmocka_unit_test(check_notices_a_place_that_is_free_twice),
        cmocka_unit_test(items_may_hold_their_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
