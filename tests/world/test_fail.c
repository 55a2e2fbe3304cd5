/* Failing handlers: weft_fail, weft_try, cleanups, and the end without either. */
#include <weft/fn.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "world_check.h"

static test_world test;
static weft_world *world;
static char trace[64];

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    world = test_world_build(&test);
    trace[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_null(world->trying);
    assert_null(world->cleanups);
    test_world_fini(&test);
    return 0;
}

static void mark(void *arg)
{
    strcat(trace, arg);
}

static void fails(weft_world *w, void *arg)
{
    mark(arg);
    weft_fail(w, "number %d of %s", 7, "nine");
}

static void succeeds(weft_world *w, void *arg)
{
    (void)w;
    mark(arg);
}

static void a_try_tells_whether_its_body_failed(void **state)
{
    (void)state;
    assert_int_equal(weft_try(world, succeeds, "a"), WEFT_OK);
    assert_int_equal(weft_world_failures(world), 0);
    assert_string_equal(weft_world_failure(world), "");
    assert_int_equal(weft_try(world, fails, "b"), WEFT_EFAILED);
    assert_string_equal(trace, "ab");
    assert_int_equal(weft_world_failures(world), 1);
    assert_string_equal(weft_world_failure(world), "number 7 of nine");
    assert_int_equal(test.reports, 0);
}

static void nested(weft_world *w, void *arg)
{
    mark(arg);
    assert_int_equal(weft_try(w, fails, "inner"), WEFT_EFAILED);
    mark(arg);
}

static void nested_then_fails(weft_world *w, void *arg)
{
    nested(w, arg);
    weft_fail(w, "outer");
}

static void a_failure_ends_only_the_innermost_try(void **state)
{
    (void)state;
    assert_int_equal(weft_try(world, nested, "-"), WEFT_OK);
    assert_string_equal(trace, "-inner-");
    assert_int_equal(weft_try(world, nested_then_fails, "+"), WEFT_EFAILED);
    assert_string_equal(trace, "-inner-+inner+");
    assert_string_equal(weft_world_failure(world), "outer");
    assert_int_equal(weft_world_failures(world), 3);
}

static void trying_again_and_again_works(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        trace[0] = '\0';
        assert_int_equal(weft_try(world, i % 3 ? fails : succeeds, "x"),
                         i % 3 ? WEFT_EFAILED : WEFT_OK);
    }
    assert_int_equal(weft_world_failures(world), 666);
}

static void a_long_sentence_is_cut(weft_world *w, void *arg)
{
    weft_fail(w, "%s", (const char *)arg);
}

static void the_sentence_of_a_failure_is_cut_at_255_bytes(void **state)
{
    (void)state;
    char lots[1000];
    memset(lots, 'x', sizeof lots);
    lots[sizeof lots - 1] = '\0';
    assert_int_equal(weft_try(world, a_long_sentence_is_cut, lots), WEFT_EFAILED);
    assert_int_equal(strlen(weft_world_failure(world)), 255);
}

/* ---- cleanups ------------------------------------------------------------------------------- */

static void cleans_inside(weft_world *w, void *arg)
{
    weft_cleanup one = { .run = mark, .arg = "1" }, two = { .run = mark, .arg = "2" };
    weft_cleanup_push(w, &one);
    weft_cleanup_push(w, &two);
    fails(w, arg);
}

static void pops_in_time(weft_world *w, void *arg)
{
    weft_cleanup one = { .run = mark, .arg = "1" };
    weft_cleanup_push(w, &one);
    mark(arg);
    weft_cleanup_pop(w, &one);
    weft_fail(w, "later");
}

static void tries_inside_a_cleanup(weft_world *w, void *arg)
{
    weft_cleanup outer = { .run = mark, .arg = "outer" };
    weft_cleanup_push(w, &outer);
    assert_int_equal(weft_try(w, cleans_inside, arg), WEFT_EFAILED);
    mark(".");
    weft_cleanup_pop(w, &outer);
}

static void a_failure_runs_the_cleanups_on_its_way_innermost_first(void **state)
{
    (void)state;
    assert_int_equal(weft_try(world, cleans_inside, "f"), WEFT_EFAILED);
    assert_string_equal(trace, "f21");
}

static void a_cleanup_that_was_popped_does_not_run(void **state)
{
    (void)state;
    assert_int_equal(weft_try(world, pops_in_time, "p"), WEFT_EFAILED);
    assert_string_equal(trace, "p");
}

static void cleanups_outside_the_try_stay(void **state)
{
    (void)state;
    assert_int_equal(weft_try(world, tries_inside_a_cleanup, "f"), WEFT_OK);
    assert_string_equal(trace, "f21.");
}

/* ---- without a try -------------------------------------------------------------------------- */

/* Runs the function in a process of its own; returns how that ended and what it wrote to stderr. */
static int in_a_child(void (*run)(void), char *text, size_t size_bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], text + length, size_bytes - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void fail_alone(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    weft_world *alone = NULL;
    if (builder && weft_builder_build(builder, &alone) == WEFT_OK)
        weft_fail(alone, "the feed is gone");
}

static void without_a_try_the_program_ends_with_a_sentence(void **state)
{
    (void)state;
    char text[8192];
    const int status = in_a_child(fail_alone, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "weft: a handler failed and no guard is around it, so the program "
                                 "ends: the feed is gone\n"));
}

/* ---- in a FINI ------------------------------------------------------------------------------ */

typedef struct {
    weft_world *world;
    bool tries, fails;
} Brittle;

static int fini_count;

static void gives_up(weft_world *w, void *arg)
{
    (void)arg;
    weft_fail(w, "the journal is gone");
}

static void brittle_end(Brittle *brittle)
{
    fini_count++;
    if (brittle->tries)
        assert_int_equal(weft_try(brittle->world, gives_up, NULL), WEFT_EFAILED);
    if (brittle->fails)
        gives_up(brittle->world, NULL);
}
WEFT_RESOURCE_DEFINE(Brittle, FINI(brittle_end));

static void look(Brittle *brittle)
{
    (void)brittle;
}
WEFT_FN(look, CTX(Brittle, brittle_end));

static void a_fini_may_fail_inside_a_try_of_its_own(void **state)
{
    (void)state;
    struct look handler;
    fini_count = 0;
    assert_int_equal(look_init(&handler, world, (Brittle){ world, .tries = true }), WEFT_OK);
    weft_handler_fini(&handler.base);
    assert_int_equal(fini_count, 1);
}

#ifndef NDEBUG

static void end_context(weft_world *w, void *arg)
{
    struct look handler;
    (void)arg;
    if (look_init(&handler, w, (Brittle){ w, .tries = true, .fails = true }) == WEFT_OK)
        weft_handler_fini(&handler.base);
}

static void end_second_value(weft_world *w, void *arg)
{
    (void)w;
    weft_builder *builder = arg;
    (void)WEFT_ENSURE(builder, Brittle, { w, .tries = true });
    (void)WEFT_ENSURE(builder, Brittle, { w, .fails = true });
}

static void end_world(weft_world *w, void *arg)
{
    (void)w;
    weft_world_free(arg);
}

static weft_world *world_of(weft_builder *builder)
{
    weft_world *built = NULL;
    return weft_builder_build(builder, &built) == WEFT_OK ? built : NULL;
}

static void fail_in_context(void)
{
    weft_world *alone = world_of(weft_builder_new(NULL));
    (void)!weft_try(alone, end_context, NULL);
}

static void fail_in_second_value(void)
{
    weft_world *alone = world_of(weft_builder_new(NULL));
    (void)!weft_try(alone, end_second_value, weft_builder_new(NULL));
}

static void fail_in_resource(void)
{
    weft_builder *builder = weft_builder_new(NULL);
    weft_world *alone = world_of(weft_builder_new(NULL));
    if (WEFT_REGISTER(builder, Brittle, { alone, .fails = true }) == WEFT_OK)
        (void)!weft_try(alone, end_world, world_of(builder));
}

static void a_fini_that_fails_ends_the_program_with_a_sentence(void **state)
{
    (void)state;
    void (*const rows[])(void) = { fail_in_context, fail_in_second_value, fail_in_resource };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[8192];
        const int status = in_a_child(rows[i], text, sizeof text);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        assert_non_null(strstr(text, "weft: a FINI failed, which leaves what it ends half ended, "
                                     "so the program ends: the journal is gone\n"));
    }
}

#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_try_tells_whether_its_body_failed),
        TEST(a_failure_ends_only_the_innermost_try),
        TEST(trying_again_and_again_works),
        TEST(the_sentence_of_a_failure_is_cut_at_255_bytes),
        TEST(a_failure_runs_the_cleanups_on_its_way_innermost_first),
        TEST(a_cleanup_that_was_popped_does_not_run),
        TEST(cleanups_outside_the_try_stay),
        TEST(without_a_try_the_program_ends_with_a_sentence),
        TEST(a_fini_may_fail_inside_a_try_of_its_own),
#ifndef NDEBUG
        TEST(a_fini_that_fails_ends_the_program_with_a_sentence),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
