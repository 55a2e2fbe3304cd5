/* The poller while its handlers run: they remove, add, close, pause and fail. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>

#include "probe.h"

/* Two sources that are ready in one batch; which runs first is the kernel's affair, so what the one
 * does to the other goes both ways round. */
typedef struct couple {
    bench on;
    probe p[2];
} couple;

static void couple_begin(couple *c, uint32_t interest, probe_act *act)
{
    *c = (couple){ 0 };
    bench_begin(&c->on, NULL);
    for (size_t i = 0; i < 2; i++) {
        c->p[i].act = act;
        c->p[i].target = &c->p[1 - i];
        probe_open(&c->on, &c->p[i], interest);
        probe_feed(&c->p[i]);
    }
}

static void couple_end(couple *c)
{
    bench_end(&c->on);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(c->p[i].finis, 1);
        probe_close(&c->p[i]);
    }
}

/* The one of the two that ran, when one has. */
static probe *the_first(couple *c)
{
    assert_int_equal(c->p[0].runs + c->p[1].runs, 1);
    return &c->p[c->p[1].runs];
}

/* ---- removing -------------------------------------------------------------------------------- */

static void remove_self(probe *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_remove(io, self->id), WEFT_OK);
    assert_int_equal(self->finis, 0); /* it still runs: its context must be there */
    assert_int_equal(weft_io_remove(io, self->id), WEFT_ESTALE);
    assert_sound(io);
}

static void a_handler_removes_itself_and_is_destroyed_when_it_has_returned(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE, remove_self);
    assert_int_equal(bench_poll(&c.on), 2);
    assert_int_equal(c.p[0].finis, 1);
    assert_int_equal(c.p[1].finis, 1);
    assert_int_equal(weft_io_len(c.on.io), 0);
    assert_int_equal(bench_poll(&c.on), 0);
    couple_end(&c);
}

static void remove_target(probe *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_remove(io, self->target->id), WEFT_OK);
    assert_int_equal(self->target->finis, 1); /* it does not run: at once */
}

static void a_source_that_is_removed_in_the_batch_it_is_ready_in_does_not_run(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE, remove_target);
    assert_int_equal(bench_poll(&c.on), 1);
    probe *first = the_first(&c);
    assert_int_equal(first->target->runs, 0);
    assert_int_equal(c.on.test.reports, 0); /* and is not taken for a ghost */
    couple_end(&c);
}

static void pause_target(probe *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_set(io, self->target->id, 0), WEFT_OK);
}

static void a_source_that_is_paused_in_the_batch_it_is_ready_in_does_not_run(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE, pause_target);
    assert_int_equal(bench_poll(&c.on), 1);
    probe *first = the_first(&c);
    first->act = NULL;
    assert_int_equal(weft_io_set(c.on.io, first->target->id, WEFT_READABLE), WEFT_OK);
    assert_int_equal(bench_poll(&c.on), 2);
    couple_end(&c);
}

static void ask_target_to_write_once(probe *self, weft_io *io, weft_world *world)
{
    (void)world;
    if (self->target->runs == 0)
        assert_int_equal(weft_io_set(io, self->target->id, WEFT_WRITABLE | WEFT_ONESHOT), WEFT_OK);
}

static void what_is_no_longer_asked_for_is_not_delivered(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE | WEFT_ONESHOT, ask_target_to_write_once);
    assert_int_equal(bench_poll(&c.on), 1); /* the batch said readable of both */
    probe *second = the_first(&c)->target;
    assert_int_equal(bench_poll(&c.on), 1);
    assert_int_equal(second->ready, WEFT_WRITABLE);
    assert_int_equal(bench_poll(&c.on), 0); /* one shot each */
    couple_end(&c);
}

/* ---- the same number, the same place --------------------------------------------------------- */

/* Closes the target's descriptor and adds another source, which gets its number and its place. */
static void replace_target(probe *self, weft_io *io, weft_world *world)
{
    probe *old = self->target;
    if (old->value == 0) { /* by the rules: remove, then close */
        assert_int_equal(weft_io_remove(io, old->id), WEFT_OK);
        close(old->fd);
    } else { /* against them: close, and leave the source */
        close(old->fd);
    }
    probe *new = self + 2; /* couple in an array of four */
    int fd;
    assert_int_equal(weft_socketpair(&fd, &new->other_fd), WEFT_OK);
    assert_int_equal(fd, old->fd);
    struct on_probe handler;
    assert_int_equal(on_probe_init(&handler, world, new), WEFT_OK);
    assert_int_equal(weft_io_add(io, fd, WEFT_READABLE, &handler.base, &new->id), WEFT_OK);
    new->fd = fd;
    if (old->value == 0)
        assert_int_equal(new->id.index, old->id.index);
    assert_sound(io);
}

static void events_of_a_closed_descriptor_do_not_reach_the_one_with_its_number(void **state)
{
    (void)state;
    for (int leave = 0; leave < 2; leave++) {
        bench on;
        probe p[4] = { { 0 } };
        bench_begin(&on, NULL);
        for (size_t i = 0; i < 2; i++) {
            p[i].act = replace_target;
            p[i].target = &p[1 - i];
            p[i].value = leave;
            probe_open(&on, &p[i], WEFT_READABLE);
            probe_feed(&p[i]);
        }
        assert_int_equal(bench_poll(&on), 1);
        probe *first = &p[p[1].runs], *new = first + 2;
        first->act = NULL;
        assert_int_equal(first->target->runs, 0);
        assert_int_equal(new->runs, 0);
        probe_drain(first);
        assert_int_equal(bench_poll(&on), 0);
        probe_feed(new);
        assert_int_equal(bench_poll(&on), 1);
        assert_int_equal(new->runs, 1);
        assert_int_equal(weft_io_remove(on.io, first->target->id), leave ? WEFT_OK : WEFT_ESTALE);
        assert_int_equal(bench_poll(&on), 1);
        assert_int_equal(new->runs, 2);
        assert_int_equal(on.test.reports, 0);
        bench_end(&on);
        close(first->target->other_fd);
        probe_close(first);
        probe_close(new);
    }
}

static void reopen_self(probe *self, weft_io *io, weft_world *world)
{
    const weft_io_id old = self->id;
    assert_int_equal(weft_io_remove(io, old), WEFT_OK);
    probe_close(self);
    self->act = NULL;
    struct on_probe handler;
    assert_int_equal(on_probe_init(&handler, world, self), WEFT_OK);
    assert_int_equal(weft_socketpair(&self->fd, &self->other_fd), WEFT_OK);
    assert_int_equal(weft_io_add(io, self->fd, WEFT_READABLE, &handler.base, &self->id), WEFT_OK);
    assert_int_not_equal(self->id.index, old.index); /* its place is taken until it returns */
}

static void a_handler_replaces_itself(void **state)
{
    (void)state;
    bench on;
    probe p = { .act = reopen_self };
    bench_begin(&on, NULL);
    probe_open(&on, &p, WEFT_READABLE);
    probe_feed(&p);
    assert_int_equal(bench_poll(&on), 1);
    assert_int_equal(p.finis, 1);
    assert_int_equal(bench_poll(&on), 0);
    probe_feed(&p);
    assert_int_equal(bench_poll(&on), 1);
    bench_end(&on);
    assert_int_equal(p.finis, 2);
    probe_close(&p);
}

/* ---- the batch ------------------------------------------------------------------------------- */

static void a_poll_takes_no_more_than_its_batch_and_forgets_nobody(void **state)
{
    (void)state;
    bench on;
    probe p[10] = { { 0 } };
    bench_begin(&on, &(weft_io_desc){ .batch = 3 });
    for (size_t i = 0; i < COUNT(p); i++) {
        probe_open(&on, &p[i], WEFT_READABLE);
        probe_feed(&p[i]);
    }
    /* The kernel goes round: after 10 events of 10 ready sources each has had one. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(bench_poll(&on), 3);
    for (size_t i = 0; i < COUNT(p); i++)
        assert_int_equal(p[i].runs, 3);
    bench_end(&on);
    for (size_t i = 0; i < COUNT(p); i++)
        probe_close(&p[i]);
}

static void poll_again(probe *self, weft_io *io, weft_world *world)
{
    self->act = NULL;
    self->value = weft_io_poll(io, world, 0);
}

static void a_handler_that_polls_takes_the_rest_of_the_batch(void **state)
{
    (void)state;
    bench on;
    probe p[4] = { { 0 } };
    bench_begin(&on, NULL);
    for (size_t i = 0; i < COUNT(p); i++) {
        p[i].act = poll_again;
        probe_open(&on, &p[i], WEFT_READABLE | WEFT_ONESHOT);
        probe_feed(&p[i]);
    }
    assert_int_equal(bench_poll(&on), 1);
    for (size_t i = 0; i < COUNT(p); i++) {
        assert_int_equal(p[i].runs, 1);
        probe_close(&p[i]);
    }
    bench_end(&on);
}

/* Lets the target become ready, and polls for it. */
static void feed_target_and_poll(probe *self, weft_io *io, weft_world *world)
{
    self->act = NULL;
    probe_feed(self->target);
    assert_int_equal(weft_io_poll(io, world, 0), 1);
    assert_int_equal(self->target->runs, 1);
    assert_int_equal(self->finis, 0);
}

static void remove_the_one_that_polls(probe *self, weft_io *io, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_io_remove(io, self->target->id), WEFT_OK);
    assert_int_equal(self->target->finis, 0);
}

static void a_handler_that_polls_outlives_its_removal_in_there(void **state)
{
    (void)state;
    bench on;
    bench_begin(&on, NULL);
    probe outer = { .act = feed_target_and_poll }, inner = { .act = remove_the_one_that_polls };
    outer.target = &inner;
    inner.target = &outer;
    probe_open(&on, &outer, WEFT_READABLE | WEFT_ONESHOT);
    probe_open(&on, &inner, WEFT_READABLE | WEFT_ONESHOT);
    probe_feed(&outer);
    assert_int_equal(bench_poll(&on), 1);
    assert_int_equal(outer.finis, 1);
    assert_int_equal(weft_io_len(on.io), 1);
    bench_end(&on);
    probe_close(&outer);
    probe_close(&inner);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void fail_now(probe *self, weft_io *io, weft_world *world)
{
    if (self->value == 1)
        assert_int_equal(weft_io_remove(io, self->id), WEFT_OK);
    weft_fail(world, "no good");
}

static void a_failing_handler_does_not_take_the_rest_of_the_batch_along(void **state)
{
    (void)state;
    bench on;
    probe p[8] = { { 0 } };
    bench_begin(&on, NULL);
    for (size_t i = 0; i < COUNT(p); i++) {
        p[i].act = fail_now;
        p[i].value = i % 2 == 1; /* half of them remove themselves first */
        probe_open(&on, &p[i], WEFT_READABLE | WEFT_ONESHOT);
        probe_feed(&p[i]);
    }
    for (size_t polls = 1; polls <= COUNT(p); polls++) {
        assert_int_equal(bench_try_poll(&on, 0), WEFT_EFAILED);
        int runs = 0;
        for (size_t i = 0; i < COUNT(p); i++)
            runs += p[i].runs;
        assert_int_equal(runs, polls);
        assert_sound(on.io);
    }
    for (size_t i = 0; i < COUNT(p); i++) {
        assert_int_equal(p[i].runs, 1);
        assert_int_equal(p[i].finis, p[i].value);
    }
    assert_int_equal(bench_try_poll(&on, 0), 0);
    assert_int_equal(weft_io_len(on.io), COUNT(p) / 2);
    bench_end(&on);
    for (size_t i = 0; i < COUNT(p); i++) {
        assert_int_equal(p[i].finis, 1);
        probe_close(&p[i]);
    }
}

static void what_a_failure_left_over_comes_first_and_keeps_the_loop_awake(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE | WEFT_ONESHOT, fail_now);
    assert_int_equal(bench_try_poll(&c.on, 0), WEFT_EFAILED);
    assert_false(weft_io_prepare(c.on.io));
    weft_io_resume(c.on.io);
    probe *second = the_first(&c)->target;
    second->act = NULL;
    assert_int_equal(weft_io_poll(c.on.io, c.on.world, -1), 1); /* does not wait */
    assert_int_equal(second->runs, 1);
    assert_true(weft_io_prepare(c.on.io));
    weft_io_resume(c.on.io);
    couple_end(&c);
}

static void what_was_left_over_can_still_be_removed(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE, fail_now);
    assert_int_equal(bench_try_poll(&c.on, 0), WEFT_EFAILED);
    probe *first = the_first(&c);
    first->act = NULL;
    assert_int_equal(weft_io_remove(c.on.io, first->target->id), WEFT_OK);
    assert_int_equal(first->target->finis, 1);
    assert_int_equal(bench_poll(&c.on), 1); /* nothing left over: it looks again */
    assert_int_equal(first->runs, 2);
    assert_int_equal(c.on.test.reports, 0);
    couple_end(&c);
}

static void the_world_may_end_with_events_left_over(void **state)
{
    (void)state;
    couple c;
    couple_begin(&c, WEFT_READABLE, fail_now);
    c.p[0].value = c.p[1].value = 1;
    assert_int_equal(bench_try_poll(&c.on, 0), WEFT_EFAILED);
    assert_int_equal(the_first(&c)->finis, 1);
    couple_end(&c);
}

/* ---- destroying ------------------------------------------------------------------------------ */

typedef struct session {
    weft_io *io;
    weft_io_id self, other;
    int *finis;
} session;

/* What a context's destructor may do: remove others, itself again, and try to add. */
static void session_fini(session *s)
{
    struct on_probe handler;
    static probe unused;
    ++*s->finis;
    assert_int_equal(weft_io_remove(s->io, s->self), WEFT_ESTALE);
    weft_io_remove(s->io, s->other);
    if (s->io->ending) {
        assert_int_equal(on_probe_init(&handler, s->io->world, &unused), WEFT_OK);
        assert_int_equal(weft_io_add(s->io, 0, WEFT_READABLE, &handler.base, NULL), WEFT_ESTALE);
    }
}

static void on_session(session *s)
{
    weft_io_remove(s->io, s->self);
}
WEFT_FN(on_session, CTX(session, session_fini));

static void destructors_may_remove_each_other(void **state)
{
    (void)state;
    for (int inside = 0; inside < 2; inside++) {
        bench on;
        bench_begin(&on, NULL);
        int fds[2], finis = 0;
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(weft_eventfd(&fds[i]), WEFT_OK);
        /* Ids are known before: places are given from the lowest index on. */
        for (uint32_t i = 0; i < 2; i++) {
            struct on_session handler;
            weft_io_id id;
            assert_int_equal(on_session_init(&handler, on.world,
                                             (session){ on.io, { i, 1 }, { 1 - i, 1 }, &finis }),
                             WEFT_OK);
            assert_int_equal(weft_io_add(on.io, fds[i], WEFT_WRITABLE, &handler.base, &id),
                             WEFT_OK);
            assert_memory_equal(&id, &((weft_io_id){ i, 1 }), sizeof id);
        }
        if (inside) {
            assert_int_equal(bench_poll(&on), 1);
            assert_int_equal(finis, 2);
            assert_int_equal(weft_io_len(on.io), 0);
        }
        bench_end(&on);
        assert_int_equal(finis, 2);
        close(fds[0]);
        close(fds[1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_removes_itself_and_is_destroyed_when_it_has_returned),
        cmocka_unit_test(a_source_that_is_removed_in_the_batch_it_is_ready_in_does_not_run),
        cmocka_unit_test(a_source_that_is_paused_in_the_batch_it_is_ready_in_does_not_run),
        cmocka_unit_test(what_is_no_longer_asked_for_is_not_delivered),
        cmocka_unit_test(events_of_a_closed_descriptor_do_not_reach_the_one_with_its_number),
        cmocka_unit_test(a_handler_replaces_itself),
        cmocka_unit_test(a_poll_takes_no_more_than_its_batch_and_forgets_nobody),
        cmocka_unit_test(a_handler_that_polls_takes_the_rest_of_the_batch),
        cmocka_unit_test(a_handler_that_polls_outlives_its_removal_in_there),
        cmocka_unit_test(a_failing_handler_does_not_take_the_rest_of_the_batch_along),
        cmocka_unit_test(what_a_failure_left_over_comes_first_and_keeps_the_loop_awake),
        cmocka_unit_test(what_was_left_over_can_still_be_removed),
        cmocka_unit_test(the_world_may_end_with_events_left_over),
        cmocka_unit_test(destructors_may_remove_each_other),
    };
    return run_on_every_backend(tests);
}
