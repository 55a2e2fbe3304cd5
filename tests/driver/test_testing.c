/* The testing kit: its example, and that each part notices what it is there to notice. */
#include <weft/fn.h>
#include <weft/testing.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
WEFT_RESOURCE_DEFINE(Counter);

static void on_tick(Counter *counter, uint32_t qty)
{
    counter->n += qty;
}
WEFT_FN(on_tick, MUT(Counter), IN(uint32_t));

/* ---- the example of testing.h, word for word ---------------------------------------------------
 */

#define assert(condition) assert_true(condition)

static void the_example_works(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_harness harness;
    assert(weft_harness_init(&harness, builder) == WEFT_OK);
    struct on_tick tick;
    assert(on_tick_init(&tick, harness.world) == WEFT_OK);
    weft_harness_dispatch(&harness, &tick.base, &(uint32_t){ 5 });
    assert(WEFT_GET(harness.world, Counter)->n == 5);
    assert(weft_world_sequence(harness.world) == 1);
    weft_harness_fini(&harness);
}

#undef assert

/* ---- harness -----------------------------------------------------------------------------------
 */

static weft_harness counting_harness(weft_test_reports *reports)
{
    const weft_world_desc desc = weft_test_reports_desc(reports);
    weft_builder *builder = weft_builder_new(&desc);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    assert_non_null(weft_timers_install(builder, NULL));
    weft_harness harness;
    assert_int_equal(weft_harness_init(&harness, builder), WEFT_OK);
    return harness;
}

static bool is_odd(Counter *counter, int64_t sequence, const uint32_t *number)
{
    counter->n = (uint64_t)sequence;
    return *number % 2;
}
WEFT_FN(is_odd, MUT(Counter), SEQ, REF(uint32_t));

static void dispatching_advances_the_sequence_and_returns_what_the_handler_does(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    weft_harness harness = counting_harness(&reports);
    struct is_odd odd;
    struct on_tick tick;
    assert_int_equal(is_odd_init(&odd, harness.world), WEFT_OK);
    assert_int_equal(on_tick_init(&tick, harness.world), WEFT_OK);
    assert_true(weft_harness_dispatch(&harness, &odd.base, &(uint32_t){ 7 }));
    assert_false(weft_harness_dispatch(&harness, &odd.base, &(uint32_t){ 8 }));
    assert_int_equal(WEFT_GET(harness.world, Counter)->n, 2);
    assert_true(weft_harness_dispatch(&harness, &tick.base, &(uint32_t){ 8 })); /* void is true */

    static const uint32_t numbers[] = { 1, 2, 3, 5, 8 };
    assert_int_equal(
        weft_harness_dispatch_many(&harness, &odd.base, numbers, COUNT(numbers), sizeof *numbers),
        3);
    assert_int_equal(weft_world_sequence(harness.world), 8);
    assert_int_equal(WEFT_GET(harness.world, Counter)->n, 8);
    WEFT_GET(harness.world, Counter)->n = 0;
    assert_int_equal(weft_harness_dispatch_many(&harness, &tick.base, (uint32_t[]){ 5, 6, 7 }, 3,
                                                sizeof(uint32_t)),
                     3);
    assert_int_equal(WEFT_GET(harness.world, Counter)->n, 18);
    assert_int_equal(weft_harness_dispatch_many(&harness, &tick.base, NULL, 0, 4), 0);
    assert_int_equal(weft_world_sequence(harness.world), 11);
    weft_harness_fini(&harness);
}

static void refuse(weft_world *world, uint32_t number)
{
    if (number == 13)
        weft_fail(world, "%u is refused", number);
}
WEFT_FN(refuse, WORLD, IN(uint32_t));

static void a_failing_handler_can_be_tried(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    weft_harness harness = counting_harness(&reports);
    struct refuse handler;
    assert_int_equal(refuse_init(&handler, harness.world), WEFT_OK);
    assert_int_equal(weft_harness_try(&harness, &handler.base, &(uint32_t){ 12 }), WEFT_OK);
    assert_int_equal(weft_harness_try(&harness, &handler.base, &(uint32_t){ 13 }), WEFT_EFAILED);
    assert_string_equal(weft_world_failure(harness.world), "13 is refused");
    assert_int_equal(weft_world_sequence(harness.world), 2);
    weft_harness_fini(&harness);
}

static void a_world_that_cannot_be_built_is_cleaned_up_and_says_why(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_reports reports = { 0 };
    weft_test_allocator_init(&memory);
    weft_world_desc desc = weft_test_reports_desc(&reports);
    desc.allocator = &memory.base;
    weft_builder *builder = weft_builder_new(&desc);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    WEFT_REGISTER_DEFAULT(builder, Counter);
    weft_harness harness;
    assert_int_equal(weft_harness_init(&harness, builder), WEFT_EEXISTS);
    assert_null(harness.world);
    weft_harness_fini(&harness);
    weft_harness_fini(NULL);
    assert_int_equal(memory.live_blocks, 0);
    assert_int_equal(reports.count, 1);
    assert_int_equal(reports.kept[0].status, WEFT_EEXISTS);

    weft_test_allocator_fail(&memory, 1, 1);
    assert_int_equal(weft_harness_init(&harness, weft_builder_new(&desc)), WEFT_ENOMEM);
}

/* ---- reports -----------------------------------------------------------------------------------
 */

static void reports_are_kept_in_order_and_counted_beyond_that(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    weft_harness harness = counting_harness(&reports);
    assert_null(weft_test_reports_find(&reports, ""));
    for (int i = 0; i < 20; i++)
        weft_report(harness.world, i % 2 ? WEFT_EFULL : WEFT_ETYPE, "number %d of many", i);
    assert_int_equal(reports.count, 20);
    assert_int_equal(reports.kept[3].status, WEFT_EFULL);
    assert_string_equal(reports.kept[3].sentence, "number 3 of many");
    assert_string_equal(weft_test_reports_find(&reports, "of many"), "number 0 of many");
    assert_string_equal(weft_test_reports_find(&reports, "15"), "number 15 of many");
    assert_null(weft_test_reports_find(&reports, "16"));
    reports = (weft_test_reports){ 0 };
    weft_report(harness.world, WEFT_EFULL, "%0600d", 1);
    assert_int_equal(strlen(reports.kept[0].sentence), 507);
    weft_harness_fini(&harness);
}

/* ---- allocator ---------------------------------------------------------------------------------
 */

static void the_allocator_counts_and_fills(void **state)
{
    (void)state;
    static const struct {
        size_t size, align;
    } table[] = { { 1, 1 }, { 17, 8 }, { 100, 16 }, { 64, 64 }, { 3, 4096 } };
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    unsigned char *blocks[COUNT(table)];
    size_t bytes = 0;
    const char *why = NULL;
    for (size_t i = 0; i < COUNT(table); i++) {
        blocks[i] = weft_alloc(&memory.base, table[i].size, table[i].align);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % table[i].align, 0);
        for (size_t n = 0; n < table[i].size; n++)
            assert_int_equal(blocks[i][n], 0xA5);
        memset(blocks[i], 0, table[i].size);
        bytes += table[i].size;
        assert_int_equal(memory.live_bytes, bytes);
    }
    assert_int_equal(memory.live_blocks, COUNT(table));
    assert_false(weft_test_allocator_check(&memory, &why));
    assert_string_equal(why, "not every block was given back");
    for (size_t i = 0; i < COUNT(table); i++)
        weft_free(&memory.base, blocks[i], table[i].size, table[i].align);
    assert_int_equal(memory.allocations, COUNT(table));
    assert_int_equal(memory.live_blocks, 0);
    assert_int_equal(memory.live_bytes, 0);
    assert_int_equal(memory.peak_bytes, bytes);
    assert_true(weft_test_allocator_check(&memory, &why));
}

static void the_allocator_fails_when_it_is_told_to(void **state)
{
    (void)state;
    static const struct {
        size_t nth, count;
        const char *outcome; /* of allocations in a row */
    } table[] = {
        { 0, 0, "++++++" },        { 0, 3, "++++++" },        { 1, 0, "++++++" },
        { 1, 1, "-+++++" },        { 3, 1, "++-+++" },        { 2, 3, "+---++" },
        { 1, SIZE_MAX, "------" }, { 4, SIZE_MAX, "+++---" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        weft_test_allocator_fail(&memory, table[i].nth, table[i].count);
        size_t failures = 0;
        for (const char *c = table[i].outcome; *c; c++) {
            void *block = weft_alloc(&memory.base, 8, 8);
            assert_true((block != NULL) == (*c == '+'));
            failures += !block;
            weft_free(&memory.base, block, 8, 8);
        }
        assert_int_equal(memory.failures, failures);
        weft_test_allocator_fail(&memory, 0, 0);
        void *block = weft_alloc(&memory.base, 8, 8);
        assert_non_null(block);
        weft_free(&memory.base, block, 8, 8);
    }
}

static void the_allocator_notices_what_is_given_back_wrongly(void **state)
{
    (void)state;
    static const struct {
        size_t size, align, written;
        const char *why;
    } table[] = {
        { 25, 8, 0, "another size" },
        { 24, 16, 0, "another alignment" },
        { 24, 8, 25, "behind its end" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        char *block = weft_alloc(&memory.base, 24, 8);
        assert_non_null(block);
        memset(block, 0, table[i].written);
        weft_free(&memory.base, block, table[i].size, table[i].align);
        assert_int_equal(memory.live_blocks, 0);
        assert_int_equal(memory.live_bytes, 0);
        const char *why = "";
        assert_false(weft_test_allocator_check(&memory, &why));
        assert_non_null(strstr(why, table[i].why));
    }
}

/* ---- timers ------------------------------------------------------------------------------------
 */

typedef struct {
    int64_t at_ns[16]; /* when timers saw themselves run */
    size_t len;
} Times;
WEFT_RESOURCE_DEFINE(Times);

static void see(Times *times, const weft_clock *clock, const weft_timer_event *event)
{
    assert_true(clock->now_ns == event->now_ns);
    assert_true(times->len < COUNT(times->at_ns));
    times->at_ns[times->len++] = event->now_ns;
}
WEFT_FN(see, MUT(Times), RES(weft_clock), REF(weft_timer_event));

static void again(weft_timers *timers, weft_timer_event event)
{
    weft_timers_reschedule(timers, event.id, event.now_ns);
}
WEFT_FN(again, MUT(weft_timers), IN(weft_timer_event));

typedef struct {
    weft_test_reports reports;
    weft_harness harness;
    weft_test_timers timers;
    Times *times;
    struct see see;
} timed;

static void set_up_timed(timed *t)
{
    *t = (timed){ .times = NULL };
    const weft_world_desc desc = weft_test_reports_desc(&t->reports);
    weft_builder *builder = weft_builder_new(&desc);
    weft_clock clock;
    weft_clock_init_test(&clock, 1000);
    WEFT_REGISTER_DEFAULT(builder, Times);
    assert_non_null(weft_clock_install(builder, &clock));
    assert_non_null(weft_timers_install(builder, NULL));
    assert_int_equal(weft_harness_init(&t->harness, builder), WEFT_OK);
    assert_int_equal(weft_test_timers_init(&t->timers, t->harness.world), WEFT_OK);
    assert_int_equal(see_init(&t->see, t->harness.world), WEFT_OK);
    t->times = WEFT_GET(t->harness.world, Times);
}

static void schedule_at(timed *t, int64_t deadline_ns)
{
    weft_timers *timers = WEFT_GET(t->harness.world, weft_timers);
    assert_int_equal(weft_timers_schedule(timers, deadline_ns, &t->see.base, NULL), WEFT_OK);
}

static void virtual_time_moves_only_when_told(void **state)
{
    (void)state;
    timed t;
    set_up_timed(&t);
    assert_int_equal(weft_test_timers_now(&t.timers), 1000); /* the world's clock */
    int64_t deadline_ns = 4711;
    assert_false(weft_test_timers_next_deadline(&t.timers, &deadline_ns));
    assert_int_equal(deadline_ns, 4711);
    schedule_at(&t, 1100);
    schedule_at(&t, 1200);
    assert_int_equal(weft_test_timers_len(&t.timers), 2);
    assert_true(weft_test_timers_next_deadline(&t.timers, &deadline_ns));
    assert_int_equal(deadline_ns, 1100);
    assert_int_equal(weft_test_timers_poll(&t.timers), 0);
    weft_test_timers_advance(&t.timers, 150);
    assert_int_equal(weft_test_timers_len(&t.timers), 2);
    assert_int_equal(weft_test_timers_now(&t.timers), 1150);
    assert_int_equal(WEFT_GET(t.harness.world, weft_clock)->now_ns, 1150);
    assert_int_equal(weft_test_timers_poll(&t.timers), 1);
    weft_test_timers_set_now(&t.timers, 42);
    assert_int_equal(weft_test_timers_now(&t.timers), 42);
    assert_int_equal(weft_test_timers_poll(&t.timers), 0);
    weft_test_timers_advance(&t.timers, -50);
    assert_int_equal(weft_test_timers_now(&t.timers), -8);
    weft_test_timers_set_now(&t.timers, 1200);
    assert_int_equal(weft_test_timers_poll(&t.timers), 1);
    assert_int_equal(weft_test_timers_len(&t.timers), 0);
    weft_harness_fini(&t.harness);
}

static void run_for_shows_every_timer_its_own_time(void **state)
{
    (void)state;
    timed t;
    set_up_timed(&t);
    weft_timers *timers = WEFT_GET(t.harness.world, weft_timers);
    schedule_at(&t, 1300);
    schedule_at(&t, 1100);
    schedule_at(&t, 900); /* late already */
    schedule_at(&t, 1501);
    assert_int_equal(weft_timers_every(timers, 1050, 200, WEFT_MISSED_SKIP, &t.see.base, NULL),
                     WEFT_OK);
    assert_int_equal(weft_test_timers_run_for(&t.timers, 500), 6);
    static const int64_t expected[] = { 1000, 1050, 1100, 1250, 1300, 1450 };
    assert_int_equal(t.times->len, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(t.times->at_ns[i], expected[i]);
    assert_int_equal(weft_test_timers_now(&t.timers), 1500);
    assert_int_equal(weft_test_timers_run_for(&t.timers, 0), 0);
    assert_int_equal(weft_test_timers_run_for(&t.timers, 1), 1); /* the end belongs to it */
    assert_int_equal(weft_test_timers_now(&t.timers), 1501);
    weft_harness_fini(&t.harness);
}

static void run_for_ends_although_a_timer_is_always_due(void **state)
{
    (void)state;
    timed t;
    set_up_timed(&t);
    struct again handler;
    assert_int_equal(again_init(&handler, t.harness.world), WEFT_OK);
    weft_timers *timers = WEFT_GET(t.harness.world, weft_timers);
    assert_int_equal(weft_timers_schedule(timers, 1234, &handler.base, NULL), WEFT_OK);
    assert_int_equal(weft_test_timers_run_for(&t.timers, 1000), WEFT_TEST_POLLS + 1);
    assert_int_equal(weft_test_timers_now(&t.timers), 1234);
    assert_non_null(weft_test_reports_find(&t.reports, "time stands still at 1234 ns"));
    weft_harness_fini(&t.harness);
}

static void a_poll_that_is_refused_ends_run_for(void **state)
{
    (void)state;
    timed t;
    weft_test_reports reports = { 0 };
    set_up_timed(&t);
    schedule_at(&t, 1100);
    schedule_at(&t, 1200);
    weft_harness other = counting_harness(&reports);
    t.timers.world = other.world;
    assert_int_equal(weft_test_timers_poll(&t.timers), WEFT_EWORLD);
    assert_int_equal(weft_test_timers_run_for(&t.timers, 500), WEFT_EWORLD);
    assert_int_equal(reports.count, 2);
    assert_int_equal(weft_test_timers_now(&t.timers), 1100);
    t.timers.world = t.harness.world;
    assert_int_equal(weft_test_timers_run_for(&t.timers, 500), 2);
    weft_harness_fini(&other);
    weft_harness_fini(&t.harness);
}

static void virtual_time_needs_timers_and_accepts_no_other_clock(void **state)
{
    (void)state;
    weft_test_reports reports = { 0 };
    const weft_world_desc desc = weft_test_reports_desc(&reports);
    weft_test_timers timers;
    weft_harness harness;
    assert_int_equal(weft_harness_init(&harness, weft_builder_new(&desc)), WEFT_OK);
    assert_int_equal(weft_test_timers_init(&timers, harness.world), WEFT_EMISSING);
    assert_non_null(weft_test_reports_find(&reports, "call weft_timers_install"));
    weft_harness_fini(&harness);

    weft_builder *builder = weft_builder_new(&desc);
    assert_non_null(weft_timers_install(builder, NULL));
    assert_non_null(weft_clock_install(builder, NULL));
    assert_int_equal(weft_harness_init(&harness, builder), WEFT_OK);
    assert_int_equal(weft_test_timers_init(&timers, harness.world), WEFT_EINVAL);
    assert_non_null(weft_test_reports_find(&reports, "needs a test clock"));
    weft_harness_fini(&harness);

    harness = counting_harness(&reports); /* timers, and no clock */
    assert_int_equal(weft_test_timers_init(&timers, harness.world), WEFT_OK);
    assert_int_equal(weft_test_timers_now(&timers), 0);
    weft_test_timers_advance(&timers, 5);
    assert_int_equal(weft_test_timers_run_for(&timers, INT64_MAX), 0);
    assert_true(weft_test_timers_now(&timers) == INT64_MAX);
    weft_harness_fini(&harness);
}

/* ---- sockets -----------------------------------------------------------------------------------
 */

/* A program under test: sends back what it gets, a few bytes per turn. */
typedef struct {
    int fd;
    size_t turns;
} echo;

static void echo_turn(void *arg)
{
    echo *e = arg;
    char bytes[1000];
    e->turns++;
    const ssize_t got = recv(e->fd, bytes, sizeof bytes, 0);
    if (got > 0)
        assert_int_equal(send(e->fd, bytes, (size_t)got, MSG_NOSIGNAL), got);
}

static void idle_turn(void *arg)
{
    ++*(size_t *)arg;
}

static void send_and_receive_give_the_program_its_turns(void **state)
{
    (void)state;
    weft_test_sockets sockets;
    assert_int_equal(weft_test_sockets_init(&sockets), WEFT_OK);
    echo e = { .fd = sockets.program };
    static char sent[20000], received[20000];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i % 251);
    assert_int_equal(weft_test_send_all(sockets.peer, sent, sizeof sent, echo_turn, &e), WEFT_OK);
    assert_int_equal(weft_test_receive_all(sockets.peer, received, sizeof received, echo_turn, &e),
                     WEFT_OK);
    assert_memory_equal(sent, received, sizeof sent);
    assert_true(e.turns >= 20);
    assert_int_equal(weft_test_receive_all(sockets.peer, received, 0, NULL, NULL), WEFT_OK);
    const weft_test_sockets both = sockets;
    weft_test_sockets_fini(&sockets);
    assert_int_equal(fcntl(both.program, F_GETFD), -1);
    assert_int_equal(fcntl(both.peer, F_GETFD), -1);
    assert_int_equal(sockets.program, -1);
    assert_int_equal(sockets.peer, -1);
    weft_test_sockets_fini(&sockets);
    weft_test_sockets_fini(NULL);
}

static void receive_until_stops_behind_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *end;
        size_t cap;
        weft_status status;
        const char *received, *rest;
    } table[] = {
        { "one\r\ntwo\r\n", "\r\n", 64, WEFT_OK, "one\r\n", "two\r\n" },
        { "\r\n", "\r\n", 64, WEFT_OK, "\r\n", "" },
        { "a\r\r\nb", "\r\n", 64, WEFT_OK, "a\r\r\n", "b" },
        { "abc", "c", 4, WEFT_OK, "abc", "" },
        { "abc", "c", 3, WEFT_EFULL, "ab", "c" },
        { "abc", "c", 1, WEFT_EFULL, "", "abc" },
        { "abc", "x", 64, WEFT_EAGAIN, "abc", "" },
        { "abc", "", 64, WEFT_OK, "", "abc" },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        weft_test_sockets sockets;
        assert_int_equal(weft_test_sockets_init(&sockets), WEFT_OK);
        assert_int_equal(
            weft_test_send_all(sockets.program, table[i].sent, strlen(table[i].sent), NULL, NULL),
            WEFT_OK);
        char text[64];
        assert_int_equal(
            weft_test_receive_until(sockets.peer, text, table[i].cap, table[i].end, NULL, NULL),
            table[i].status);
        assert_string_equal(text, table[i].received);
        assert_int_equal(weft_test_drain(sockets.peer), strlen(table[i].rest));
        weft_test_sockets_fini(&sockets);
    }
    assert_int_equal(weft_test_receive_until(-1, NULL, 0, "x", NULL, NULL), WEFT_EFULL);
}

static void nothing_waits_for_ever(void **state)
{
    (void)state;
    weft_test_sockets sockets;
    assert_int_equal(weft_test_sockets_init(&sockets), WEFT_OK);
    char byte;
    size_t turns = 0;
    assert_int_equal(weft_test_receive_all(sockets.peer, &byte, 1, NULL, NULL), WEFT_EAGAIN);
    assert_int_equal(weft_test_receive_all(sockets.peer, &byte, 1, idle_turn, &turns), WEFT_EAGAIN);
    assert_int_equal(turns, WEFT_TEST_TURNS);

    const size_t filled = weft_test_fill(sockets.peer);
    assert_true(filled > 8192); /* more than it takes at once */
    assert_int_equal(weft_test_fill(sockets.peer), 0);
    turns = 0;
    assert_int_equal(weft_test_send_all(sockets.peer, "x", 1, idle_turn, &turns), WEFT_EAGAIN);
    assert_int_equal(turns, WEFT_TEST_TURNS);
    assert_int_equal(weft_test_drain(sockets.program), filled);
    assert_int_equal(weft_test_send_all(sockets.peer, "x", 1, NULL, NULL), WEFT_OK);
    weft_test_sockets_fini(&sockets);
}

static void a_side_that_has_closed_is_noticed(void **state)
{
    (void)state;
    weft_test_sockets sockets;
    assert_int_equal(weft_test_sockets_init(&sockets), WEFT_OK);
    assert_int_equal(weft_test_send_all(sockets.program, "ab", 2, NULL, NULL), WEFT_OK);
    close(sockets.program);
    sockets.program = -1;
    char bytes[8];
    size_t turns = 0;
    assert_int_equal(weft_test_receive_all(sockets.peer, bytes, 3, idle_turn, &turns),
                     WEFT_ECLOSED);
    assert_memory_equal(bytes, "ab", 2); /* what came is there */
    assert_int_equal(weft_test_send_all(sockets.peer, "x", 1, idle_turn, &turns), WEFT_ECLOSED);
    assert_int_equal(weft_test_fill(sockets.peer), 0);
    assert_int_equal(turns, 0);
    assert_int_equal(weft_test_send_all(-1, "x", 1, idle_turn, &turns), WEFT_ESYSTEM);
    weft_test_sockets_fini(&sockets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_works),
        cmocka_unit_test(dispatching_advances_the_sequence_and_returns_what_the_handler_does),
        cmocka_unit_test(a_failing_handler_can_be_tried),
        cmocka_unit_test(a_world_that_cannot_be_built_is_cleaned_up_and_says_why),
        cmocka_unit_test(reports_are_kept_in_order_and_counted_beyond_that),
        cmocka_unit_test(the_allocator_counts_and_fills),
        cmocka_unit_test(the_allocator_fails_when_it_is_told_to),
        cmocka_unit_test(the_allocator_notices_what_is_given_back_wrongly),
        cmocka_unit_test(virtual_time_moves_only_when_told),
        cmocka_unit_test(run_for_shows_every_timer_its_own_time),
        cmocka_unit_test(run_for_ends_although_a_timer_is_always_due),
        cmocka_unit_test(a_poll_that_is_refused_ends_run_for),
        cmocka_unit_test(virtual_time_needs_timers_and_accepts_no_other_clock),
        cmocka_unit_test(send_and_receive_give_the_program_its_turns),
        cmocka_unit_test(receive_until_stops_behind_the_end),
        cmocka_unit_test(nothing_waits_for_ever),
        cmocka_unit_test(a_side_that_has_closed_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
