/* The poller under random operations, inside handlers and outside, against a model of who must be
 * run, who may be, and who may not. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "random.h"

enum { PAIRS = 24, CALM_PAIRS = 3, MAX_ABANDONED = 8, STEPS = 150000 };

typedef struct pair {
    bool open, watched, peer_closed;
    int fd, other_fd;
    int unread_bytes;
    weft_io_id id;
    uint32_t interest; /* what is armed: 0 after the one shot */
    uint64_t serial;   /* of its source */
    int runs;          /* in this round */
    bool must_run;     /* it was ready when the round began, and nobody touched it since */
} pair;

typedef struct model {
    bench on;
    pair pairs[PAIRS];
    weft_io_id abandoned[MAX_ABANDONED]; /* sources whose descriptors were closed before */
    size_t abandoned_len;
    uint64_t random;
    uint64_t serial;
    size_t live;  /* sources that were added and not removed */
    size_t added; /* ever */
    size_t finis; /* ever */
    size_t quiet; /* polls that found nothing, ever */
    bool calm;    /* few sources that are seldom ready */
    bool acting;  /* handlers do things */
    bool failing; /* handlers fail now and then */
    bool failed;  /* in this round: what is left over may be out of date */
} model;

typedef struct watcher {
    model *m;
    size_t at;
    uint64_t serial;
} watcher;

static uint32_t random_interest(model *m)
{
    static const uint32_t interests[] = { 0,
                                          WEFT_READABLE,
                                          WEFT_READABLE,
                                          WEFT_WRITABLE,
                                          WEFT_READABLE | WEFT_WRITABLE,
                                          WEFT_READABLE | WEFT_ONESHOT,
                                          WEFT_WRITABLE | WEFT_ONESHOT,
                                          WEFT_READABLE | WEFT_WRITABLE | WEFT_ONESHOT };
    static const uint32_t calm[] = { 0, WEFT_READABLE, WEFT_READABLE,
                                     WEFT_READABLE | WEFT_ONESHOT };
    return m->calm ? calm[test_random_below(&m->random, COUNT(calm))]
                   : interests[test_random_below(&m->random, COUNT(interests))];
}

/* What the poller must say of a pair now; 0: nothing. */
static uint32_t expected(const pair *p)
{
    const uint32_t asked = p->interest & (WEFT_READABLE | WEFT_WRITABLE);
    if (!p->open || !p->watched || !asked)
        return 0;
    if (p->peer_closed)
        return asked | WEFT_HANGUP;
    return asked & (WEFT_WRITABLE | (p->unread_bytes ? WEFT_READABLE : 0));
}

/* ---- operations ------------------------------------------------------------------------------ */

static void on_pair(watcher *self, weft_io *io, weft_world *world, const weft_io_event *event);
static void watcher_fini(watcher *self)
{
    self->m->finis++;
}
WEFT_FN(on_pair, CTX(watcher, watcher_fini), MUT(weft_io), WORLD, REF(weft_io_event));

static void op_open(model *m, pair *p)
{
    (void)m;
    if (p->open)
        return;
    *p = (pair){ .open = true };
    assert_int_equal(weft_socketpair(&p->fd, &p->other_fd), WEFT_OK);
}

static void op_add(model *m, pair *p)
{
    if (!p->open || p->watched)
        return;
    struct on_pair handler;
    const watcher context = { m, (size_t)(p - m->pairs), ++m->serial };
    p->interest = random_interest(m);
    assert_int_equal(on_pair_init(&handler, m->on.world, context), WEFT_OK);
    assert_int_equal(weft_io_add(m->on.io, p->fd, p->interest, &handler.base, &p->id), WEFT_OK);
    p->serial = m->serial;
    p->watched = true;
    p->must_run = false;
    m->live++;
    m->added++;
}

static void op_remove(model *m, pair *p)
{
    const bool watched = p->open && p->watched;
    assert_int_equal(weft_io_remove(m->on.io, p->id), watched ? WEFT_OK : WEFT_ESTALE);
    m->live -= watched;
    p->watched = false;
    p->must_run = false;
}

static void op_set(model *m, pair *p)
{
    const uint32_t interest = random_interest(m);
    const bool watched = p->open && p->watched;
    assert_int_equal(weft_io_set(m->on.io, p->id, interest), watched ? WEFT_OK : WEFT_ESTALE);
    if (watched)
        p->interest = interest;
    p->must_run = false;
}

static void op_feed(model *m, pair *p)
{
    (void)m;
    size_t put;
    if (!p->open || p->peer_closed || p->unread_bytes > 8)
        return;
    assert_int_equal(weft_write(p->other_fd, "x", 1, &put), WEFT_OK);
    p->unread_bytes++;
}

static void op_drain(model *m, pair *p)
{
    (void)m;
    char bytes[64];
    size_t got;
    if (!p->open || p->unread_bytes == 0)
        return;
    assert_int_equal(weft_read(p->fd, bytes, sizeof bytes, &got), WEFT_OK);
    assert_int_equal(got, p->unread_bytes);
    p->unread_bytes = 0;
    p->must_run = false;
}

static void op_close_peer(model *m, pair *p)
{
    if (!p->open || p->peer_closed || test_random_below(&m->random, 4))
        return;
    close(p->other_fd);
    p->peer_closed = true;
}

static void op_close(model *m, pair *p)
{
    if (!p->open)
        return;
    if (p->watched)
        op_remove(m, p);
    close(p->fd);
    if (!p->peer_closed)
        close(p->other_fd);
    p->open = false;
}

/* Against the rules, but not punished: the descriptor is closed first. */
static void op_abandon(model *m, pair *p)
{
    if (!p->open || !p->watched || m->abandoned_len == MAX_ABANDONED ||
        test_random_below(&m->random, 3))
        return;
    m->abandoned[m->abandoned_len++] = p->id;
    p->watched = false;
    op_close(m, p);
    p->id = (weft_io_id){ 0 };
}

static void op_remove_abandoned(model *m)
{
    if (m->abandoned_len == 0)
        return;
    const size_t at = test_random_below(&m->random, m->abandoned_len);
    assert_int_equal(weft_io_remove(m->on.io, m->abandoned[at]), WEFT_OK);
    m->abandoned[at] = m->abandoned[--m->abandoned_len];
    m->live--;
}

typedef void op_fn(model *m, pair *p);

static void random_op(model *m, bool inside)
{
    static op_fn *const ops[] = { op_open,  op_open,  op_add,        op_add,    op_remove, op_set,
                                  op_set,   op_feed,  op_feed,       op_feed,   op_drain,  op_drain,
                                  op_close, op_close, op_close_peer, op_abandon };
    const size_t op = test_random_below(&m->random, COUNT(ops) - (inside ? 1 : 0));
    ops[op](m, &m->pairs[test_random_below(&m->random, m->calm ? CALM_PAIRS : PAIRS)]);
    assert_sound(m->on.io);
    assert_int_equal(weft_io_len(m->on.io), m->live);
}

/* ---- what handlers do ------------------------------------------------------------------------ */

static void on_pair(watcher *self, weft_io *io, weft_world *world, const weft_io_event *event)
{
    model *m = self->m;
    pair *p = &m->pairs[self->at];
    /* It is the source that the model knows, and it is asked for what it gets. */
    assert_true(p->open && p->watched);
    assert_int_equal(p->serial, self->serial);
    assert_int_equal(event->fd, p->fd);
    assert_memory_equal(&event->id, &p->id, sizeof p->id);
    const uint32_t asked = p->interest & (WEFT_READABLE | WEFT_WRITABLE);
    assert_int_not_equal(event->ready & asked, 0);
    assert_int_equal(event->ready & ~asked & ~WEFT_HANGUP, 0);
    if (!m->acting)
        assert_int_equal(event->ready, expected(p));
    if (!m->failed)
        assert_int_equal(p->runs, 0);
    p->runs++;
    if (p->interest & WEFT_ONESHOT)
        p->interest = 0;
    const int64_t sequence = weft_world_sequence(world);
    if (m->acting)
        for (size_t i = test_random_below(&m->random, 3); i > 0; i--)
            random_op(m, true);
    assert_int_equal(weft_world_sequence(world), sequence);
    assert_true(io == m->on.io);
    if (m->failing && test_random_below(&m->random, 4) == 0)
        weft_fail(world, "now and then");
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void poll_of_round(weft_world *world, void *arg)
{
    model *m = arg;
    const int64_t before = weft_world_sequence(world);
    const int count = weft_io_poll(m->on.io, world, 0);
    assert_int_equal(count, weft_world_sequence(world) - before);
    m->quiet += count == 0;
}

static void round_of_polls(model *m)
{
    m->acting = test_random_below(&m->random, 2);
    m->failing = m->acting && test_random_below(&m->random, 2);
    m->failed = false;
    for (size_t i = 0; i < PAIRS; i++) {
        m->pairs[i].runs = 0;
        m->pairs[i].must_run = expected(&m->pairs[i]) != 0;
    }
    while (weft_try(m->on.world, poll_of_round, m) == WEFT_EFAILED) {
        m->failed = true;
        assert_sound(m->on.io);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        const pair *p = &m->pairs[i];
        if (p->must_run)
            assert_true(p->runs >= 1);
        if (!m->acting)
            assert_int_equal(p->runs, p->must_run);
    }
    assert_sound(m->on.io);
}

static void the_model_and_the_poller_agree(void **state)
{
    (void)state;
    static const weft_io_desc descs[] = { { 0 }, { .max_sources = 100, .batch = 64 }, { 0 } };
    for (size_t i = 0; i < COUNT(descs); i++) {
        static model m;
        m = (model){ .random = 20 + i, .calm = i == 2 };
        bench_begin(&m.on, &descs[i]);
        for (int step = 0; step < STEPS; step++) {
            if (test_random_below(&m.random, m.calm ? 3 : 8) == 0)
                round_of_polls(&m);
            else if (test_random_below(&m.random, 30) == 0)
                op_remove_abandoned(&m);
            else
                random_op(&m, false);
        }
        assert_int_equal(m.finis + m.live, m.added);
        bench_end(&m.on);
        assert_int_equal(m.finis, m.added);
        assert_true(m.added > STEPS / 50);
        assert_true(!m.calm || m.quiet > STEPS / 20);
        for (size_t at = 0; at < PAIRS; at++) {
            m.pairs[at].watched = false;
            op_close(&m, &m.pairs[at]);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_and_the_poller_agree),
    };
    return run_on_every_backend(tests);
}
