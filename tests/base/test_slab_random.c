/* Random operations on a slab do what an array and a stack of free indices do. */
#include <weft/slab.h>
#include <weft/testing.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_PLACES = 1024, STALE_IDS = 256 };

typedef struct {
    uint64_t serial;   /* the number of the take */
    weft_slab_tag tag; /* used by tagged slabs alone */
    uint32_t index;
} item;

typedef struct {
    const char *name;
    uint32_t max;
    unsigned retiring; /* of 1000 operations, how many use up the generations of a place */
    uint32_t operations;
    bool tagged;
} profile;

static const profile profiles[] = {
    { "growing", 0, 0, 40000, false },
    { "growing, places retire", 0, 20, 20000, false },
    { "one place", 1, 0, 5000, false },
    { "one chunk", 64, 0, 40000, false },
    { "bounded across chunks", 100, 0, 40000, false },
    { "bounded, places retire until none is left", 100, 20, 40000, false },
    { "tagged, growing, places retire", 0, 20, 20000, true },
    { "tagged, bounded", 100, 0, 40000, true },
};

typedef struct {
    uint64_t random;
    const profile *kind;
    weft_slab slab;
    struct {
        item *item; /* NULL: free */
        uint64_t serial;
        uint32_t generation;
        bool retired;
    } places[MOST_PLACES];
    uint32_t idle[MOST_PLACES]; /* a stack */
    uint32_t idle_len, fresh, len, retired;
    uint64_t serials;
    weft_slab_id stale[STALE_IDS]; /* the latest, in a ring */
    uint32_t stale_count;
} trial;

static weft_slab_id id_of(const trial *t, uint32_t index)
{
    return (weft_slab_id){ index, t->places[index].generation };
}

static bool model_is_full(const trial *t)
{
    return t->kind->max && !t->idle_len && t->fresh == t->kind->max;
}

static void take(trial *t)
{
    weft_slab_id id = { 4711, 4711 };
    if (!model_is_full(t) && t->fresh == MOST_PLACES && !t->idle_len)
        return; /* the model's own limit */
    item *taken = weft_slab_take(&t->slab, &id);
    if (model_is_full(t)) {
        assert_null(taken);
        assert_int_equal(id.index, 4711);
        return;
    }
    const uint32_t index = t->idle_len ? t->idle[--t->idle_len] : t->fresh++;
    assert_non_null(taken);
    assert_int_equal(id.index, index);
    t->places[index].generation++;
    assert_true(id.generation == t->places[index].generation);
    t->places[index].item = taken;
    t->places[index].serial = ++t->serials;
    taken->serial = t->serials;
    taken->index = index;
    t->len++;
}

static void give(trial *t, uint32_t index)
{
    const weft_slab_id id = id_of(t, index);
    assert_true(weft_slab_give(&t->slab, id));
    t->stale[t->stale_count++ % STALE_IDS] = id;
    t->places[index].item = NULL;
    t->places[index].generation++;
    t->places[index].retired = id.generation == UINT32_MAX;
    t->retired += t->places[index].retired;
    if (!t->places[index].retired)
        t->idle[t->idle_len++] = index;
    t->len--;
}

/* Lets the place that will be taken next have its last generation; see test_slab.c for the tags. */
static void use_up(trial *t)
{
    if (!t->idle_len)
        return;
    const uint32_t index = t->idle[t->idle_len - 1];
    char *const chunk = t->slab.chunks[index / WEFT_SLAB_CHUNK];
    weft_slab_tag *const tag =
        (weft_slab_tag *)(void *)(chunk + t->slab.tags_offset +
                                  index % WEFT_SLAB_CHUNK * t->slab.tag_stride);
    tag->generation = t->places[index].generation = UINT32_MAX - 1;
}

static void walk(trial *t)
{
    uint32_t at = 0;
    for (uint32_t index = 0; index < t->fresh; index++) {
        if (!t->places[index].item)
            continue;
        assert_ptr_equal(weft_slab_next(&t->slab, &at), t->places[index].item);
        assert_int_equal(at, index + 1);
    }
    assert_null(weft_slab_next(&t->slab, &at));
}

static void operate(trial *t, uint64_t fill)
{
    const uint32_t index = t->fresh ? (uint32_t)test_random_below(&t->random, t->fresh) : 0;
    if (test_random_below(&t->random, 1000) < t->kind->retiring) {
        use_up(t);
    } else if (test_random_below(&t->random, 100) < fill) {
        take(t);
    } else if (t->places[index].item) {
        give(t, index);
    } else {
        assert_null(weft_slab_get(&t->slab, id_of(t, index)));
        assert_false(weft_slab_give(&t->slab, id_of(t, index)));
    }
}

static void compare(trial *t)
{
    const char *why = NULL;
    if (!weft_slab_check(&t->slab, &why))
        fail_msg("weft_slab_check: %s", why);
    assert_int_equal(weft_slab_len(&t->slab), t->len);
    assert_true(weft_slab_full(&t->slab) == model_is_full(t));
    for (uint32_t i = 0; i < t->stale_count && i < STALE_IDS; i++)
        assert_null(weft_slab_get(&t->slab, t->stale[i]));
    for (uint32_t index = 0; index < t->fresh; index++) {
        const item *expected = t->places[index].item;
        if (expected && t->kind->tagged)
            assert_int_equal(weft_slab_id_of(&expected->tag).index, index);
        assert_ptr_equal(weft_slab_get(&t->slab, id_of(t, index)), expected);
        if (expected) {
            assert_true(expected->serial == t->places[index].serial);
            assert_int_equal(expected->index, index);
        }
    }
}

static void run_trial(const profile *kind, uint64_t seed)
{
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    trial *t = calloc(1, sizeof *t);
    t->random = seed;
    t->kind = kind;
    assert_int_equal(
        kind->tagged
            ? weft_slab_init_tagged(&t->slab, &memory.base, sizeof(item), _Alignof(item), kind->max,
                                    offsetof(item, tag))
            : weft_slab_init(&t->slab, &memory.base, sizeof(item), _Alignof(item), kind->max),
        WEFT_OK);
    for (uint32_t i = 0; i < kind->operations; i++) {
        operate(t, i / 512 % 2 ? 30 : 65);
        if (i % 8 == 0 || i < 1000)
            compare(t);
        if (i % 64 == 0)
            walk(t);
    }
    assert_true((t->retired > 0) == (kind->retiring > 0));
    weft_slab_fini(&t->slab);
    const char *why = NULL;
    assert_true(weft_test_allocator_check(&memory, &why));
    free(t);
}

static void random_operations_do_what_an_array_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            print_message("profile '%s', seed %d\n", profiles[i].name, (int)seed);
            run_trial(&profiles[i], seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_do_what_an_array_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
