/* Streams under random operations, inside handlers and outside, while the world goes from thread to
 * thread too, against a model that knows which byte comes next, who may be run, and who has to have
 * everything in the end. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "random.h"
#include "stream.h"

enum { PAIRS = 12, STEPS = 20000, HANDOVERS = 200, LONGEST = 3000, MOST_UNREAD = 20000 };

typedef struct pair {
    bool open, watched, paused, peer_ended, ended;
    int fd, other_fd;
    weft_io_id id;
    uint64_t serial; /* of its source, and what its bytes are made of */
    uint64_t sent, received;
} pair;

typedef struct model {
    bench on;
    pair pairs[PAIRS];
    uint64_t random, serial;
    size_t live, added, finis, bytes, depth;
    bool acting, failing;
} model;

typedef struct watcher {
    model *m;
    size_t at;
    uint64_t serial;
} watcher;

static char byte_at(uint64_t serial, uint64_t at)
{
    return (char)((serial * 31 + at * 7 + (at >> 8)) & 0xff);
}

/* ---- operations ------------------------------------------------------------------------------ */

static void on_piece(watcher *self, weft_io *io, weft_world *world, const weft_io_received *event);
static void watcher_fini(watcher *self)
{
    self->m->finis++;
}
WEFT_FN(on_piece, CTX(watcher, watcher_fini), MUT(weft_io), WORLD, REF(weft_io_received));

static void op_open(model *m, pair *p)
{
    if (p->open)
        return;
    *p = (pair){ .open = true, .watched = true, .serial = ++m->serial };
    connected_pair(&p->fd, &p->other_fd);
    struct on_piece handler;
    const watcher context = { m, (size_t)(p - m->pairs), p->serial };
    assert_int_equal(on_piece_init(&handler, m->on.world, context), WEFT_OK);
    assert_int_equal(weft_io_receive(m->on.io, p->fd, &handler.base, &p->id), WEFT_OK);
    m->live++;
    m->added++;
}

static void op_feed(model *m, pair *p)
{
    if (!p->open || p->peer_ended || p->sent - p->received > MOST_UNREAD)
        return;
    char bytes[LONGEST];
    const size_t most = test_random_below(&m->random, 4) ? 20 : LONGEST;
    const size_t len = 1 + test_random_below(&m->random, most);
    size_t put = 0;
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(p->serial, p->sent + i);
    if (weft_write(p->other_fd, bytes, len, &put) == WEFT_OK)
        p->sent += put;
}

static void op_pause(model *m, pair *p)
{
    if (!p->open || !p->watched)
        return;
    assert_int_equal(weft_io_set(m->on.io, p->id, 0), WEFT_OK);
    p->paused = true;
}

static void op_resume(model *m, pair *p)
{
    if (!p->open || !p->watched)
        return;
    assert_int_equal(weft_io_set(m->on.io, p->id, WEFT_READABLE), WEFT_OK);
    p->paused = false;
}

static void op_end_peer(model *m, pair *p)
{
    if (!p->open || p->peer_ended || test_random_below(&m->random, 4))
        return;
    assert_int_equal(shutdown(p->other_fd, SHUT_WR), 0);
    p->peer_ended = true;
}

static void op_remove(model *m, pair *p)
{
    if (!p->open || test_random_below(&m->random, 4))
        return;
    assert_int_equal(weft_io_remove(m->on.io, p->id), p->watched ? WEFT_OK : WEFT_ESTALE);
    m->live -= p->watched;
    p->watched = false;
}

static void op_close(model *m, pair *p)
{
    if (!p->open || test_random_below(&m->random, 4))
        return;
    if (p->watched) {
        assert_int_equal(weft_io_remove(m->on.io, p->id), WEFT_OK);
        m->live--;
    }
    close(p->fd);
    close(p->other_fd);
    *p = (pair){ .open = false };
}

typedef void op_fn(model *m, pair *p);

static void random_op(model *m)
{
    static op_fn *const ops[] = { op_open,   op_feed,   op_feed,     op_feed,   op_pause,
                                  op_resume, op_resume, op_end_peer, op_remove, op_close };
    const size_t op = test_random_below(&m->random, COUNT(ops));
    ops[op](m, &m->pairs[test_random_below(&m->random, PAIRS)]);
    assert_sound(m->on.io);
    assert_int_equal(weft_io_len(m->on.io), m->live);
}

/* ---- what handlers do ------------------------------------------------------------------------ */

static void on_piece(watcher *self, weft_io *io, weft_world *world, const weft_io_received *event)
{
    model *m = self->m;
    pair *p = &m->pairs[self->at];
    assert_true(p->open);
    assert_true(p->watched);
    assert_false(p->paused);
    assert_false(p->ended);
    assert_int_equal(p->serial, self->serial);
    assert_int_equal(event->fd, p->fd);
    assert_int_equal(event->ready, WEFT_READABLE);
    const char *bytes = event->bytes;
    for (size_t i = 0; i < event->len_bytes; i++)
        assert_int_equal(bytes[i], byte_at(p->serial, p->received + i));
    p->received += event->len_bytes;
    m->bytes += event->len_bytes;
    assert_true(p->received <= p->sent);
    if (event->status) {
        assert_int_equal(event->status, WEFT_ECLOSED);
        assert_true(p->peer_ended);
        assert_int_equal(p->received, p->sent);
        p->ended = true;
    }
    if (!m->acting)
        return;
    const uint64_t serial = p->serial, start = p->received - event->len_bytes;
    for (size_t i = test_random_below(&m->random, 3); i > 0; i--)
        random_op(m);
    if (m->depth < 3 && test_random_below(&m->random, 8) == 0) {
        m->depth++;
        assert_true(weft_io_poll(io, world, 0) >= 0);
        m->depth--;
        for (size_t i = 0; i < event->len_bytes; i++)
            assert_int_equal(bytes[i], byte_at(serial, start + i));
    }
    if (m->failing && m->depth == 0 && test_random_below(&m->random, 4) == 0)
        weft_fail(world, "now and then");
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void plain_poll(weft_world *world, void *arg)
{
    model *m = arg;
    const int64_t before = weft_world_sequence(world);
    const int count = weft_io_poll(m->on.io, world, 0);
    assert_int_equal(count, weft_world_sequence(world) - before);
}

static void nested_poll(weft_world *world, void *arg)
{
    model *m = arg;
    assert_true(weft_io_poll(m->on.io, world, 0) >= 0);
}

static void round_of_polls(model *m)
{
    m->acting = test_random_below(&m->random, 2);
    m->failing = m->acting && test_random_below(&m->random, 2);
    while (weft_try(m->on.world, m->acting ? nested_poll : plain_poll, m) == WEFT_EFAILED)
        assert_sound(m->on.io);
    assert_sound(m->on.io);
}

static bool has_everything(const pair *p)
{
    return !p->open || !p->watched || (p->received == p->sent && p->ended == p->peer_ended);
}

/* Everybody who is still there gets all that was sent to him, or this waits for ever. */
static void settle(model *m)
{
    m->acting = false;
    for (size_t i = 0; i < PAIRS; i++)
        op_resume(m, &m->pairs[i]);
    for (size_t i = 0; i < PAIRS; i++)
        while (!has_everything(&m->pairs[i]))
            assert_true(weft_io_poll(m->on.io, m->on.world, -1) >= 0);
}

static void *steps(void *arg)
{
    model *m = arg;
    for (int step = 0; step < STEPS / HANDOVERS; step++) {
        if (test_random_below(&m->random, 6) == 0)
            round_of_polls(m);
        else if (test_random_below(&m->random, 500) == 0)
            settle(m);
        else
            random_op(m);
    }
    return NULL;
}

static void *steps_in_another_thread(void *arg)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, steps, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return NULL;
}

static void run_model(model *m, const weft_io_desc *desc, bool handed_over)
{
    bench_begin(&m->on, desc);
    for (int i = 0; i < HANDOVERS; i++)
        (handed_over && test_random_below(&m->random, 2) ? steps_in_another_thread : steps)(m);
    settle(m);
    assert_int_equal(m->finis + m->live, m->added);
    bench_end(&m->on);
    assert_int_equal(m->finis, m->added);
    assert_true(m->added > STEPS / 100);
    assert_true(m->bytes > STEPS);
    for (size_t at = 0; at < PAIRS; at++)
        if (m->pairs[at].open) {
            close(m->pairs[at].fd);
            close(m->pairs[at].other_fd);
        }
}

static void every_byte_arrives_once_and_in_order(void **state)
{
    (void)state;
    static const weft_io_desc descs[] = {
        { 0 },
        { .batch = 4, .receive_buffers = 2, .receive_bytes = 100 },
        { .batch = 1, .receive_buffers = 1, .receive_bytes = 1000 },
        { .max_sources = 40, .receive_buffers = 512, .receive_bytes = 7 },
    };
    static model m;
    for (size_t i = 0; i < COUNT(descs); i++) {
        m = (model){ .random = 40 + i };
        run_model(&m, &descs[i], false);
    }
    /* Fewer pieces than streams; more than a batch takes in several polls. */
    for (size_t i = 2; i < COUNT(descs); i++) {
        m = (model){ .random = 4040 + i };
        run_model(&m, &descs[i], true);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_arrives_once_and_in_order),
    };
    return run_over_every_socket(tests);
}
