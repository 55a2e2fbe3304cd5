/* What the tests of literal facts share: a world with one resource per role, and small functions.
 * A file that includes this defines register_more for the resources that are its own. */
#ifndef WEFT_TEST_FACTS_H
#define WEFT_TEST_FACTS_H

#include <weft/pipeline.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "int_functions.h"
#include "world_check.h"

typedef struct {
    uint64_t n;
} Counter;
typedef struct {
    bool set;
} Flag;
typedef struct {
    char text[64];
} Text;
typedef struct {
    int64_t items[16];
    size_t len;
} List;
/* A number that functions read: a factor, a threshold, a base. */
typedef struct {
    int value;
} Setting;
/* Where the last step leaves what came out, and a second such place. */
typedef struct {
    int64_t value;
} Sink;
typedef struct {
    int64_t value;
} Sink_too;
WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Flag);
WEFT_RESOURCE_DEFINE(Text);
WEFT_RESOURCE_DEFINE(List);
WEFT_RESOURCE_DEFINE(Setting);
WEFT_RESOURCE_DEFINE(Sink);
WEFT_RESOURCE_DEFINE(Sink_too);

static test_world test;
static weft_world *world;
static struct {
    Counter *counter;
    Flag *flag;
    Text *text;
    List *list;
    Setting *setting;
    Sink *sink;
    Sink_too *sink_too;
} facts;

/* ---- vocabulary ------------------------------------------------------------------------------ */

typedef const char *Word;
typedef struct {
    char text[24];
} Label;
/* Bytes that are elsewhere. */
typedef struct {
    const uint8_t *at;
    size_t len;
} Slice;
#define SLICE(...) \
    ((Slice){ (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) })
WEFT_OPTION(Maybe, int);
WEFT_OPTION(Done, weft_none);
WEFT_RESULT(Worded, int, Word);
WEFT_RESULT(Coded, int, int);
WEFT_RESULT(Labelled, int, Label);

#define SOME(v)      ((Maybe){ .ok = true, .value = (v) })
#define NO_VALUE     ((Maybe){ .ok = false })
#define OK_OF(T, v)  ((T){ .ok = true, .value = (v) })
#define ERR_OF(T, e) ((T){ .error = (e) })

static inline int times_3(int v)
{
    return 3 * v;
}
WEFT_FN(times_3, IN(int));
static inline int plus_one(int v)
{
    return v + 1;
}
WEFT_FN(plus_one, IN(int));
static inline int halve(int v)
{
    return v / 2;
}
WEFT_FN(halve, IN(int));
static inline bool above_10(const int *v)
{
    return *v > 10;
}
WEFT_FN(above_10, REF(int));
static inline bool is_even(int v)
{
    return v % 2 == 0;
}
WEFT_FN(is_even, IN(int));
static inline int times_setting(const Setting *setting, int v)
{
    return setting->value * v;
}
WEFT_FN(times_setting, RES(Setting), IN(int));
static inline int plus_setting(const Setting *setting, int v)
{
    return setting->value + v;
}
WEFT_FN(plus_setting, RES(Setting), IN(int));
static inline bool above_setting(const Setting *setting, const int *v)
{
    return *v > setting->value;
}
WEFT_FN(above_setting, RES(Setting), REF(int));
static inline void store(Sink *sink, int v)
{
    sink->value = v;
}
WEFT_FN(store, MUT(Sink), IN(int));
static inline void store_too(Sink_too *sink, const int *v)
{
    sink->value = *v;
}
WEFT_FN(store_too, MUT(Sink_too), REF(int));
static inline void add_up(Sink *sink, int v)
{
    sink->value += v;
}
WEFT_FN(add_up, MUT(Sink), IN(int));
static inline void count(Counter *counter)
{
    counter->n++;
}
WEFT_FN(count, MUT(Counter));
static inline void mark(Flag *flag)
{
    flag->set = true;
}
WEFT_FN(mark, MUT(Flag));
static inline void note(List *list, int v)
{
    assert_true(list->len < sizeof list->items / sizeof *list->items);
    list->items[list->len++] = v;
}
WEFT_FN(note, MUT(List), IN(int));
static inline void write_word(Text *text, const Word *word)
{
    snprintf(text->text, sizeof text->text, "%s", *word);
}
WEFT_FN(write_word, MUT(Text), REF(Word));

/* ---- checks ---------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define FACT(name) static void name(__attribute__((unused)) void **state)

/* Binds P, which must succeed, as struct P_state P_s. */
#define BOUND(P)            \
    struct P##_state P##_s; \
    assert_int_equal(P##_bind(&P##_s, world), WEFT_OK)

/* What a newly bound P makes of one input; P from T. */
#define ONCE(P, T, input)                                   \
    __extension__({                                         \
        struct P##_state once_;                             \
        assert_int_equal(P##_bind(&once_, world), WEFT_OK); \
        const T input_ = (input);                           \
        P##_call(&once_, world, &input_);                   \
    })

#define assert_some(result_, v)              \
    do {                                     \
        const __auto_type some_ = (result_); \
        assert_true(some_.ok);               \
        assert_int_equal(some_.value, (v));  \
    } while (0)
#define assert_none(result_) assert_false((result_).ok)

/* ---- the world ------------------------------------------------------------------------------- */

static void register_more(weft_builder *builder);

static int setup(void **state)
{
    (void)state;
    test_world_init(&test);
    weft_builder *const builder = test.builder;
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Counter), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Flag), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Text), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, List), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Setting), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Sink), WEFT_OK);
    assert_int_equal(WEFT_REGISTER_DEFAULT(builder, Sink_too), WEFT_OK);
    register_more(builder);
    world = test_world_build(&test);
    facts.counter = WEFT_GET(world, Counter);
    facts.flag = WEFT_GET(world, Flag);
    facts.text = WEFT_GET(world, Text);
    facts.list = WEFT_GET(world, List);
    facts.setting = WEFT_GET(world, Setting);
    facts.sink = WEFT_GET(world, Sink);
    facts.sink_too = WEFT_GET(world, Sink_too);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_fini(&test);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
