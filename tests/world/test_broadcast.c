/* Broadcasts: order, adding and removing at any time, failing members, recursion. */
#include <weft/broadcast.h>
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/storage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static test_world test;
static weft_world *world;
static weft_broadcast broadcast;
static char trace[256]; /* letters of the members that ran, "~x" for those that ended */

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    world = test_world_build(&test);
    assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    trace[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weft_broadcast_fini(&broadcast);
    test_world_fini(&test);
    return 0;
}

static void run(uint64_t event)
{
    trace[0] = '\0';
    assert_true(weft_run(&broadcast.base, world, &event));
}

/* ---- members -------------------------------------------------------------------------------- */

static void add(Counter *c, const uint64_t *event)
{
    c->n += *event;
}
WEFT_FN(add, MUT(Counter), REF(uint64_t));
static void add_tenfold(Counter *c, uint64_t event)
{
    c->n += 10 * event;
}
WEFT_FN(add_tenfold, MUT(Counter), IN(uint64_t));
static void count(Counter *c)
{
    c->n += 1000;
}
WEFT_FN(count, MUT(Counter));

/* A member with a letter, and something to do when it runs. */
typedef struct Actor Actor;
struct Actor {
    char letter;
    void (*act)(weft_world *w); /* or NULL */
};
static void actor_end(Actor *actor)
{
    snprintf(trace + strlen(trace), 3, "~%c", actor->letter);
}
static bool act(Actor *actor, weft_world *w, uint64_t event)
{
    (void)event;
    snprintf(trace + strlen(trace), 2, "%c", actor->letter);
    if (actor->act)
        actor->act(w);
    return false;
}
WEFT_FN(act, CTX(Actor, actor_end), WORLD, IN(uint64_t));

static weft_broadcast_id add_actor(char letter, void (*what)(weft_world *w))
{
    struct act handler;
    weft_broadcast_id id = { 0 };
    assert_int_equal(act_init(&handler, world, (Actor){ letter, what }), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, &id), WEFT_OK);
    return id;
}

static weft_broadcast_id ids[4]; /* of the members a, b, c, d */

/* Members a, b, c; b does something. */
static void add_abc(void (*what)(weft_world *w))
{
    ids[0] = add_actor('a', NULL);
    ids[1] = add_actor('b', what);
    ids[2] = add_actor('c', NULL);
}

/* ---- plainly -------------------------------------------------------------------------------- */

static void every_member_gets_the_event_as_it_takes_it(void **state)
{
    (void)state;
    struct add a;
    struct add_tenfold b;
    struct count c;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_int_equal(add_tenfold_init(&b, world), WEFT_OK);
    assert_int_equal(count_init(&c, world), WEFT_OK);
    assert_int_equal(weft_broadcast_len(&broadcast), 0);
    weft_handler *members[] = { &a.base, &b.base, &c.base, &a.base };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(weft_broadcast_add(&broadcast, members[i], NULL), WEFT_OK);
        assert_int_equal(weft_broadcast_len(&broadcast), i + 1);
    }
    run(2);
    assert_int_equal(WEFT_GET(world, Counter)->n, 2 + 20 + 1000 + 2);
}

static void an_empty_broadcast_does_nothing(void **state)
{
    (void)state;
    run(5);
    assert_int_equal(WEFT_GET(world, Counter)->n, 0);
}

static void members_run_in_the_order_of_adding(void **state)
{
    (void)state;
    for (char letter = 'a'; letter <= 'z'; letter++)
        add_actor(letter, NULL);
    run(1);
    assert_string_equal(trace, "abcdefghijklmnopqrstuvwxyz");
}

static void fini_ends_the_members_in_their_order(void **state)
{
    (void)state;
    add_abc(NULL);
    weft_broadcast_fini(&broadcast);
    assert_string_equal(trace, "~a~b~c");
    weft_broadcast_fini(&broadcast); /* again does nothing */
    assert_string_equal(trace, "~a~b~c");
}

/* ---- adding and removing -------------------------------------------------------------------- */

static void a_removed_member_ends_at_once_and_runs_no_more(void **state)
{
    (void)state;
    add_abc(NULL);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[1]), WEFT_OK);
    assert_string_equal(trace, "~b");
    assert_int_equal(weft_broadcast_len(&broadcast), 2);
    run(1);
    assert_string_equal(trace, "ac");
    add_actor('d', NULL);
    run(1);
    assert_string_equal(trace, "acd");
}

static void a_stale_id_is_refused_and_removes_nobody_else(void **state)
{
    (void)state;
    add_abc(NULL);
    assert_int_equal(weft_broadcast_remove(&broadcast, (weft_broadcast_id){ 0 }), WEFT_ESTALE);
    assert_int_equal(weft_broadcast_remove(&broadcast, (weft_broadcast_id){ 99 }), WEFT_ESTALE);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[0]), WEFT_OK);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[0]), WEFT_ESTALE);
    add_actor('d', NULL);
    run(1);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[0]), WEFT_ESTALE);
    assert_int_equal(weft_broadcast_len(&broadcast), 3);
    run(1);
    assert_string_equal(trace, "bcd");
}

static void removes_itself(weft_world *w)
{
    (void)w;
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[1]), WEFT_OK);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[1]), WEFT_ESTALE);
    assert_int_equal(weft_broadcast_len(&broadcast), 2);
}
static void removes_c(weft_world *w)
{
    (void)w;
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[2]), WEFT_OK);
}
static void removes_all(weft_world *w)
{
    (void)w;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_broadcast_remove(&broadcast, ids[i]), WEFT_OK);
}
static void adds_d(weft_world *w)
{
    (void)w;
    ids[3] = add_actor('d', NULL);
}
static void adds_many(weft_world *w)
{
    (void)w;
    for (int i = 0; i < 20; i++) /* beyond the capacity of the list */
        add_actor('d', NULL);
}
static void adds_and_removes_d(weft_world *w)
{
    adds_d(w);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[3]), WEFT_OK);
}

static void members_may_change_the_list_while_it_runs(void **state)
{
    (void)state;
    static const struct {
        void (*what)(weft_world *w);
        const char *first, *second;
        size_t len;
    } table[] = {
        { removes_itself, "abc~b", "ac", 2 }, /* it ends when the pass is over */
        { removes_c, "ab~c", NULL, 2 },
        { removes_all, "ab~a~b~c", "", 0 },
        { adds_d, "abc", "abcd", 4 },
        { adds_many, "abc", NULL, 23 },
        { adds_and_removes_d, "abc~d", "abc~d", 3 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        add_abc(table[i].what);
        run(1);
        assert_string_equal(trace, table[i].first);
        assert_int_equal(weft_broadcast_len(&broadcast), table[i].len);
        if (table[i].second) {
            run(1);
            assert_string_equal(trace, table[i].second);
        }
        weft_broadcast_fini(&broadcast);
        assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    }
}

/* A destructor that changes the list it is removed from. */
typedef struct {
    weft_broadcast_id other;
} Link;
static void link_end(Link *link)
{
    weft_broadcast_remove(&broadcast, link->other);
    if (link->other.serial % 2 == 1)
        add_actor('n', NULL);
}
static void linked(Link *link)
{
    (void)link;
}
WEFT_FN(linked, CTX(Link, link_end));

static void destructors_may_change_the_list(void **state)
{
    (void)state;
    weft_broadcast_id last = add_actor('a', NULL);
    for (int i = 0; i < 20; i++) {
        struct linked handler;
        assert_int_equal(linked_init(&handler, world, (Link){ last }), WEFT_OK);
        assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, &last), WEFT_OK);
    }
    ids[1] = last;
    add_actor('z', NULL);
    assert_int_equal(weft_broadcast_remove(&broadcast, last), WEFT_OK); /* and all 20 before it */
    assert_string_equal(trace, "~a");
    assert_int_equal(weft_broadcast_len(&broadcast), 11);
    run(1);
    assert_string_equal(trace, "znnnnnnnnnn");
}

/* ---- failing and recursion ------------------------------------------------------------------ */

static void fails(weft_world *w)
{
    weft_fail(w, "b gives up");
}
static void removes_itself_and_fails(weft_world *w)
{
    removes_itself(w);
    fails(w);
}
static void run_body(weft_world *w, void *arg)
{
    weft_run(&broadcast.base, w, arg);
}

static void a_failing_member_ends_the_pass_and_harms_nothing(void **state)
{
    (void)state;
    add_abc(fails);
    for (int i = 0; i < 3; i++) {
        trace[0] = '\0';
        assert_int_equal(weft_try(world, run_body, &(uint64_t){ 1 }), WEFT_EFAILED);
        assert_string_equal(trace, "ab");
    }
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[1]), WEFT_OK);
    assert_string_equal(trace, "ab~b"); /* at once: no pass is under way */
    run(1);
    assert_string_equal(trace, "ac");
}

static void what_a_failing_member_removed_is_ended(void **state)
{
    (void)state;
    add_abc(removes_itself_and_fails);
    assert_int_equal(weft_try(world, run_body, &(uint64_t){ 1 }), WEFT_EFAILED);
    assert_string_equal(trace, "ab~b");
    run(1);
    assert_string_equal(trace, "ac");
}

static void a_guarded_member_fails_alone(void **state)
{
    (void)state;
    struct act handler;
    weft_guard guard;
    add_actor('a', NULL);
    assert_int_equal(act_init(&handler, world, (Actor){ 'b', fails }), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, &handler.base, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &guard.base, NULL), WEFT_OK);
    add_actor('c', NULL);
    run(1);
    assert_string_equal(trace, "abc");
    assert_int_equal(weft_guard_failures(&guard), 1);
}

static int levels;
static void runs_it_again(weft_world *w)
{
    if (levels == 0)
        return;
    levels--;
    run_body(w, &(uint64_t){ 1 });
}
static void runs_it_again_and_removes_itself(weft_world *w)
{
    runs_it_again(w);
    weft_broadcast_remove(&broadcast, ids[1]);
}
static void runs_it_again_after_adding(weft_world *w)
{
    if (levels == 1)
        add_actor('d', NULL);
    runs_it_again(w);
}

static void a_member_may_run_the_broadcast_again(void **state)
{
    (void)state;
    static const struct {
        void (*what)(weft_world *w);
        int levels;
        const char *trace;
    } table[] = {
        { runs_it_again, 2, "abababccc" },
        { runs_it_again_and_removes_itself, 1, "ababcc~b" },
        { runs_it_again_after_adding, 1, "ababcdc" }, /* the inner run is a later event */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        add_abc(table[i].what);
        levels = table[i].levels;
        run(1);
        assert_string_equal(trace, table[i].trace);
        weft_broadcast_fini(&broadcast);
        assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    }
}

/* ---- as a handler --------------------------------------------------------------------------- */

static void a_broadcast_is_a_handler_of_its_event(void **state)
{
    (void)state;
    assert_string_equal(weft_handler_name(&broadcast.base), "weft_broadcast");
    assert_true(weft_handler_takes(&broadcast.base, WEFT_EVENT(uint64_t)));
    assert_false(weft_handler_takes(&broadcast.base, WEFT_EVENT(Counter)));
    assert_int_equal(weft_handler_expect(&broadcast.base, world, "a timer", WEFT_EVENT(Counter)),
                     WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "weft_broadcast takes IN(uint64_t), but a timer gives Counter: write "
                      "IN(Counter), REF(Counter), or no input");
}

static void the_original_still_adds_after_a_copy_was_handed_over(void **state)
{
    (void)state;
    weft_handler *box;
    assert_int_equal(weft_box(&broadcast.base, world, &box), WEFT_OK);
    add_abc(NULL);
    weft_run(box, world, &(uint64_t){ 1 });
    assert_string_equal(trace, "abc");
    weft_handler_fini(box); /* ends the list: the box owned it */
    assert_string_equal(trace, "abc~a~b~c");
    assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
}

static void broadcasts_nest_but_not_in_themselves(void **state)
{
    (void)state;
    weft_broadcast inner;
    assert_int_equal(weft_broadcast_init(&inner, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    struct add a;
    assert_int_equal(add_init(&a, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&inner, &a.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &inner.base, NULL), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &a.base, NULL), WEFT_OK);
    run(5);
    assert_int_equal(WEFT_GET(world, Counter)->n, 10);
    assert_int_equal(weft_broadcast_add(&broadcast, &broadcast.base, NULL), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL, "a broadcast of uint64_t cannot be its own member");
}

static void broadcasts_do_not_lead_to_themselves_through_others(void **state)
{
    (void)state;
    weft_broadcast p, q, r;
    weft_guard guard;
    weft_handler *box;
    weft_broadcast_id in_q;
    assert_int_equal(weft_broadcast_init(&p, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&q, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&r, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    weft_broadcast_retain(&r);
    /* q has p; r has q, in a box in a guard. */
    assert_int_equal(weft_broadcast_add(&q, &p.base, &in_q), WEFT_OK);
    assert_int_equal(weft_box(&q.base, world, &box), WEFT_OK);
    assert_int_equal(weft_guard_init(&guard, box, world), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&r, &guard.base, NULL), WEFT_OK);
    const weft_handler *leading_to_p[] = { &p.base, &q.base, &r.base };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(weft_broadcast_add(&p, leading_to_p[i], NULL), WEFT_EINVAL);
        test_world_expect(&test, WEFT_EINVAL, "a broadcast of uint64_t cannot be its own member");
    }
    assert_int_equal(weft_broadcast_add(&q, &r.base, NULL), WEFT_EINVAL);
    assert_int_equal(weft_broadcast_len(&p), 0);
    weft_run(&r.base, world, &(uint64_t){ 1 });
    /* Without its member, q leads nowhere. */
    assert_int_equal(weft_broadcast_remove(&q, in_q), WEFT_OK);
    assert_int_equal(weft_broadcast_init(&p, world, WEFT_EVENT(uint64_t)), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&p, &r.base, NULL), WEFT_OK);
    weft_run(&p.base, world, &(uint64_t){ 1 });
    weft_broadcast_fini(&p);
    weft_broadcast_release(&r);
}

static void a_retained_list_can_be_used_when_the_broadcast_is_gone(void **state)
{
    (void)state;
    weft_handler *box;
    const size_t live = test.heap.live;
    weft_broadcast_retain(&broadcast);
    assert_int_equal(weft_box(&broadcast.base, world, &box), WEFT_OK);
    add_abc(NULL);
    weft_run(box, world, &(uint64_t){ 1 });
    weft_handler_fini(box);
    assert_string_equal(trace, "abc~a~b~c"); /* the members do not wait for the list */
    assert_int_equal(weft_broadcast_len(&broadcast), 0);
    assert_int_equal(weft_broadcast_remove(&broadcast, ids[0]), WEFT_ESTALE);
    struct act handler;
    assert_int_equal(act_init(&handler, world, (Actor){ 'd', NULL }), WEFT_OK);
    assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, NULL), WEFT_ECLOSED);
    test_world_expect(&test, WEFT_ECLOSED,
                      "act comes too late: the broadcast of uint64_t has ended");
    run(1);
    assert_string_equal(trace, "");
    weft_broadcast_fini(&broadcast); /* it has ended already */
    weft_broadcast_release(&broadcast);
    assert_true(test.heap.live < live);
    assert_int_equal(weft_broadcast_init(&broadcast, world, WEFT_EVENT(uint64_t)), WEFT_OK);
}

static void null_and_zeroed_broadcasts_end_without_effect(void **state)
{
    (void)state;
    weft_broadcast zeroed = { .members = NULL };
    weft_broadcast_fini(NULL);
    weft_broadcast_fini(&zeroed);
    weft_broadcast_release(NULL);
    weft_broadcast_release(&zeroed);
    assert_int_equal(test.reports, 0);
}

static void an_unbound_handler_is_no_member(void **state)
{
    (void)state;
    const weft_handler zeroed = { NULL, NULL };
    const weft_handler *unbound[] = { NULL, &zeroed };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(weft_broadcast_add(&broadcast, unbound[i], NULL), WEFT_EINVAL);
        test_world_expect(
            &test, WEFT_EINVAL,
            "a handler that was not bound, or could not be, was given to the broadcast");
    }
    assert_int_equal(weft_broadcast_len(&broadcast), 0);
}

static void takes_counter(const Counter *event)
{
    (void)event;
}
WEFT_FN(takes_counter, REF(Counter));

static void a_member_of_another_event_is_refused(void **state)
{
    (void)state;
    struct takes_counter handler;
    assert_int_equal(takes_counter_init(&handler, world), WEFT_OK);
    weft_broadcast_id untouched = { 4711 };
    assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, &untouched), WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "takes_counter takes IN(Counter), but the broadcast gives uint64_t: write "
                      "IN(uint64_t), REF(uint64_t), or no input");
    assert_int_equal(untouched.serial, 4711);
    assert_int_equal(weft_broadcast_len(&broadcast), 0);
}

static void without_memory_the_member_stays_the_callers(void **state)
{
    (void)state;
    struct act handler;
    assert_int_equal(act_init(&handler, world, (Actor){ 'x', NULL }), WEFT_OK);
    for (size_t granted = 0; granted < 2; granted++) {
        test.heap.refuse_after = granted;
        assert_int_equal(weft_broadcast_add(&broadcast, &handler.base, NULL), WEFT_ENOMEM);
        assert_non_null(strstr(test_world_sentence(&test), "act"));
        assert_int_equal(weft_broadcast_len(&broadcast), 0);
    }
    weft_broadcast untouched = { .members = NULL };
    test.heap.refuse_after = 0;
    assert_int_equal(weft_broadcast_init(&untouched, world, WEFT_EVENT(int)), WEFT_ENOMEM);
    assert_null(untouched.members);
    test.heap.refuse_after = SIZE_MAX;
    assert_string_equal(trace, "");
    weft_handler_fini(&handler.base);
}

static void running_and_removing_allocate_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        ids[i % 4] = add_actor('a', NULL);
    const size_t before = test.heap.allocations;
    for (int i = 0; i < 4; i++) {
        run(1);
        assert_int_equal(weft_broadcast_remove(&broadcast, ids[i]), WEFT_OK);
    }
    assert_int_equal(test.heap.allocations, before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_member_gets_the_event_as_it_takes_it),
        TEST(an_empty_broadcast_does_nothing),
        TEST(members_run_in_the_order_of_adding),
        TEST(fini_ends_the_members_in_their_order),
        TEST(a_removed_member_ends_at_once_and_runs_no_more),
        TEST(a_stale_id_is_refused_and_removes_nobody_else),
        TEST(members_may_change_the_list_while_it_runs),
        TEST(destructors_may_change_the_list),
        TEST(a_failing_member_ends_the_pass_and_harms_nothing),
        TEST(what_a_failing_member_removed_is_ended),
        TEST(a_guarded_member_fails_alone),
        TEST(a_member_may_run_the_broadcast_again),
        TEST(a_broadcast_is_a_handler_of_its_event),
        TEST(the_original_still_adds_after_a_copy_was_handed_over),
        TEST(broadcasts_nest_but_not_in_themselves),
        TEST(broadcasts_do_not_lead_to_themselves_through_others),
        TEST(a_retained_list_can_be_used_when_the_broadcast_is_gone),
        TEST(null_and_zeroed_broadcasts_end_without_effect),
        TEST(an_unbound_handler_is_no_member),
        TEST(a_member_of_another_event_is_refused),
        TEST(without_memory_the_member_stays_the_callers),
        TEST(running_and_removing_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
