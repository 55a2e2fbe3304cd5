/* The handlers of one-shot timers: what they get, how many there may be, and how they end. */
#include "timers_fixture.h"

/* ---- what a handler gets --------------------------------------------------------------------- */

static void the_event_names_the_timer_the_poll_and_the_deadline(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 50, (Tag){ .name = 'a' });
    const weft_timer_id id = plant(&f, 10, (Tag){ .name = 'b' });
    poll_at(&f, 17);
    assert_int_equal(f.log.event.id.index, id.index);
    assert_int_equal(f.log.event.id.generation, id.generation);
    assert_int_equal(f.log.event.now_ns, 17);
    assert_int_equal(f.log.event.deadline_ns, 10);
    assert_int_equal(f.log.event.missed, 0);
    tear_down(&f);
}

static void the_sequence_advances_before_each_handler(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    plant(&f, 1, (Tag){ .name = 'a' });
    plant(&f, 2, (Tag){ .name = 'b' });
    weft_timers_poll_most(f.timers, f.world, 10, 1);
    assert_int_equal(f.log.sequence, 1);
    assert_int_equal(poll_at(&f, 10), 1);
    assert_int_equal(f.log.sequence, 2);
    assert_int_equal(poll_at(&f, 10), 0);
    assert_int_equal(weft_world_sequence(f.world), 2);
    tear_down(&f);
}

static int plain_runs;

static void plain(void)
{
    plain_runs++;
}
WEFT_FN(plain);

static void by_reference(const weft_timer_event *event)
{
    plain_runs += (int)event->deadline_ns;
}
WEFT_FN(by_reference, REF(weft_timer_event));

static void wants_a_number(uint32_t number)
{
    plain_runs += (int)number;
}
WEFT_FN(wants_a_number, IN(uint32_t));

static void handlers_without_event_or_by_reference_are_accepted_others_told_why_not(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    struct plain none;
    struct by_reference reference;
    struct wants_a_number number;
    assert_int_equal(plain_init(&none, f.world), WEFT_OK);
    assert_int_equal(by_reference_init(&reference, f.world), WEFT_OK);
    assert_int_equal(wants_a_number_init(&number, f.world), WEFT_OK);
    assert_int_equal(weft_timers_schedule(f.timers, 1, &none.base, NULL), WEFT_OK);
    assert_int_equal(weft_timers_schedule(f.timers, 30, &reference.base, NULL), WEFT_OK);

    weft_timer_id untouched = { 4711, 4711 };
    assert_int_equal(weft_timers_schedule(f.timers, 2, &number.base, &untouched), WEFT_ETYPE);
    assert_int_equal(weft_timers_every(f.timers, 2, 2, WEFT_MISSED_SKIP, &number.base, &untouched),
                     WEFT_ETYPE);
    assert_int_equal(untouched.index, 4711);
    const char *sentence = weft_test_reports_find(&f.reports, "wants_a_number");
    assert_non_null(sentence);
    assert_non_null(strstr(sentence, "IN(uint32_t)"));
    assert_non_null(strstr(sentence, "weft_timer_event"));

    assert_int_equal(poll_at(&f, 100), 2);
    assert_int_equal(plain_runs, 31);
    tear_down(&f);
}

/* 16 bytes + 200: more than a timer's place holds. */
typedef struct {
    timer_log *log;
    unsigned char bytes[192];
} Large;

static void large_fini(Large *large)
{
    large->log->end_count++;
}

static void on_large(Large *large)
{
    for (size_t i = 0; i < sizeof large->bytes; i++)
        large->log->run_count += large->bytes[i] == (unsigned char)i;
}
WEFT_FN(on_large, CTX(Large, large_fini));

typedef struct {
    _Alignas(64) unsigned char bytes[64];
} Wide;

static void on_wide(Wide *wide)
{
    assert_int_equal((uintptr_t)wide % 64, 0);
    wide->bytes[63]++;
}
WEFT_FN(on_wide, LOCAL(Wide));

static void handlers_larger_than_a_place_live_on_the_heap(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 10);
    Large context = { .log = &f.log };
    for (size_t i = 0; i < sizeof context.bytes; i++)
        context.bytes[i] = (unsigned char)i;
    struct on_large large;
    struct on_wide wide;
    assert_int_equal(on_large_init(&large, f.world, context), WEFT_OK);
    assert_int_equal(on_wide_init(&wide, f.world), WEFT_OK);
    weft_timer_id id;
    const size_t blocks = f.memory.live_blocks;
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(weft_timers_schedule(f.timers, i, &large.base, &id), WEFT_OK);
        assert_int_equal(weft_timers_schedule(f.timers, i, &wide.base, NULL), WEFT_OK);
        f.planted++;
    }
    assert_int_equal(f.memory.live_blocks, blocks + 6);
    assert_int_equal(weft_timers_cancel(f.timers, id), WEFT_OK);
    assert_int_equal(f.log.end_count, 1);
    assert_int_equal(poll_at(&f, 1), 4);
    assert_int_equal(f.log.run_count, 2 * sizeof context.bytes);
    assert_int_equal(f.memory.live_blocks, blocks + 1); /* the last of the wide ones */
    tear_down(&f);
}

/* ---- capacity -------------------------------------------------------------------------------- */

static void a_bounded_set_refuses_one_too_many_and_says_what_to_do(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 2);
    const weft_timer_id a = plant(&f, 1, (Tag){ .name = 'a' });
    plant(&f, 2, (Tag){ .name = 'b' });
    const struct note third = handler_for(&f, (Tag){ .name = 'c' });
    weft_timer_id untouched = { 4711, 4711 };
    assert_int_equal(weft_timers_schedule(f.timers, 1, &third.base, &untouched), WEFT_EFULL);
    assert_int_equal(weft_timers_every(f.timers, 1, 1, WEFT_MISSED_BURST, &third.base, &untouched),
                     WEFT_EFULL);
    assert_int_equal(untouched.index, 4711);
    assert_int_equal(f.log.end_count, 0); /* the handler is still the caller's */
    assert_int_equal(f.reports.count, 2);
    assert_int_equal(f.reports.kept[0].status, WEFT_EFULL);
    assert_string_equal(f.reports.kept[0].sentence,
                        "no timer for note: all 2 are taken; raise weft_timers_desc.capacity");
    assert_sound(&f);

    assert_int_equal(weft_timers_cancel(f.timers, a), WEFT_OK);
    plant(&f, 1, (Tag){ .name = 'c' });
    assert_int_equal(poll_at(&f, 1), 1);
    plant(&f, 3, (Tag){ .name = 'd' });
    assert_int_equal(weft_timers_schedule(f.timers, 1, &third.base, NULL), WEFT_EFULL);
    poll_at(&f, 9);
    assert_string_equal(f.log.runs, "bd");
    for (int i = 0; i < 100; i++) { /* nothing is used up by coming and going */
        plant(&f, i, (Tag){ .name = 'e' });
        plant(&f, i, (Tag){ .name = 'f' });
        assert_int_equal(poll_at(&f, i), 2);
    }
    tear_down(&f);
}

static void act_schedule_itself_again(const Tag *tag, weft_timers *timers, weft_world *world,
                                      const weft_timer_event *event)
{
    (void)event;
    struct note handler;
    assert_int_equal(note_init(&handler, world, *tag), WEFT_OK);
    assert_int_equal(weft_timers_schedule(timers, 0, &handler.base, NULL), WEFT_EFULL);
}

static void a_running_timer_keeps_its_place_until_it_returns(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 1);
    plant(&f, 0, (Tag){ .name = 'a', .act = act_schedule_itself_again });
    assert_int_equal(poll_at(&f, 0), 1);
    plant(&f, 0, (Tag){ .name = 'b' });
    tear_down(&f);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void what_is_pending_ends_with_the_world(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, 0);
    for (int i = 0; i < 100; i++)
        plant(&f, i, (Tag){ .name = 'a' });
    plant_every(&f, 500, 1, WEFT_MISSED_SKIP, (Tag){ .name = 'p' });
    weft_timers_poll_most(f.timers, f.world, 1000, 10); /* some are due */
    assert_int_equal(f.log.end_count, 10);
    tear_down(&f);
    assert_int_equal(f.log.end_count, 101);
    assert_int_equal(f.log.run_count, 10); /* ending is no running */
}

/* A context that tidies up: at its end it cancels a timer, its own for instance, and tries to
 * schedule another. */
typedef struct {
    weft_timers *timers;
    fixture *f;
    const weft_timer_id *cancels;
    weft_status *cancelled;
    weft_status *scheduled; /* or NULL */
} Tidy;

static void tidy_fini(Tidy *tidy)
{
    tidy->f->log.end_count++;
    *tidy->cancelled = weft_timers_cancel(tidy->timers, *tidy->cancels);
    assert_false(weft_timers_pending(tidy->timers, *tidy->cancels));
    if (tidy->scheduled) {
        const struct note late = handler_for(tidy->f, (Tag){ .name = 'z' });
        *tidy->scheduled = weft_timers_schedule(tidy->timers, 0, &late.base, NULL);
        tidy->f->planted += *tidy->scheduled == WEFT_OK;
    }
    assert_sound(tidy->f);
}

static void tidy_run(Tidy *tidy)
{
    tidy->f->log.run_count++;
}
WEFT_FN(tidy_run, CTX(Tidy, tidy_fini));

static weft_timer_id plant_tidy(fixture *f, int64_t deadline_ns, Tidy tidy)
{
    tidy.timers = f->timers;
    tidy.f = f;
    struct tidy_run handler;
    weft_timer_id id;
    assert_int_equal(tidy_run_init(&handler, f->world, tidy), WEFT_OK);
    assert_int_equal(weft_timers_schedule(f->timers, deadline_ns, &handler.base, &id), WEFT_OK);
    f->planted++;
    return id;
}

static void a_context_may_cancel_its_own_timer_when_it_is_destroyed(void **state)
{
    (void)state;
    enum { RUN, CANCEL, END };
    for (int how = RUN; how <= END; how++) {
        fixture f;
        set_up(&f, 0);
        weft_status cancelled = WEFT_OK;
        weft_timer_id id;
        id = plant_tidy(&f, 1, (Tidy){ .cancels = &id, .cancelled = &cancelled });
        if (how == RUN)
            assert_int_equal(poll_at(&f, 1), 1);
        else if (how == CANCEL)
            assert_int_equal(weft_timers_cancel(f.timers, id), WEFT_OK);
        tear_down(&f);
        assert_int_equal(cancelled, WEFT_ESTALE);
    }
}

static void contexts_may_cancel_each_others_timers_and_schedule_when_they_are_destroyed(
    void **state)
{
    (void)state;
    for (int at_the_end = 0; at_the_end < 2; at_the_end++) {
        fixture f;
        set_up(&f, 0);
        weft_status by_a = WEFT_OK, by_b = WEFT_OK, scheduled = WEFT_OK;
        weft_timer_id a, b;
        a = plant_tidy(&f, 1, (Tidy){ .cancels = &b, .cancelled = &by_a, .scheduled = &scheduled });
        b = plant_tidy(&f, 2, (Tidy){ .cancels = &a, .cancelled = &by_b });
        if (!at_the_end) {
            assert_int_equal(weft_timers_cancel(f.timers, a), WEFT_OK);
            assert_int_equal(weft_timers_len(f.timers), 1); /* what a's end scheduled */
        }
        tear_down(&f);
        assert_int_equal(by_a, WEFT_OK);
        assert_int_equal(by_b, WEFT_ESTALE); /* a is the one that ends */
        assert_int_equal(scheduled, at_the_end ? WEFT_ESTALE : WEFT_OK);
        assert_true((weft_test_reports_find(&f.reports, "note comes too late: the world ends") !=
                     NULL) == (at_the_end == 1));
    }
}

/* Destroyed after the timers, which it reaches for in vain. */
typedef struct {
    weft_timers *timers;
    weft_timer_id id;
    weft_status *cancelled;
} Latecomer;

static void latecomer_fini(Latecomer *latecomer)
{
    *latecomer->cancelled = weft_timers_cancel(latecomer->timers, latecomer->id);
}
WEFT_RESOURCE_DEFINE(Latecomer, FINI(latecomer_fini));

static void resources_that_outlive_the_timers_find_them_empty(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    weft_timers *timers = weft_timers_install(builder, NULL);
    assert_non_null(timers);
    weft_status cancelled = WEFT_OK;
    struct plain handler;
    assert_int_equal(plain_init(&handler, weft_builder_world(builder)), WEFT_OK);
    weft_timer_id id;
    assert_int_equal(weft_timers_schedule(timers, 1, &handler.base, &id), WEFT_OK);
    WEFT_REGISTER(builder, Latecomer, { timers, id, &cancelled });
    weft_builder_free(builder); /* a builder that was not built ends in the same way */
    assert_int_equal(cancelled, WEFT_ESTALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_event_names_the_timer_the_poll_and_the_deadline),
        cmocka_unit_test(the_sequence_advances_before_each_handler),
        cmocka_unit_test(handlers_without_event_or_by_reference_are_accepted_others_told_why_not),
        cmocka_unit_test(handlers_larger_than_a_place_live_on_the_heap),
        cmocka_unit_test(a_bounded_set_refuses_one_too_many_and_says_what_to_do),
        cmocka_unit_test(a_running_timer_keeps_its_place_until_it_returns),
        cmocka_unit_test(what_is_pending_ends_with_the_world),
        cmocka_unit_test(a_context_may_cancel_its_own_timer_when_it_is_destroyed),
        cmocka_unit_test(
            contexts_may_cancel_each_others_timers_and_schedule_when_they_are_destroyed),
        cmocka_unit_test(resources_that_outlive_the_timers_find_them_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
