/* What a scheduler refuses, and in which words; what it owns; how it is described. */
#include "scheduler_fixture.h"

typedef struct {
    uint64_t n;
} Counter;
WEFT_RESOURCE_DEFINE(Counter);

static void takes_qty(uint32_t qty)
{
    (void)qty;
}
WEFT_FN(takes_qty, IN(uint32_t));

static void takes_two(uint32_t a, const Counter *b)
{
    (void)a;
    (void)b;
}
WEFT_FN(takes_two, IN(uint32_t), REF(Counter));

static void needs_counter(Counter *counter)
{
    counter->n++;
}
WEFT_FN(needs_counter, MUT(Counter));

static void calc_spread(void)
{
}
WEFT_FN(calc_spread);

static void send_quote(void)
{
}
WEFT_FN(send_quote);

static void update_price(void)
{
}
WEFT_FN(update_price);

/* ---- what is refused ------------------------------------------------------------------------ */

static void a_handler_that_takes_an_event_is_no_system(void **state)
{
    (void)state;
    struct takes_qty one;
    struct takes_two two;
    assert_int_equal(takes_qty_init(&one, world), WEFT_OK);
    assert_int_equal(takes_two_init(&two, world), WEFT_OK);
    weft_system_id id = { 1, 2 };
    assert_int_equal(weft_scheduler_add(&scheduler, &one.base, &id), WEFT_ETYPE);
    test_world_expect(&test, WEFT_ETYPE,
                      "takes_qty is no system: it takes an event, and a scheduler gives none; let "
                      "it read what it needs from resources");
    assert_int_equal(id.serial, 1);
    assert_int_equal(id.index, 2);
    renew();
    assert_int_equal(weft_scheduler_add(&scheduler, &two.base, &id), WEFT_ETYPE);
    assert_int_equal(weft_scheduler_len(&scheduler), 0);
}

static void the_names_in_a_program_are_its_own(void **state)
{
    (void)state;
    weft_scheduler *const scheduler_ = &scheduler;
    weft_system_id system_, bound_;
    assert_int_equal(WEFT_SYSTEM(scheduler_, act, &system_, (Actor){ 'a' }), WEFT_OK);
    assert_int_equal(WEFT_SYSTEM(scheduler_, act, &bound_, (Actor){ 'b' }), WEFT_OK);
    assert_int_equal(weft_scheduler_after(scheduler_, system_, bound_), WEFT_OK);
    assert_int_equal(weft_scheduler_build(scheduler_), WEFT_OK);
    assert_int_equal(weft_scheduler_run(scheduler_, world), 2);
    expect_trace("ba");
}

static void a_handler_that_was_never_bound_is_no_system(void **state)
{
    (void)state;
    const weft_handler unbound = { .run = NULL };
    const weft_handler *const table[] = { &unbound, NULL };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        renew();
        weft_system_id id = { 1, 2 };
        assert_int_equal(weft_scheduler_add(&scheduler, table[i], &id), WEFT_EINVAL);
        test_world_expect(
            &test, WEFT_EINVAL,
            "a handler that was not bound, or could not be, was given to a scheduler");
        assert_int_equal(id.serial, 1);
        assert_int_equal(weft_scheduler_build(&scheduler), WEFT_EINVAL);
    }
}

static void the_first_failure_is_remembered(void **state)
{
    (void)state;
    weft_system_id counter, quote;
    assert_int_equal(WEFT_SYSTEM(&scheduler, needs_counter, &counter), WEFT_EMISSING);
    assert_non_null(strstr(test_world_sentence(&test), "needs_counter"));
    test.reports = 0;
    /* Neither the id that was never given, nor anything else, is looked at. */
    assert_int_equal(WEFT_SYSTEM(&scheduler, send_quote, &quote), WEFT_EMISSING);
    struct takes_qty takes;
    assert_int_equal(takes_qty_init(&takes, world), WEFT_OK);
    assert_int_equal(weft_scheduler_add(&scheduler, &takes.base, NULL), WEFT_EMISSING);
    assert_int_equal(weft_scheduler_after(&scheduler, quote, counter), WEFT_EMISSING);
    assert_int_equal(weft_scheduler_before(&scheduler, quote, counter), WEFT_EMISSING);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_EMISSING);
    assert_int_equal(test.reports, 0);
    assert_int_equal(weft_scheduler_len(&scheduler), 0);
    check();

    renew();
    assert_int_equal(weft_scheduler_add(&scheduler, &takes.base, NULL), WEFT_ETYPE);
    assert_int_equal(WEFT_SYSTEM(&scheduler, needs_counter, &counter), WEFT_ETYPE);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_ETYPE);
}

static void an_id_of_another_scheduler_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool later, earlier; /* whether it is ours */
        const char *sentence;
    } rows[] = {
        { "later", false, true,
          "no edge update_price -> (unknown id): an id that is unknown here comes from another "
          "scheduler, from one that has ended, or was never set" },
        { "earlier", true, false,
          "no edge (unknown id) -> update_price: an id that is unknown here comes from another "
          "scheduler, from one that has ended, or was never set" },
        { "both", false, false,
          "no edge (unknown id) -> (unknown id): an id that is unknown here comes from another "
          "scheduler, from one that has ended, or was never set" },
    };
    weft_scheduler other;
    weft_system_id strangers[3] = { { 0, 0 } }; /* never set, of another, of one that has ended */
    weft_scheduler_init(&other, world);
    WEFT_SYSTEM(&other, calc_spread, &strangers[1]);
    WEFT_SYSTEM(&scheduler, calc_spread, &strangers[2]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < 3; j++) {
            renew();
            weft_system_id ours;
            WEFT_SYSTEM(&scheduler, update_price, &ours);
            assert_int_equal(weft_scheduler_after(&scheduler, rows[i].later ? ours : strangers[j],
                                                  rows[i].earlier ? ours : strangers[j]),
                             WEFT_ESTALE);
            test_world_expect(&test, WEFT_ESTALE, rows[i].sentence);
            assert_int_equal(weft_scheduler_build(&scheduler), WEFT_ESTALE);
        }
    }
    weft_scheduler_fini(&other);
}

static void a_cycle_is_named_in_the_order_of_running(void **state)
{
    (void)state;
    static const struct {
        const char *systems, *edges, *sentence;
    } rows[] = {
        { "ab", "a>b b>a", "act#0 -> act#1 -> act#0" },
        { "ab", "b>a a>b", "act#0 -> act#1 -> act#0" },
        { "a", "a>a", "calc_spread -> calc_spread" },
        { "bc", "c>c", "act#1 -> act#1" },
        { "abc", "a>c c>b b>a", "act#0 -> act#2 -> act#1 -> act#0" },
        /* Neither what is before the cycle nor what is behind it is named. */
        { "abcd", "a>b b>c c>b c>d", "act#1 -> act#2 -> act#1" },
        { "abcde", "b>c c>b", "act#1 -> act#2 -> act#1" },
        { "abcdef", "a>b b>c c>d d>e e>f f>a",
          "act#0 -> act#1 -> act#2 -> act#3 -> act#4 -> act#5 -> act#0" },
        { "abcdefghi", "a>b b>c c>d d>e e>f f>g g>h h>i i>a",
          "act#0 -> act#1 -> act#2 -> act#3 -> act#4 -> act#5 -> (3 more) -> act#0" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        renew();
        if (strcmp(rows[i].systems, "a") == 0)
            WEFT_SYSTEM(&scheduler, calc_spread, &ids['a']);
        else
            add_letters(rows[i].systems);
        add_edges(rows[i].edges);
        char sentence[256];
        snprintf(sentence, sizeof sentence,
                 "the systems form a cycle: %s; take out one of these edges", rows[i].sentence);
        assert_int_equal(weft_scheduler_build(&scheduler), WEFT_ECYCLE);
        test_world_expect(&test, WEFT_ECYCLE, sentence);
        check();
        assert_int_equal(weft_scheduler_build(&scheduler), WEFT_ECYCLE);
        assert_int_equal(weft_scheduler_run(&scheduler, world), WEFT_EINVAL);
        trace[0] = '\0';
    }
    renew();
    weft_system_id price, spread, quote;
    WEFT_SYSTEM(&scheduler, update_price, &price);
    WEFT_SYSTEM(&scheduler, calc_spread, &spread);
    WEFT_SYSTEM(&scheduler, send_quote, &quote);
    weft_scheduler_after(&scheduler, spread, price);
    weft_scheduler_after(&scheduler, quote, spread);
    weft_scheduler_after(&scheduler, price, quote);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_ECYCLE);
    test_world_expect(&test, WEFT_ECYCLE,
                      "the systems form a cycle: update_price -> calc_spread -> send_quote -> "
                      "update_price; take out one of these edges");
}

static void what_comes_after_building_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    build_letters("ab", "a>b");
    struct act late;
    assert_int_equal(act_init(&late, world, (Actor){ 'c' }), WEFT_OK);
    weft_system_id id = { 1, 2 };
    assert_int_equal(weft_scheduler_add(&scheduler, &late.base, &id), WEFT_EINVAL);
    assert_int_equal(id.serial, 1);
    test_world_expect(&test, WEFT_EINVAL,
                      "act comes too late: the scheduler is built; add it before "
                      "weft_scheduler_build");
    assert_int_equal(weft_scheduler_after(&scheduler, ids['a'], ids['b']), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "the edge act -> act comes too late: the scheduler is built; give it before "
                      "weft_scheduler_build");
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "the scheduler is built already; weft_scheduler_build is called once");
    assert_int_equal(weft_scheduler_run(&scheduler, world), 2);
    expect_trace("ab");
    weft_handler_fini(&late.base);
    expect_trace("~c");
}

static void only_what_is_built_runs_and_only_in_its_world(void **state)
{
    (void)state;
    add_letters("a");
    assert_int_equal(weft_scheduler_run(&scheduler, world), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "a scheduler cannot run before weft_scheduler_build has built it");
    static weft_scheduler zeroed;
    assert_int_equal(weft_scheduler_run(&zeroed, world), WEFT_EINVAL);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    test_world elsewhere;
    test_world_init(&elsewhere);
    weft_world *other = test_world_build(&elsewhere);
    assert_int_equal(weft_scheduler_run(&scheduler, other), WEFT_EWORLD);
    test_world_expect(&elsewhere, WEFT_EWORLD,
                      "a scheduler of 1 systems runs in its own world only, not in another");
    test_world_fini(&elsewhere);
    expect_trace("");
    assert_int_equal(weft_scheduler_run(&scheduler, world), 1);
}

static void the_number_of_systems_ends_where_it_cannot_be_counted(void **state)
{
    (void)state;
    add_letters("a");
    struct act more;
    assert_int_equal(act_init(&more, world, (Actor){ 'b' }), WEFT_OK);
    scheduler.len = WEFT_SCHEDULER_MAX;
    assert_int_equal(weft_scheduler_add(&scheduler, &more.base, NULL), WEFT_EFULL);
    scheduler.len = 1;
    test_world_expect(&test, WEFT_EFULL,
                      "no room for act: a scheduler holds 2147483647 systems at most; use two");
    weft_handler_fini(&more.base);
}

/* ---- what is owned -------------------------------------------------------------------------- */

static void systems_end_once_in_the_order_of_adding(void **state)
{
    (void)state;
    build_letters("cab", "b>c");
    weft_scheduler_fini(&scheduler);
    expect_trace("~c~a~b");
    weft_scheduler_fini(&scheduler);
    weft_scheduler_fini(NULL);
    expect_trace("");

    weft_scheduler_init(&scheduler, world);
    add_letters("xy");
    weft_scheduler_fini(&scheduler);
    expect_trace("~x~y");
}

static void a_scheduler_may_be_a_resource(void **state)
{
    (void)state;
    test_world_fini(&test);
    test_world_init(&test);
    weft_scheduler *installed = weft_scheduler_install(test.builder);
    assert_non_null(installed);
    assert_null(weft_scheduler_install(test.builder));
    test_world_fini(&test);

    test_world_init(&test);
    installed = weft_scheduler_install(test.builder);
    world = test_world_build(&test);
    assert_ptr_equal(WEFT_GET(world, weft_scheduler), installed);
    assert_int_equal(WEFT_SYSTEM(installed, act, NULL, (Actor){ 'a' }), WEFT_OK);
    assert_int_equal(weft_scheduler_build(installed), WEFT_OK);
    assert_int_equal(weft_scheduler_run(installed, world), 1);
    expect_trace("a");
    test_world_fini(&test);
    expect_trace("~a");

    test_world_init(&test); /* one that was never built */
    assert_non_null(weft_scheduler_install(test.builder));
    test_world_fini(&test);
    test_world_init(&test);
    world = test_world_build(&test);
    weft_scheduler_init(&scheduler, world);
}

/* So wide that nothing is aligned to it by chance. */
enum { WIDE_BYTES = 4096 };
typedef struct {
    char first;
} __attribute__((aligned(WIDE_BYTES))) Wide;
static bool is_aligned(Wide *wide)
{
    return wide->first == 7 && (uintptr_t)wide % WIDE_BYTES == 0;
}
WEFT_FN(is_aligned, CTX(Wide));

static void a_system_keeps_its_alignment(void **state)
{
    (void)state;
    add_letters("a");
    weft_system_id wide;
    WEFT_SYSTEM(&scheduler, is_aligned, &wide, (Wide){ 7 });
    add_letters("b");
    weft_scheduler_after(&scheduler, ids['b'], wide);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    check();
    assert_int_equal(weft_scheduler_run(&scheduler, world), 3);
    expect_trace("ab");
}

/* Nine systems and edges, so that both arrays grow. Returns what failed first; nothing more than
 * what was granted is taken, and the contexts that were not taken over are the caller's. */
static weft_status build_with(size_t granted)
{
    weft_scheduler_init(&scheduler, world);
    test.heap.refuse_after = granted;
    const size_t before = test.heap.allocations;
    for (size_t i = 0; i < 9; i++) {
        struct act system;
        const Actor actor = { (char)('a' + i) };
        assert_int_equal(act_init(&system, world, actor), WEFT_OK);
        if (weft_scheduler_add(&scheduler, &system.base, &ids[(int)actor.letter]))
            weft_handler_fini(&system.base);
    }
    for (int later = 'b'; later <= 'j'; later++)
        weft_scheduler_after(&scheduler, ids[later == 'j' ? 'i' : later], ids['a']);
    const weft_status status = weft_scheduler_build(&scheduler);
    assert_true(test.heap.allocations - before <= granted);
    test.heap.refuse_after = SIZE_MAX;
    check();
    return status;
}

static void wherever_memory_ends_nothing_is_lost(void **state)
{
    (void)state;
    size_t granted = 0;
    for (;; granted++) {
        const size_t live = test.heap.live;
        const weft_status status = build_with(granted);
        if (status == WEFT_OK)
            break;
        assert_int_equal(status, WEFT_ENOMEM);
        assert_int_equal(test.status, WEFT_ENOMEM);
        weft_scheduler_fini(&scheduler);
        assert_int_equal(test.heap.live, live);
        for (char letter = 'a'; letter <= 'i'; letter++) /* each ended once */
            assert_ptr_equal(strchr(trace, letter), strrchr(trace, letter));
        assert_int_equal(strlen(trace), 2 * 9);
        trace[0] = '\0';
    }
    /* Systems: 8, then 16 places, and 9 copies; edges: 8, then 16; sorting; the plan. */
    assert_int_equal(granted, 2 + 9 + 2 + 1 + 1);
    assert_int_equal(weft_scheduler_run(&scheduler, world), 9);
    expect_trace("abcdefghi");
}

static void building_moves_the_systems_into_one_block(void **state)
{
    (void)state;
    const size_t live = test.heap.live;
    build_letters("abcdefgh", "a>h");
    /* Systems, edges, plan. */
    assert_int_equal(test.heap.live, live + 3);
}

/* ---- describing ----------------------------------------------------------------------------- */

static void expect_text(void (*write)(const weft_scheduler *scheduler, FILE *out),
                        const char *expected)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    assert_non_null(out);
    write(&scheduler, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void a_scheduler_describes_itself_before_and_after_building(void **state)
{
    (void)state;
    expect_text(weft_scheduler_describe,
                "0 systems, not built yet, in the order in which they were added\n");
    weft_system_id price, spread, quote;
    WEFT_SYSTEM(&scheduler, send_quote, &quote);
    WEFT_SYSTEM(&scheduler, update_price, &price);
    WEFT_SYSTEM(&scheduler, calc_spread, &spread);
    weft_scheduler_after(&scheduler, quote, spread);
    weft_scheduler_after(&scheduler, spread, price);
    weft_scheduler_after(&scheduler, quote, price);
    expect_text(weft_scheduler_describe,
                "3 systems, not built yet, in the order in which they were added\n"
                "   0 send_quote: if 2 calc_spread or 1 update_price changed\n"
                "   1 update_price: always\n"
                "   2 calc_spread: if 1 update_price changed\n");
    weft_scheduler_after(&scheduler, quote, price);
    assert_int_equal(weft_scheduler_build(&scheduler), WEFT_OK);
    expect_text(weft_scheduler_describe,
                "3 systems, in the order in which they run\n"
                "   1 update_price: always\n"
                "   2 calc_spread: if 1 update_price changed\n"
                "   0 send_quote: if 1 update_price or 2 calc_spread changed\n");
    expect_text(weft_scheduler_draw, "digraph scheduler {\n"
                                     "    rankdir=LR;\n"
                                     "    node [shape=box];\n"
                                     "    s1 [label=\"update_price\"];\n"
                                     "    s2 [label=\"calc_spread\"];\n"
                                     "    s1 -> s2;\n"
                                     "    s0 [label=\"send_quote\"];\n"
                                     "    s1 -> s0;\n"
                                     "    s2 -> s0;\n"
                                     "}\n");
}

static bool run_nothing(weft_handler *self, weft_world *w, const void *event)
{
    (void)self;
    (void)w;
    (void)event;
    return true;
}

static void a_name_is_quoted_in_the_drawing(void **state)
{
    (void)state;
    static const weft_fn odd = { .name = "a \"b\\c\"",
                                 .size_bytes = sizeof(weft_handler),
                                 .align_bytes = _Alignof(weft_handler),
                                 .run = run_nothing };
    const weft_handler handler = { run_nothing, &odd };
    assert_int_equal(weft_scheduler_add(&scheduler, &handler, NULL), WEFT_OK);
    expect_text(weft_scheduler_draw, "digraph scheduler {\n"
                                     "    rankdir=LR;\n"
                                     "    node [shape=box];\n"
                                     "    s0 [label=\"a \\\"b\\\\c\\\"\"];\n"
                                     "}\n");
}

int main(void)
{
#define IN_A_WORLD(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(a_handler_that_takes_an_event_is_no_system),
        IN_A_WORLD(the_names_in_a_program_are_its_own),
        IN_A_WORLD(a_handler_that_was_never_bound_is_no_system),
        IN_A_WORLD(the_first_failure_is_remembered),
        IN_A_WORLD(an_id_of_another_scheduler_is_refused),
        IN_A_WORLD(a_cycle_is_named_in_the_order_of_running),
        IN_A_WORLD(what_comes_after_building_is_refused_and_changes_nothing),
        IN_A_WORLD(only_what_is_built_runs_and_only_in_its_world),
        IN_A_WORLD(the_number_of_systems_ends_where_it_cannot_be_counted),
        IN_A_WORLD(systems_end_once_in_the_order_of_adding),
        IN_A_WORLD(a_scheduler_may_be_a_resource),
        IN_A_WORLD(a_system_keeps_its_alignment),
        IN_A_WORLD(wherever_memory_ends_nothing_is_lost),
        IN_A_WORLD(building_moves_the_systems_into_one_block),
        IN_A_WORLD(a_scheduler_describes_itself_before_and_after_building),
        IN_A_WORLD(a_name_is_quoted_in_the_drawing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
