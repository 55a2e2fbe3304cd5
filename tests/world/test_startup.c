/* What a program does before its loop: plugins, driver installers, start-up functions. */
#include <weft/fn.h>

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
typedef struct {
    char text[32];
} Text;
typedef struct {
    int n;
} Absent;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Text);
WEFT_RESOURCE_DEFINE(Absent);
WEFT_RESOURCE_DEFINE(bool);

static test_world test;
static weft_world *world;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static void build(void)
{
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, Text), WEFT_OK);
    assert_int_equal(WEFT_ENSURE_DEFAULT(test.builder, bool), WEFT_OK);
    world = test_world_build(&test);
}

/* ---- start-up functions --------------------------------------------------------------------- */

static void set_both(Counter *counter, bool *flag)
{
    counter->n = 42;
    *flag = true;
}
WEFT_FN(set_both, MUT(Counter), MUT(bool));
static void add_ten(Counter *counter)
{
    counter->n += 10;
}
WEFT_FN(add_ten, MUT(Counter));
static bool add_five(Counter *counter)
{
    counter->n += 5;
    return false; /* ignored */
}
WEFT_FN(add_five, MUT(Counter));
static void format_total(const Counter *counter, Text *text)
{
    snprintf(text->text, sizeof text->text, "total=%d", (int)counter->n);
}
WEFT_FN(format_total, RES(Counter), MUT(Text));
static void count_local(uint64_t *own, Counter *counter)
{
    counter->n = ++*own;
}
WEFT_FN(count_local, LOCAL(uint64_t), MUT(Counter));
static void tell_optional(const Absent *absent, Text *text)
{
    snprintf(text->text, sizeof text->text, absent ? "found=%d" : "missing",
             absent ? absent->n : 0);
}
WEFT_FN(tell_optional, OPT(Absent), MUT(Text));
static void stop(weft_shutdown *shutdown)
{
    weft_shutdown_trigger(shutdown);
}
WEFT_FN(stop, SHUTDOWN);
static bool ran;
static void nothing(void)
{
    ran = true;
}
WEFT_FN(nothing);

static void a_start_up_function_runs_once(void **state)
{
    (void)state;
    build();
    assert_int_equal(weft_world_startup(world, &set_both_fn), WEFT_OK);
    assert_int_equal(WEFT_GET(world, Counter)->n, 42);
    assert_true(*WEFT_GET(world, bool));
    ran = false;
    assert_int_equal(weft_world_startup(world, &nothing_fn), WEFT_OK);
    assert_true(ran);
    assert_int_equal(weft_world_sequence(world), 0);
}

static void phases_run_one_after_the_other(void **state)
{
    (void)state;
    build();
    const weft_fn *phases[] = { &add_ten_fn, &add_five_fn, &format_total_fn };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_world_startup(world, phases[i]), WEFT_OK);
    assert_string_equal(WEFT_GET(world, Text)->text, "total=15");
}

static void its_locals_are_forgotten(void **state)
{
    (void)state;
    build();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weft_world_startup(world, &count_local_fn), WEFT_OK);
        assert_int_equal(WEFT_GET(world, Counter)->n, 1);
    }
}

static void it_may_find_an_optional_resource_or_not(void **state)
{
    (void)state;
    assert_int_equal(WEFT_REGISTER(test.builder, Absent, { 99 }), WEFT_OK);
    build();
    assert_int_equal(weft_world_startup(world, &tell_optional_fn), WEFT_OK);
    assert_string_equal(WEFT_GET(world, Text)->text, "found=99");
    test_world_fini(&test);
    test_world_init(&test);
    build();
    assert_int_equal(weft_world_startup(world, &tell_optional_fn), WEFT_OK);
    assert_string_equal(WEFT_GET(world, Text)->text, "missing");
}

static void it_may_shut_down_at_once(void **state)
{
    (void)state;
    build();
    assert_int_equal(weft_world_startup(world, &stop_fn), WEFT_OK);
    assert_true(weft_world_stopping(world));
}

static void takes_input(int event)
{
    (void)event;
}
WEFT_FN(takes_input, IN(int));
static void takes_context(int *ctx)
{
    (void)ctx;
}
WEFT_FN(takes_context, CTX(int));
static void needs_absent(const Absent *absent)
{
    (void)absent;
}
WEFT_FN(needs_absent, RES(Absent));
static void fails(weft_world *w)
{
    weft_fail(w, "no configuration");
}
WEFT_FN(fails, WORLD);

static void what_cannot_start_up_is_refused_with_a_sentence(void **state)
{
    (void)state;
    build();
    assert_int_equal(weft_world_startup(world, &takes_input_fn), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "takes_input is no start-up function: it takes an input, and nobody gives it "
                      "one");
    assert_int_equal(weft_world_startup(world, &takes_context_fn), WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "takes_context is no start-up function: it takes a context, and nobody gives "
                      "it one");
    assert_int_equal(weft_world_startup(world, &needs_absent_fn), WEFT_EMISSING);
    assert_non_null(strstr(test_world_sentence(&test), "needs_absent: parameter 1"));
    assert_int_equal(weft_world_startup(world, &fails_fn), WEFT_EFAILED);
    test_world_expect(&test, WEFT_EFAILED, "start-up function fails failed: no configuration");
}

/* ---- plugins -------------------------------------------------------------------------------- */

static weft_status install_counter(weft_builder *builder, const void *arg)
{
    const uint64_t *start = arg;
    return WEFT_REGISTER(builder, Counter, { *start });
}
static weft_status install_both(weft_builder *builder, const void *arg)
{
    const weft_plugin counter = { "counter", install_counter, arg };
    const weft_status status = weft_builder_plugin(builder, &counter);
    return status ? status : WEFT_REGISTER(builder, bool, { true });
}
static weft_status install_nothing(weft_builder *builder, const void *arg)
{
    (void)builder;
    (void)arg;
    return WEFT_EUNSUPPORTED;
}
static weft_status install_failing(weft_builder *builder, const void *arg)
{
    (void)arg;
    return weft_builder_plugin(builder, &(weft_plugin){ "inner", install_nothing, NULL });
}

static void a_plugin_registers_resources(void **state)
{
    (void)state;
    const uint64_t start = 42;
    assert_int_equal(
        weft_builder_plugin(test.builder, &(weft_plugin){ "both", install_both, &start }), WEFT_OK);
    build();
    assert_int_equal(WEFT_GET(world, Counter)->n, 42);
    assert_true(*WEFT_GET(world, bool));
}

static weft_status install_with_a_count(weft_builder *builder, const void *arg)
{
    (void)builder;
    (void)arg;
    return (weft_status)3; /* the author took it for "how many" */
}

static void a_plugin_that_returns_no_status_has_failed(void **state)
{
    (void)state;
    assert_int_equal(
        weft_builder_plugin(test.builder, &(weft_plugin){ "odd", install_with_a_count, NULL }),
        WEFT_EINVAL);
    test_world_expect(&test, WEFT_EINVAL,
                      "plugin odd could not be installed: it returned 3, which is no status; 0 is "
                      "success, failures are negative");
    weft_world *untouched = NULL;
    assert_int_equal(weft_builder_build(test.builder, &untouched), WEFT_EINVAL);
    assert_null(untouched);
}

static void a_plugin_that_fails_is_named_and_makes_the_build_fail(void **state)
{
    (void)state;
    assert_int_equal(
        weft_builder_plugin(test.builder, &(weft_plugin){ "outer", install_failing, NULL }),
        WEFT_EUNSUPPORTED);
    assert_int_equal(test.reports, 2);
    assert_string_equal(test.sentences[0],
                        "plugin inner could not be installed: this machine cannot do it");
    assert_string_equal(test.sentences[1],
                        "plugin outer could not be installed: this machine cannot do it");
    weft_world *untouched = NULL;
    assert_int_equal(weft_builder_build(test.builder, &untouched), WEFT_EUNSUPPORTED);
    assert_null(untouched);
}

/* ---- a driver of one's own ------------------------------------------------------------------ */

/* What an installer returns: a poller that was bound while the world was built. */
typedef struct {
    Counter *polls;
    struct add_ten handler;
} Poller;

static weft_status install_poller(weft_builder *builder, Poller *poller_out)
{
    weft_status status = WEFT_REGISTER_DEFAULT(builder, Counter);
    if (status)
        return status;
    poller_out->polls = WEFT_GET(weft_builder_world(builder), Counter);
    return add_ten_init(&poller_out->handler, weft_builder_world(builder));
}

static void poll_once(Poller *poller, weft_world *w)
{
    poller->polls->n++;
    weft_world_next_sequence(w);
    weft_run(&poller->handler.base, w, NULL);
}

static void an_installer_returns_a_poller_that_stays_valid(void **state)
{
    (void)state;
    Poller poller;
    assert_int_equal(install_poller(test.builder, &poller), WEFT_OK);
    build();
    poll_once(&poller, world);
    poll_once(&poller, world);
    assert_int_equal(WEFT_GET(world, Counter)->n, 22);
    assert_int_equal(weft_world_sequence(world), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_start_up_function_runs_once),
        TEST(phases_run_one_after_the_other),
        TEST(its_locals_are_forgotten),
        TEST(it_may_find_an_optional_resource_or_not),
        TEST(it_may_shut_down_at_once),
        TEST(what_cannot_start_up_is_refused_with_a_sentence),
        TEST(a_plugin_registers_resources),
        TEST(a_plugin_that_fails_is_named_and_makes_the_build_fail),
        TEST(a_plugin_that_returns_no_status_has_failed),
        TEST(an_installer_returns_a_poller_that_stays_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
