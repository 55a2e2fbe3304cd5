/* Reactors that other threads wake: threads raise numbers and notify a conflating queue, the loop
 * marks the sources that the tokens stand for. Each reactor must in the end have seen the last
 * value of its number, and a dispatch runs each of those once that it was told of. */
/* test-labels: threads */
#include <weft/conflate.h>
#include <weft/fn.h>
#include <weft/reactor.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world_check.h"

enum { PRODUCERS = 2, OWN = 16, TOKENS = PRODUCERS * OWN, ROUNDS = 20000, POLLED = 8 };

/* One producer raises each number, relaxed: the queue does the ordering. */
static uint64_t numbers[TOKENS];
static weft_conflate *queue;

typedef struct {
    uint32_t token;
    uint64_t value, runs;
} Seen;

/* Left behind by the reactors at their end. */
static Seen last[TOKENS];
static void keep(Seen *seen)
{
    last[seen->token] = *seen;
}
static void watch(Seen *seen)
{
    seen->value = __atomic_load_n(&numbers[seen->token], __ATOMIC_RELAXED);
    seen->runs++;
}
WEFT_FN(watch, CTX(Seen, keep));

static void *produce(void *arg)
{
    const uint32_t first = *(const uint32_t *)arg;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        const uint32_t token = first + (uint32_t)(round % OWN);
        __atomic_store_n(&numbers[token], round, __ATOMIC_RELAXED);
        weft_conflate_notify(queue, token);
    }
    return NULL;
}

/* What the last value of a token is. */
static uint64_t last_of(uint32_t token)
{
    const uint64_t back = (ROUNDS - token % OWN) % OWN;
    return ROUNDS - back;
}

typedef struct {
    test_world test;
    weft_world *world;
    weft_reactors *reactors;
    weft_source_id sources[TOKENS];
} side;

static void side_init(side *s)
{
    test_world_init(&s->test);
    s->reactors = weft_reactors_install(s->test.builder, NULL);
    assert_non_null(s->reactors);
    s->world = test_world_build(&s->test);
    for (uint32_t i = 0; i < TOKENS; i++) {
        struct watch body;
        weft_reactor_id id;
        assert_int_equal(watch_init(&body, s->world, (Seen){ .token = i }), WEFT_OK);
        assert_int_equal(weft_reactors_add_source(s->reactors, &s->sources[i]), WEFT_OK);
        assert_int_equal(weft_reactors_spawn(s->reactors, &body.base, &id), WEFT_OK);
        assert_int_equal(weft_reactors_subscribe(s->reactors, id, s->sources[i]), WEFT_OK);
    }
}

/* Marks and dispatches what is received, until the producers have ended and nothing is left.
 * Returns how many tokens there were. */
static uint64_t react(side *s, const bool *ended)
{
    uint64_t received = 0;
    for (;;) {
        const bool over = __atomic_load_n(ended, __ATOMIC_ACQUIRE);
        uint32_t tokens[POLLED];
        size_t count;
        if (weft_conflate_receive(queue, tokens, POLLED, over ? 0 : 1000000, &count)) {
            if (over)
                return received;
            continue;
        }
        for (size_t i = 0; i < count; i++)
            assert_int_equal(weft_reactors_mark(s->reactors, s->sources[tokens[i]]), WEFT_OK);
        assert_int_equal(weft_reactors_dispatch(s->reactors, s->world), count);
        received += count;
    }
}

typedef struct {
    pthread_t threads[PRODUCERS];
    bool ended;
} producers;

static void *wait_for_all(void *arg)
{
    producers *p = arg;
    for (uint32_t i = 0; i < PRODUCERS; i++)
        pthread_join(p->threads[i], NULL);
    __atomic_store_n(&p->ended, true, __ATOMIC_RELEASE);
    return NULL;
}

static void each_reactor_sees_the_last_value_of_what_it_was_told_of(void **state)
{
    (void)state;
    static const uint32_t first[PRODUCERS] = { 0, OWN };
    side s;
    producers p = { .ended = false };
    pthread_t waiter;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = TOKENS }, &queue), WEFT_OK);
    side_init(&s);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&p.threads[i], NULL, produce, (void *)&first[i]), 0);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_all, &p), 0);
    const uint64_t received = react(&s, &p.ended);
    pthread_join(waiter, NULL);
    test_world_fini(&s.test);
    weft_conflate_free(queue);
    uint64_t runs = 0;
    for (uint32_t i = 0; i < TOKENS; i++) {
        assert_int_equal(last[i].value, last_of(i));
        runs += last[i].runs;
    }
    assert_int_equal(runs, received);
    assert_true(runs >= TOKENS && runs <= PRODUCERS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reactor_sees_the_last_value_of_what_it_was_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
