/* Small functions for the facts about DAGs. Each sees its value by reference, as arms do. */
#ifndef WEFT_TEST_DAG_FACTS_H
#define WEFT_TEST_DAG_FACTS_H

#include "expression_functions.h"
#include "pipeline_check.h"

#include <stdio.h>

#define OF_INT(f, ...) OF(int, f, int, __VA_ARGS__)

typedef struct {
    char text[24];
} Text;
typedef const char *Word;
WEFT_OPTION(Maybe, int);

__attribute__((unused, format(printf, 1, 2))) static Text text_of(const char *format, ...)
{
    Text text;
    va_list args;
    va_start(args, format);
    vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    return text;
}

OF_INT(same, *v);
OF_INT(negate, -*v);
OF_INT(half, *v / 2);
OF_INT(twice, 2 * *v);
OF_INT(triple, 3 * *v);
OF_INT(tenfold, 10 * *v);
OF_INT(plus_1, *v + 1);
OF_INT(plus_10, *v + 10);
OF_INT(plus_100, *v + 100);
OF_INT(plus_200, *v + 200);
OF_INT(plus_300, *v + 300);
OF(bool, above_3, int, *v > 3);
OF(bool, above_5, int, *v > 5);
OF(bool, above_10, int, *v > 10);
OF(bool, above_100, int, *v > 100);
OF(bool, is_even, int, *v % 2 == 0);
OF_TWO(int, sum, int, int, *a + *b);
OF_TWO(int, product, int, int, *a **b);
OF_TWO(Text, show_two, int, int, text_of("%d,%d", *a, *b));

/* Resources: two sinks, a flag, and Out of pipeline_check.h. */
typedef struct {
    int value;
} First;
WEFT_RESOURCE_DEFINE(First);
typedef struct {
    int value;
} Second;
WEFT_RESOURCE_DEFINE(Second);

static void store(Out *o, const int *v)
{
    o->value = *v;
}
WEFT_FN(store, MUT(Out), REF(int));
static void add(Out *o, const int *v)
{
    o->value += *v;
}
WEFT_FN(add, MUT(Out), REF(int));
static void to_first(First *first, const int *v)
{
    first->value = *v;
}
WEFT_FN(to_first, MUT(First), REF(int));
static void to_second(Second *second, const int *v)
{
    second->value = *v;
}
WEFT_FN(to_second, MUT(Second), REF(int));
static void count(Second *calls)
{
    calls->value++;
}
WEFT_FN(count, MUT(Second));
static int times_first(const First *factor, const int *v)
{
    return factor->value * *v;
}
WEFT_FN(times_first, RES(First), REF(int));

static First *first;
static Second *second;

/* The input, a T, becomes the int expected. */
#define GIVES(P, T, expected, ...)                                                \
    do {                                                                          \
        BOUND(P);                                                                 \
        assert_int_equal(P##_call(&P##_s, world, &(T){ __VA_ARGS__ }), expected); \
    } while (0)
/* The int input becomes the text expected. */
#define SHOWS(P, expected, input)                                                     \
    do {                                                                              \
        BOUND(P);                                                                     \
        assert_string_equal(P##_call(&P##_s, world, &(int){ input }).text, expected); \
    } while (0)
/* Runs P, as a handler, with the int input. */
#define RUNS(P, input)                                      \
    do {                                                    \
        struct P P##_h;                                     \
        assert_int_equal(P##_init(&P##_h, world), WEFT_OK); \
        weft_run(&P##_h.base, world, &(int){ input });      \
        weft_handler_fini(&P##_h.base);                     \
    } while (0)

static int begin(void **state)
{
    setup(state);
    first = WEFT_GET(world, First);
    second = WEFT_GET(world, Second);
    return 0;
}

#endif
