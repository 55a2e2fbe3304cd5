/* Whether the parts of what is made of functions fit: the checks that pipelines, fan-outs, adapters
 * and batches share. Internal; nothing here is for users.
 *
 * C shows no types in the sentence of a static assertion. So before each sentence stands an
 * operation that fails, whose operands have the types in question, by names that say where.
 */
#ifndef WEFT_FIT_H
#define WEFT_FIT_H

#include <weft/fn.h>
#include <weft/option.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

#define WEFT_X_SAME(A, B) __builtin_types_compatible_p(A, B)
/* The type of a value: nothing is a value too. */
#define WEFT_X_LIFTED(T) \
    __typeof__(*__builtin_choose_expr(WEFT_X_SAME(T, void), (weft_none *)0, (T *)0))
/* 12 is what GCC calls a record in the list that __builtin_classify_type speaks of. */
#define WEFT_X_IS_RECORD(T) (__builtin_classify_type(*(T *)0) == 12)

/* Unless `good`, makes the compiler name the two types in one line, whatever they are, as those of
 * an operation that pointers do not have:
 *     invalid operands to binary | (have 'has' {aka 'A'} and 'wants' {aka 'B'})
 * A and B are types of pointers; has and wants are names for them. */
#define WEFT_X_FIT(good, has, A, wants, B)                          \
    typedef __typeof__(__builtin_choose_expr(good, 0, (A)0)) has;   \
    typedef __typeof__(__builtin_choose_expr(good, 0, (B)0)) wants; \
    extern char has##_fits[sizeof(*(has *)0 | *(wants *)0)] __attribute__((unused));

/* Whether f takes one E; whether it takes nothing. */
#define WEFT_X_TAKES_ONE(f, E) WEFT_X_SAME(f##_takes, void(weft_inputs, const E *))
#define WEFT_X_TAKES_NONE(f)   WEFT_X_SAME(f##_takes, void(weft_inputs))
/* What f takes: a pointer to its one input, or to a function of all of them. */
#define WEFT_X_TAKEN(f) \
    __typeof__(__builtin_choose_expr(f##_inputs == 1, (f##_input)0, (f##_takes *)0))
/* f, in the place that `where` names, takes one E or nothing. */
#define WEFT_X_FIT_INPUT(where, f, E)                                                       \
    WEFT_X_FIT(WEFT_X_TAKES_ONE(f, E) || WEFT_X_TAKES_NONE(f), where##_is_given, const E *, \
               where##_takes, WEFT_X_TAKEN(f))

/* Stands for an option or result in messages, and is one to look into where there is none. */
typedef struct weft_x_option_or_result {
    bool ok;
    int value, error;
} weft_x_option_or_result;
#define WEFT_X_IF_RECORD(good, T) \
    __typeof__(*__builtin_choose_expr(good, (T *)0, (weft_x_option_or_result *)0))
/* T is a struct, and one with an `ok`; `holds` is a name for it. */
#define WEFT_X_FIT_OPTION(has, T, wants, holds)                                             \
    WEFT_X_FIT(WEFT_X_IS_RECORD(T), has, const T *, wants, const weft_x_option_or_result *) \
    WEFT_X_HAS_OK(holds, T)
#define WEFT_X_HAS_OK(name, T)                             \
    typedef WEFT_X_IF_RECORD(WEFT_X_IS_RECORD(T), T) name; \
    extern char name##_has_ok[sizeof((name){ .ok = 0 })];

/* Nobody has a context for the member f. */
#define WEFT_X_CHECK_CONTEXT(name, f)       \
    _Static_assert(f##_contexts == 0, #name \
                   ": member " #f " has a CTX, and nobody can give it one here; use LOCAL or MUT")

#endif
