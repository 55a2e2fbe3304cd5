/* Notifications that are closed: by anyone, from inside their own run and from inside others', and
 * with their world. */
#include "notify_fixture.h"

static void a_closed_notification_is_silent(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { 0 } };
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    weft_notify *held = weft_notify_retain(l[0].notify);
    assert_int_equal(weft_notify_close(l[0].notify), WEFT_OK);
    assert_int_equal(l[0].finis, 1);
    assert_int_equal(weft_notifies_len(on.notifies), 2);
    assert_int_equal(weft_notify_close(held), WEFT_ESTALE);
    weft_notify_signal(held);
    weft_notify_signal(held);
    assert_int_equal(poll_once(&on), 0);
    signal_by_name(l, "bc"); /* closed when it is already in the queue */
    assert_int_equal(weft_notify_close(l[1].notify), WEFT_OK);
    assert_int_equal(l[1].finis, 1);
    assert_int_equal(poll_once(&on), 1);
    assert_string_equal(on.order, "c");
    weft_notify_release(held);
    weft_notify_release(NULL);
    end(&on);
    assert_int_equal(l[0].finis + l[1].finis + l[2].finis, 3);
}

static void close_self(listener *self, weft_world *world)
{
    (void)world;
    if (self->target)
        weft_notify_signal(self->notify);
    assert_int_equal(weft_notify_close(self->notify), WEFT_OK);
    assert_int_equal(self->finis, 0); /* it still runs */
}

static void a_handler_closes_its_own(void **state)
{
    (void)state;
    for (int signalled = 0; signalled < 2; signalled++) {
        fixture on;
        listener l = { .act = close_self };
        begin(&on, NULL);
        l.target = signalled ? &l : NULL;
        open_one(&on, &l, 'a');
        const size_t live = on.test.heap.live;
        weft_notify_signal(l.notify);
        assert_int_equal(poll_once(&on), 1);
        assert_int_equal(l.finis, 1);
        assert_int_equal(poll_once(&on), 0);
        assert_int_equal(on.test.heap.live, live - 1); /* nobody else held it */
        end(&on);
        assert_int_equal(l.runs, 1);
    }
}

static void close_target(listener *self, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_notify_close(self->target->notify), WEFT_OK);
    assert_int_equal(self->target->finis, 1);
}

static void a_handler_closes_one_that_waits_behind_it(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { .act = close_target } };
    l[0].target = &l[1];
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    signal_by_name(l, "abc");
    assert_int_equal(poll_once(&on), 2);
    assert_string_equal(on.order, "ac");
    end(&on);
}

static void poll_inside(listener *self, weft_world *world)
{
    self->act = NULL;
    weft_notify_signal(self->target->notify);
    assert_int_equal(weft_notifies_poll(self->on->notifies, world), 2);
    assert_int_equal(self->finis, 0);
}

static void a_handler_that_polls_outlives_its_close_in_there(void **state)
{
    (void)state;
    fixture on;
    listener l[3] = { { .act = poll_inside }, { 0 }, { 0 } };
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    l[0].target = &l[2];
    l[1].target = &l[0];
    signal_by_name(l, "ab"); /* a polls: b and c run inside */
    assert_int_equal(poll_once(&on), 1);
    assert_string_equal(on.order, "abc");
    /* Now the one inside closes the one that polls, which was signalled again. */
    l[0].act = poll_inside;
    l[0].target = &l[0];
    l[1].act = close_self;
    l[1].target = NULL;
    signal_by_name(l, "ab");
    assert_int_equal(poll_once(&on), 1);
    assert_string_equal(on.order, "aba");
    end(&on);
}

static void close_outer(listener *self, weft_world *world)
{
    (void)world;
    assert_int_equal(weft_notify_close(self->target->notify), WEFT_OK);
    assert_int_equal(self->target->finis, 0); /* it polls */
}

static void poll_for_one(listener *self, weft_world *world)
{
    weft_notify_signal(self->target->notify);
    weft_notify_signal(self->notify); /* will be popped inside, closed, while it runs */
    assert_int_equal(weft_notifies_poll(self->on->notifies, world), 1);
}

static void a_notification_popped_after_its_close_lives_until_its_run_is_over(void **state)
{
    (void)state;
    fixture on;
    listener l[2] = { { .act = poll_for_one }, { .act = close_outer } };
    l[0].target = &l[1];
    l[1].target = &l[0];
    begin(&on, NULL);
    open_all(&on, l, COUNT(l));
    const size_t live = on.test.heap.live;
    signal_by_name(l, "a");
    assert_int_equal(poll_once(&on), 1);
    assert_string_equal(on.order, "ab");
    assert_int_equal(l[0].finis, 1);
    assert_int_equal(on.test.heap.live, live - 1);
    assert_int_equal(poll_once(&on), 0);
    end(&on);
}

static void poll_at_end(listener *self)
{
    const size_t live = self->on->test.heap.live;
    assert_int_equal(weft_notifies_poll(self->on->notifies, self->on->world), 0);
    assert_int_equal(self->on->test.heap.live, live); /* what it is in is still there */
}

/* It waits in the queue, and nobody else has a reference. */
static void a_handlers_destructor_may_poll(void **state)
{
    (void)state;
    fixture on;
    listener l = { .at_end = poll_at_end };
    begin(&on, NULL);
    const size_t live = on.test.heap.live;
    open_one(&on, &l, 'a');
    weft_notify_signal(l.notify);
    assert_int_equal(weft_notify_close(l.notify), WEFT_OK);
    assert_int_equal(l.finis, 1);
    assert_int_equal(on.test.heap.live, live);
    assert_int_equal(poll_once(&on), 0);
    end(&on);
}

static void open_another(listener *self)
{
    struct on_notify handler;
    weft_notify *notify;
    assert_int_equal(on_notify_init(&handler, self->on->world, self->target), WEFT_OK);
    assert_int_equal(weft_notify_new(self->on->notifies, &handler.base, &notify), WEFT_ESTALE);
}

static void at_the_worlds_end_there_are_no_new_ones(void **state)
{
    (void)state;
    fixture on;
    listener l[2] = { { .at_end = open_another } };
    l[0].target = &l[1];
    begin(&on, NULL);
    open_one(&on, &l[0], 'a');
    end(&on);
    assert_int_equal(l[0].finis, 1);
    assert_int_equal(l[1].finis, 0);
}

static void notifications_may_outlive_their_world(void **state)
{
    (void)state;
    weft_notify *held[3];
    int finis = 0;
    for (int signalled = 0; signalled < 2; signalled++) {
        weft_builder *builder = weft_builder_new(NULL);
        fixture on = { .notifies = weft_notifies_install(builder, NULL) };
        assert_int_equal(weft_builder_build(builder, &on.world), WEFT_OK);
        listener l[3] = { { 0 } };
        open_all(&on, l, COUNT(l));
        for (size_t i = 0; i < COUNT(l); i++)
            held[i] = weft_notify_retain(l[i].notify);
        assert_int_equal(weft_notify_close(l[1].notify), WEFT_OK);
        if (signalled)
            signal_by_name(l, "abc");
        weft_world_free(on.world);
        for (size_t i = 0; i < COUNT(l); i++) {
            finis += l[i].finis;
            for (int again = 0; again < 2; again++)
                weft_notify_signal(held[i]);
            assert_int_equal(weft_notify_close(held[i]), WEFT_ESTALE);
            weft_notify_release(held[i]);
        }
    }
    assert_int_equal(finis, 6);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_notification_is_silent),
        cmocka_unit_test(a_handler_closes_its_own),
        cmocka_unit_test(a_handler_closes_one_that_waits_behind_it),
        cmocka_unit_test(a_handler_that_polls_outlives_its_close_in_there),
        cmocka_unit_test(a_notification_popped_after_its_close_lives_until_its_run_is_over),
        cmocka_unit_test(a_handlers_destructor_may_poll),
        cmocka_unit_test(at_the_worlds_end_there_are_no_new_ones),
        cmocka_unit_test(notifications_may_outlive_their_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
