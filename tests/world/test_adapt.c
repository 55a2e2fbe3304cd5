/* Adapters: decode, forward what is ok, skip what is not. */
#include <weft/adapt.h>
#include <weft/fanout.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
    uint64_t skipped;
} Stats;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Text);
WEFT_RESOURCE_DEFINE(Stats);

typedef struct {
    uint32_t length;
    char bytes[12];
} Frame;
typedef enum { TOO_SHORT = 1 } Reject;

WEFT_OPTION(Maybe_number, uint64_t);
WEFT_RESULT(Parsed, Text, Reject);

static test_world test;
static weft_world *world;
static Counter *counter;

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Text), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(test.builder, Stats), WEFT_OK);
    world = test_world_build(&test);
    counter = WEFT_GET(world, Counter);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

static Maybe_number decode(uint64_t *seen, Stats *stats, uint32_t wire)
{
    ++*seen;
    if (wire == 0) {
        stats->skipped++;
        return (Maybe_number){ .ok = false };
    }
    return (Maybe_number){ .ok = true, .value = wire };
}
WEFT_FN(decode, LOCAL(uint64_t), MUT(Stats), IN(uint32_t));
static void add(Counter *c, uint64_t number)
{
    c->n += number;
}
WEFT_FN(add, MUT(Counter), IN(uint64_t));
static bool is_big(const uint64_t *number)
{
    return *number > 10;
}
WEFT_FN(is_big, REF(uint64_t));
static void tick(Counter *c)
{
    c->n++;
}
WEFT_FN(tick, MUT(Counter));

static Parsed parse(const Frame *frame)
{
    if (frame->length == 0)
        return (Parsed){ .error = TOO_SHORT };
    Parsed parsed = { .ok = true };
    memcpy(parsed.value.text, frame->bytes, frame->length);
    return parsed;
}
WEFT_FN(parse, REF(Frame));
static void append(Text *text, const Text *more)
{
    strcat(text->text, more->text);
}
WEFT_FN(append, MUT(Text), REF(Text));

WEFT_ADAPT(on_wire, uint32_t, decode, add);
WEFT_ADAPT(big_wire, uint32_t, decode, is_big);
WEFT_ADAPT(tick_wire, uint32_t, decode, tick);
WEFT_ADAPT(on_frame, Frame, parse, append);
WEFT_FANOUT(both, uint64_t, add, tick);
WEFT_ADAPT(wire_to_both, uint32_t, decode, both);
WEFT_FANOUT(wires, uint32_t, on_wire, tick_wire);

static void what_is_decoded_is_forwarded(void **state)
{
    (void)state;
    struct on_wire handler;
    assert_int_equal(on_wire_init(&handler, world), WEFT_OK);
    assert_true(weft_run(&handler.base, world, &(uint32_t){ 10 }));
    assert_true(on_wire_call(&handler.state, world, &(uint32_t){ 5 }));
    assert_int_equal(counter->n, 15);
}

static void what_is_not_ok_is_skipped(void **state)
{
    (void)state;
    struct on_wire handler;
    assert_int_equal(on_wire_init(&handler, world), WEFT_OK);
    static const struct {
        uint32_t wire;
        bool taken;
    } table[] = { { 10, true }, { 0, false }, { 3, true } };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(weft_run(&handler.base, world, &table[i].wire), table[i].taken);
    assert_int_equal(counter->n, 13);
    assert_int_equal(WEFT_GET(world, Stats)->skipped, 1);
    assert_int_equal(handler.state.slots.decode.local_uint64_t, 3);
}

static void a_result_is_forwarded_or_skipped_like_an_option(void **state)
{
    (void)state;
    struct on_frame handler;
    assert_int_equal(on_frame_init(&handler, world), WEFT_OK);
    assert_true(weft_run(&handler.base, world, &(Frame){ 5, "hello" }));
    assert_false(weft_run(&handler.base, world, &(Frame){ 0, "" }));
    assert_true(weft_run(&handler.base, world, &(Frame){ 6, " world" }));
    assert_string_equal(WEFT_GET(world, Text)->text, "hello world");
}

static void the_inner_functions_bool_is_the_adapters(void **state)
{
    (void)state;
    struct big_wire handler;
    assert_int_equal(big_wire_init(&handler, world), WEFT_OK);
    assert_true(weft_run(&handler.base, world, &(uint32_t){ 11 }));
    assert_false(weft_run(&handler.base, world, &(uint32_t){ 10 }));
    assert_false(weft_run(&handler.base, world, &(uint32_t){ 0 }));
}

static void adapters_and_fan_outs_fit_into_each_other(void **state)
{
    (void)state;
    struct wire_to_both into;
    struct wires from;
    assert_int_equal(wire_to_both_init(&into, world), WEFT_OK);
    assert_int_equal(wires_init(&from, world), WEFT_OK);
    weft_run(&into.base, world, &(uint32_t){ 5 });
    weft_run(&into.base, world, &(uint32_t){ 0 });
    assert_int_equal(counter->n, 6);
    weft_run(&from.base, world, &(uint32_t){ 5 });
    assert_int_equal(counter->n, 12);
}

static void an_adapter_is_a_handler_of_the_wires_event(void **state)
{
    (void)state;
    struct on_wire handler;
    assert_int_equal(on_wire_init(&handler, world), WEFT_OK);
    assert_string_equal(weft_handler_name(&handler.base), "on_wire");
    assert_true(weft_handler_takes(&handler.base, WEFT_EVENT(uint32_t)));
    assert_false(weft_handler_takes(&handler.base, WEFT_EVENT(uint64_t)));
    assert_int_equal(sizeof handler, 16 + 8 + 8 + 8);
    struct on_wire stamp = on_wire_stamp(&handler);
    weft_run(&stamp.base, world, &(uint32_t){ 1 });
    assert_int_equal(counter->n, 1);
}

static void what_is_missing_names_decoder_or_inner_function(void **state)
{
    (void)state;
    test_world lacking;
    test_world_init(&lacking);
    const weft_world *w = weft_builder_world(lacking.builder);
    struct on_wire handler;
    assert_int_equal(on_wire_init(&handler, w), WEFT_EMISSING);
    assert_int_equal(lacking.reports, 2);
    assert_non_null(strstr(lacking.sentences[0], "decode: parameter 2, MUT(Stats)"));
    assert_non_null(strstr(lacking.sentences[1], "add: parameter 1, MUT(Counter)"));
    assert_int_equal(WEFT_REGISTER_DEFAULT(lacking.builder, Stats), WEFT_OK);
    assert_int_equal(on_wire_init(&handler, w), WEFT_EMISSING);
    assert_int_equal(lacking.reports, 3);
    test_world_fini(&lacking);
}

static void options_and_results_are_plain_structs(void **state)
{
    (void)state;
    assert_int_equal(sizeof(weft_none), 0);
    assert_int_equal(sizeof(Maybe_number), 16);
    const Maybe_number none = { .ok = false };
    const struct Maybe_number some = { .ok = true, .value = 3 };
    assert_false(none.ok);
    assert_int_equal(some.value, 3);
    const Parsed rejected = { .error = TOO_SHORT };
    assert_false(rejected.ok);
    assert_int_equal(rejected.error, TOO_SHORT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_decoded_is_forwarded),
        TEST(what_is_not_ok_is_skipped),
        TEST(a_result_is_forwarded_or_skipped_like_an_option),
        TEST(the_inner_functions_bool_is_the_adapters),
        TEST(adapters_and_fan_outs_fit_into_each_other),
        TEST(an_adapter_is_a_handler_of_the_wires_event),
        TEST(what_is_missing_names_decoder_or_inner_function),
        TEST(options_and_results_are_plain_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
