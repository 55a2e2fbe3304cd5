/* A world with timers whose handlers write down that they ran, and that they were destroyed.
 *
 * A timer has a name, one letter. f.log.runs is the letters of those that ran, f.log.ends of those
 * whose context was destroyed, each in order. What a timer does beyond that is its `act`.
 */
#ifndef WEFT_TESTS_TIMERS_FIXTURE_H
#define WEFT_TESTS_TIMERS_FIXTURE_H

#include <weft/fn.h>
#include <weft/testing.h>
#include <weft/timers.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct {
    char runs[128], ends[128];
    size_t run_count, end_count; /* go on when the texts are full */
    weft_timer_event event;      /* of the last run */
    int64_t sequence;            /* during it */
} timer_log;

typedef struct Tag Tag;
typedef void tag_act(const Tag *tag, weft_timers *timers, weft_world *world,
                     const weft_timer_event *event);

struct Tag {
    timer_log *log;
    tag_act *act; /* or NULL */
    void *arg;    /* its argument, often a weft_timer_id */
    int64_t time_ns;
    char name;
};

static void tag_fini(Tag *tag)
{
    if (tag->log->end_count + 1 < sizeof tag->log->ends)
        tag->log->ends[tag->log->end_count] = tag->name;
    tag->log->end_count++;
}

static void note(Tag *tag, weft_timers *timers, weft_world *world, weft_timer_event event)
{
    timer_log *log = tag->log;
    if (log->run_count + 1 < sizeof log->runs)
        log->runs[log->run_count] = tag->name;
    log->run_count++;
    log->event = event;
    log->sequence = weft_world_sequence(world);
    if (tag->act)
        tag->act(tag, timers, world, &event);
}
WEFT_FN(note, CTX(Tag, tag_fini), MUT(weft_timers), WORLD, IN(weft_timer_event));

typedef struct {
    timer_log log;
    weft_test_allocator memory;
    weft_test_reports reports;
    weft_harness harness;
    weft_timers *timers;
    weft_world *world;
    size_t planted;
} fixture;

static void set_up_ticking(fixture *f, uint32_t capacity, int64_t tick_ns)
{
    *f = (fixture){ .planted = 0 };
    weft_test_allocator_init(&f->memory);
    weft_world_desc desc = weft_test_reports_desc(&f->reports);
    desc.allocator = &f->memory.base;
    weft_builder *builder = weft_builder_new(&desc);
    f->timers = weft_timers_install(
        builder, &(weft_timers_desc){ .capacity = capacity, .tick_ns = tick_ns });
    assert_non_null(f->timers);
    assert_int_equal(weft_harness_init(&f->harness, builder), WEFT_OK);
    f->world = f->harness.world;
}

__attribute__((unused)) static void set_up(fixture *f, uint32_t capacity)
{
    set_up_ticking(f, capacity, 0);
}

static void assert_sound(const fixture *f)
{
    const char *why = NULL;
    if (!weft_timers_check(f->timers, &why))
        fail_msg("weft_timers_check: %s", why);
}

/* Ends the world; every timer that was accepted must have been destroyed by then, and once. */
static void tear_down(fixture *f)
{
    assert_sound(f);
    weft_harness_fini(&f->harness);
    assert_int_equal(f->log.end_count, f->planted);
    const char *why = NULL;
    if (!weft_test_allocator_check(&f->memory, &why))
        fail_msg("%s", why);
}

static struct note handler_for(fixture *f, Tag tag)
{
    struct note handler;
    tag.log = &f->log;
    assert_int_equal(note_init(&handler, f->world, tag), WEFT_OK);
    return handler;
}

__attribute__((unused)) static weft_timer_id plant(fixture *f, int64_t deadline_ns, Tag tag)
{
    const struct note handler = handler_for(f, tag);
    weft_timer_id id = { 0, 0 };
    assert_int_equal(weft_timers_schedule(f->timers, deadline_ns, &handler.base, &id), WEFT_OK);
    f->planted++;
    assert_sound(f);
    return id;
}

__attribute__((unused)) static weft_timer_id plant_every(fixture *f, int64_t first_ns,
                                                         int64_t period_ns, weft_missed missed,
                                                         Tag tag)
{
    const struct note handler = handler_for(f, tag);
    weft_timer_id id = { 0, 0 };
    assert_int_equal(weft_timers_every(f->timers, first_ns, period_ns, missed, &handler.base, &id),
                     WEFT_OK);
    f->planted++;
    assert_sound(f);
    return id;
}

/* Polls, and forgets what ran before. */
__attribute__((unused)) static int poll_at(fixture *f, int64_t now_ns)
{
    memset(f->log.runs, 0, sizeof f->log.runs);
    f->log.run_count = 0;
    const int count = weft_timers_poll(f->timers, f->world, now_ns);
    assert_sound(f);
    return count;
}

struct tried_poll {
    fixture *f;
    int64_t now_ns;
};

static void tried_poll_body(weft_world *world, void *arg)
{
    const struct tried_poll *poll = arg;
    (void)world;
    poll_at(poll->f, poll->now_ns);
}

/* The same around handlers that fail. */
__attribute__((unused)) static weft_status try_poll_at(fixture *f, int64_t now_ns)
{
    const weft_status status =
        weft_try(f->world, tried_poll_body, &(struct tried_poll){ f, now_ns });
    assert_sound(f);
    return status;
}

/* ---- acts ------------------------------------------------------------------------------------ */

__attribute__((unused)) static void act_cancel(const Tag *tag, weft_timers *timers,
                                               weft_world *world, const weft_timer_event *event)
{
    const weft_timer_id *other = tag->arg;
    (void)world;
    weft_timers_cancel(timers, other ? *other : event->id);
}

__attribute__((unused)) static void act_reschedule(const Tag *tag, weft_timers *timers,
                                                   weft_world *world, const weft_timer_event *event)
{
    const weft_timer_id *other = tag->arg;
    (void)world;
    weft_timers_reschedule(timers, other ? *other : event->id, tag->time_ns);
}

__attribute__((unused)) static void act_fail(const Tag *tag, weft_timers *timers, weft_world *world,
                                             const weft_timer_event *event)
{
    (void)timers;
    (void)event;
    weft_fail(world, "%c failed", tag->name);
}

/* Polls at time_ns from inside. */
__attribute__((unused)) static void act_poll(const Tag *tag, weft_timers *timers, weft_world *world,
                                             const weft_timer_event *event)
{
    (void)event;
    weft_timers_poll(timers, world, tag->time_ns);
}

#endif
