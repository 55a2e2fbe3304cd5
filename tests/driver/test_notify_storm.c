/* test-labels: threads */
/* test-timeout: 120 */
/* A storm: threads and signal handlers signal notifications that come and go, while the loop
 * sleeps, spins, runs handlers that close themselves and others, and opens new ones in their place.
 * What was announced before a signal is seen by a run behind it, unless the close came first;
 * nobody runs after its close; each handler ends once. A lost wake leaves the loop asleep for ever,
 * which the time limit of the test notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include <weft/fn.h>
#include <weft/loop.h>

enum { PRODUCERS = 3, PLACES = 4, ROUNDS = 20000, RUNS_PER_LIFE = 5 };

/* One notification's life, remembered to the end of the test. */
typedef struct life {
    struct life *older;
    weft_notify *notify;
    size_t place;
    uint64_t published; /* atomic: announced before a signal */
    uint64_t seen;      /* by the last run */
    uint32_t runs, finis;
    bool closed;
} life;

/* Who signals takes a reference from here. */
typedef struct place {
    pthread_mutex_t lock;
    life *life;
} place;

typedef struct storm {
    weft_world *world;
    weft_loop *loop;
    place places[PLACES];
    life *lives;   /* newest first */
    uint32_t left; /* atomic: producers that go on */
    weft_notify *over;
} storm;

static storm on;

static void open_life(size_t at);

static void close_life(life *l)
{
    assert_false(l->closed);
    l->closed = true;
    assert_int_equal(weft_notify_close(l->notify), WEFT_OK);
}

typedef life *life_ref;

static void life_fini(life_ref *self)
{
    assert_true((*self)->closed);
    assert_int_equal((*self)->finis++, 0);
}

/* Every few runs another one takes its place, closed by itself or by a neighbour's run. */
static void on_life(life_ref *self)
{
    life *l = *self;
    assert_false(l->closed);
    l->seen = __atomic_load_n(&l->published, __ATOMIC_RELAXED);
    if (++l->runs % RUNS_PER_LIFE)
        return;
    life *victim = on.places[(l->place + l->runs / RUNS_PER_LIFE) % PLACES].life;
    open_life(victim->place);
    close_life(victim);
}
WEFT_FN(on_life, CTX(life_ref, life_fini));

/* Puts a new life into the place; the former one is still to be closed. */
static void open_life(size_t at)
{
    life *l = calloc(1, sizeof *l);
    struct on_life handler;
    assert_non_null(l);
    l->place = at;
    l->older = on.lives;
    on.lives = l;
    assert_int_equal(on_life_init(&handler, on.world, l), WEFT_OK);
    assert_int_equal(weft_notify_new(on.loop->notifies, &handler.base, &l->notify), WEFT_OK);
    pthread_mutex_lock(&on.places[at].lock);
    life *former = on.places[at].life;
    on.places[at].life = l;
    weft_notify_retain(l->notify); /* the place's own reference, so that all may take one */
    pthread_mutex_unlock(&on.places[at].lock);
    if (former)
        weft_notify_release(former->notify);
}

static void on_over(weft_shutdown *shutdown)
{
    if (__atomic_load_n(&on.left, __ATOMIC_ACQUIRE) == 0)
        weft_shutdown_trigger(shutdown);
}
WEFT_FN(on_over, SHUTDOWN);

static void *producer_main(void *arg)
{
    const size_t first = *(const size_t *)arg;
    for (size_t round = 0; round < ROUNDS; round++) {
        place *p = &on.places[(first + round) % PLACES];
        pthread_mutex_lock(&p->lock);
        life *l = p->life;
        weft_notify_retain(l->notify);
        pthread_mutex_unlock(&p->lock);
        for (size_t n = 0; n < 1 + round % 4; n++) {
            __atomic_fetch_add(&l->published, 1, __ATOMIC_RELAXED);
            weft_notify_signal(l->notify);
        }
        weft_notify_release(l->notify);
        if (round % 64 == 0)
            sched_yield();
    }
    __atomic_fetch_sub(&on.left, 1, __ATOMIC_RELEASE);
    weft_notify_signal(on.over);
    return NULL;
}

static void on_alarm(int signo)
{
    (void)signo;
    weft_notify_signal(on.over);
}

static void in_a_storm_nothing_is_lost_and_nothing_runs_after_its_close(void **state)
{
    (void)state;
    static const weft_loop_desc modes[] = {
        { .mode = WEFT_PARK },
        { .mode = WEFT_SPIN },
        { .mode = WEFT_PARK, .spin_ns = 20000 },
        { .mode = WEFT_PARK, .notifies.limit = 1 },
    };
    const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
    const struct itimerval every = { { 0, 700 }, { 0, 700 } }, never = { { 0, 0 }, { 0, 0 } };
    struct sigaction former;
    /* With signal handlers, and without: each signal ends a sleep by itself. */
    for (size_t m = 0; m < 2 * sizeof modes / sizeof *modes; m++) {
        const bool with_alarms = m % 2;
        static const size_t firsts[PRODUCERS] = { 0, 1, 2 };
        pthread_t threads[PRODUCERS];
        weft_builder *builder = weft_builder_new(NULL);
        on = (storm){ .left = PRODUCERS };
        on.loop = weft_loop_install(builder, &modes[m / 2]);
        assert_int_equal(weft_builder_build(builder, &on.world), WEFT_OK);
        for (size_t i = 0; i < PLACES; i++) {
            assert_int_equal(pthread_mutex_init(&on.places[i].lock, NULL), 0);
            open_life(i);
        }
        struct on_over over;
        assert_int_equal(on_over_init(&over, on.world), WEFT_OK);
        assert_int_equal(weft_notify_new(on.loop->notifies, &over.base, &on.over), WEFT_OK);
        assert_int_equal(sigaction(SIGALRM, &action, &former), 0);
        if (with_alarms)
            assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
        for (size_t t = 0; t < PRODUCERS; t++)
            assert_int_equal(
                pthread_create(&threads[t], NULL, producer_main, (void *)(uintptr_t)&firsts[t]), 0);

        assert_int_equal(weft_loop_run(on.loop, on.world), WEFT_OK);

        for (size_t t = 0; t < PRODUCERS; t++)
            assert_int_equal(pthread_join(threads[t], NULL), 0);
        assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
        assert_int_equal(sigaction(SIGALRM, &former, NULL), 0);
        while (weft_notifies_poll(on.loop->notifies, on.world) > 0)
            continue; /* one handler in each, where that is the limit */
        const char *why = NULL;
        assert_true(weft_notifies_check(on.loop->notifies, &why));
        for (size_t i = 0; i < PLACES; i++) {
            assert_int_equal(on.places[i].life->seen, on.places[i].life->published);
            weft_notify_release(on.places[i].life->notify);
        }
        for (life *l = on.lives; l; l = l->older) {
            assert_int_equal(l->finis, l->closed);
            l->closed = true; /* by the end of the world */
        }
        weft_world_free(on.world);
        for (life *l = on.lives, *older; l; l = older) {
            older = l->older;
            assert_int_equal(l->finis, 1);
            free(l);
        }
        for (size_t i = 0; i < PLACES; i++)
            pthread_mutex_destroy(&on.places[i].lock);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_storm_nothing_is_lost_and_nothing_runs_after_its_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
