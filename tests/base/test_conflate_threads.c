/* The conflating queue where threads meet.
 *
 * Each token has a counter that producers raise before they notify it. A plain one belongs to one
 * producer, so that TSan sees whether the queue orders it; a shared one is raised by all of them.
 * The receiver reads the counters of the tokens that it gets, and must in the end have seen the
 * last value of each, without ever looking at a token that it was not told of. No assertion is made
 * in a producer: they count what goes wrong. */
/* test-labels: threads */
#include <weft/conflate.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random.h"

enum { MOST_PRODUCERS = 3, MOST_TOKENS = 256 };

typedef struct {
    const char *what;
    uint32_t producers, tokens;
    uint32_t rounds; /* of each producer */
    bool shared;     /* all producers notify all tokens; else each has its own */
    bool blocking;   /* the receiver sleeps; else it polls */
    size_t limit;
} profile;

static const profile profiles[] = {
    { "one producer, polled", 1, 64, 100000, false, false, 64 },
    { "one producer, blocking", 1, 64, 50000, false, true, 64 },
    { "two producers, tokens of their own", 2, 128, 50000, false, false, 128 },
    { "two producers, the same token", 2, 1, 50000, true, false, 1 },
    { "two producers, the same token, blocking", 2, 1, 30000, true, true, 1 },
    { "three producers, all tokens, few at a time", 3, 16, 30000, true, false, 3 },
    { "three producers, all tokens, blocking", 3, 16, 20000, true, true, 5 },
    { "three producers, many tokens, blocking", 3, 256, 20000, false, true, 7 },
};

typedef struct stress {
    const profile *kind;
    weft_conflate *queue;
    uint64_t plain[MOST_TOKENS];  /* written by one producer; read with nothing but the queue */
    uint64_t shared[MOST_TOKENS]; /* atomic, relaxed: the queue does the ordering */
    uint32_t next;                /* atomic: number of the next producer */
    uint32_t refused;             /* atomic */
    uint64_t seen[MOST_TOKENS];
    uint64_t received;
    /* A plain value is read by the receiver only while its producer waits. */
    uint32_t read_upto[MOST_TOKENS]; /* atomic */
} stress;

static void *produce_shared(stress *s, uint32_t me)
{
    uint64_t random = me + 1;
    for (uint32_t i = 0; i < s->kind->rounds; i++) {
        const uint32_t token = (uint32_t)test_random_below(&random, s->kind->tokens);
        __atomic_fetch_add(&s->shared[token], 1, __ATOMIC_RELAXED);
        if (weft_conflate_notify(s->queue, token))
            __atomic_fetch_add(&s->refused, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Writes a token's plain value, notifies, and comes back to it when the receiver has read it: a
 * notification that were lost would stop it for ever. */
static void *produce_own(stress *s, uint32_t me)
{
    const uint32_t share = s->kind->tokens / s->kind->producers;
    const uint32_t first = me * share;
    for (uint32_t i = 0; i < s->kind->rounds; i++) {
        const uint32_t token = first + i % share;
        const uint32_t before = i / share;
        while (__atomic_load_n(&s->read_upto[token], __ATOMIC_ACQUIRE) != before)
            sched_yield();
        s->plain[token] = before + 1;
        if (weft_conflate_notify(s->queue, token))
            __atomic_fetch_add(&s->refused, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *produce(void *arg)
{
    stress *s = arg;
    const uint32_t me = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
    return s->kind->shared ? produce_shared(s, me) : produce_own(s, me);
}

static void look_at(stress *s, uint32_t token)
{
    s->received++;
    assert_true(token < s->kind->tokens);
    if (s->kind->shared) {
        const uint64_t value = __atomic_load_n(&s->shared[token], __ATOMIC_RELAXED);
        assert_true(value >= s->seen[token]);
        s->seen[token] = value;
    } else {
        assert_true(s->plain[token] == s->seen[token] + 1); /* nothing is said twice */
        s->seen[token]++;
        __atomic_store_n(&s->read_upto[token], (uint32_t)s->seen[token], __ATOMIC_RELEASE);
    }
}

static uint64_t sum(const uint64_t *values)
{
    uint64_t total = 0;
    for (size_t i = 0; i < MOST_TOKENS; i++)
        total += values[i];
    return total;
}

static void receive(stress *s)
{
    const uint64_t expected = (uint64_t)s->kind->rounds * s->kind->producers;
    while (sum(s->seen) < expected) {
        uint32_t tokens[MOST_TOKENS];
        size_t count = 0;
        if (s->kind->blocking)
            assert_int_equal(weft_conflate_receive(s->queue, tokens, s->kind->limit, -1, &count),
                             WEFT_OK);
        else
            count = weft_conflate_poll(s->queue, tokens, s->kind->limit);
        assert_true(count <= s->kind->limit);
        for (size_t i = 0; i < count; i++)
            look_at(s, tokens[i]);
    }
}

static void run_profile(const profile *kind)
{
    stress *s = calloc(1, sizeof *s);
    pthread_t threads[MOST_PRODUCERS];
    s->kind = kind;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = kind->tokens }, &s->queue),
                     WEFT_OK);
    for (uint32_t i = 0; i < kind->producers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, s), 0);
    receive(s);
    for (uint32_t i = 0; i < kind->producers; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->refused, 0);

    /* All values were seen; what is still in the queue are tokens whose news were seen early. */
    uint32_t tokens[MOST_TOKENS];
    const size_t left = weft_conflate_poll(s->queue, tokens, MOST_TOKENS);
    assert_true(kind->shared || left == 0);
    assert_int_equal(weft_conflate_poll(s->queue, tokens, MOST_TOKENS), 0);
    const char *why = NULL;
    if (!weft_conflate_check(s->queue, &why))
        fail_msg("%s: %s", kind->what, why);
    print_message("%-44s %zu notifications, %zu received\n", kind->what,
                  (size_t)kind->rounds * kind->producers, (size_t)s->received);
    weft_conflate_free(s->queue);
    free(s);
}

static void no_notification_is_lost_or_comes_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        run_profile(&profiles[i]);
}

/* ---- coalesced ------------------------------------------------------------------------------- */

enum { SAYERS = 2, SAY_ROUNDS = 5000 };

typedef struct crowd {
    weft_conflate *queue;
    uint64_t plain[SAYERS];
    uint32_t said[SAYERS]; /* atomic, relaxed: tells when, but orders nothing */
    uint32_t round;        /* atomic */
    uint32_t next;         /* atomic */
} crowd;

static void *say(void *arg)
{
    crowd *c = arg;
    const uint32_t me = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);
    for (uint32_t round = 1; round <= SAY_ROUNDS; round++) {
        while (__atomic_load_n(&c->round, __ATOMIC_ACQUIRE) != round)
            sched_yield();
        c->plain[me] = round;
        (void)weft_conflate_notify(c->queue, 0);
        __atomic_store_n(&c->said[me], round, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Of two that notify one token, the second finds it pending and goes away. What it wrote before is
 * ordered by the queue alone: TSan says so if it is not. */
static void what_was_done_before_a_coalesced_notification_is_seen(void **state)
{
    (void)state;
    static crowd c; /* not on the stack, where TSan does not see races */
    pthread_t threads[SAYERS];
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = 1 }, &c.queue), WEFT_OK);
    for (uint32_t i = 0; i < SAYERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, say, &c), 0);
    for (uint32_t round = 1; round <= SAY_ROUNDS; round++) {
        __atomic_store_n(&c.round, round, __ATOMIC_RELEASE);
        for (uint32_t i = 0; i < SAYERS; i++)
            while (__atomic_load_n(&c.said[i], __ATOMIC_RELAXED) != round)
                sched_yield();
        uint32_t token;
        assert_int_equal(weft_conflate_poll(c.queue, &token, 1), 1);
        assert_true(c.plain[0] == round && c.plain[1] == round);
        assert_int_equal(weft_conflate_poll(c.queue, &token, 1), 0);
    }
    for (uint32_t i = 0; i < SAYERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    weft_conflate_free(c.queue);
}

/* ---- asleep -----------------------------------------------------------------------------------
 */

typedef struct ping {
    weft_conflate *there, *back;
    uint32_t rounds;
    weft_status status;
} ping;

static void *echo(void *arg)
{
    ping *p = arg;
    for (uint32_t i = 0; i < p->rounds && p->status == WEFT_OK; i++) {
        uint32_t token;
        size_t count;
        p->status = weft_conflate_receive(p->there, &token, 1, -1, &count);
        if (p->status == WEFT_OK)
            p->status = weft_conflate_notify(p->back, token);
    }
    return NULL;
}

/* Each side waits for the other, so a wake that is lost stops both for ever. */
static void two_threads_wake_each_other(void **state)
{
    (void)state;
    ping p = { .rounds = 20000 };
    pthread_t thread;
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = 8 }, &p.there), WEFT_OK);
    assert_int_equal(weft_conflate_new(&(weft_conflate_desc){ .tokens = 8 }, &p.back), WEFT_OK);
    assert_int_equal(pthread_create(&thread, NULL, echo, &p), 0);
    for (uint32_t i = 0; i < p.rounds; i++) {
        uint32_t token;
        size_t count;
        assert_int_equal(weft_conflate_notify(p.there, i % 8), WEFT_OK);
        /* Long enough never to be over, short enough to take the other way through the sleep. */
        const int64_t timeout_ns = i % 2 ? -1 : INT64_C(50000000000);
        assert_int_equal(weft_conflate_receive(p.back, &token, 1, timeout_ns, &count), WEFT_OK);
        assert_int_equal(token, i % 8);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(p.status, WEFT_OK);
    weft_conflate_free(p.there);
    weft_conflate_free(p.back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_notification_is_lost_or_comes_twice),
        cmocka_unit_test(what_was_done_before_a_coalesced_notification_is_seen),
        cmocka_unit_test(two_threads_wake_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
