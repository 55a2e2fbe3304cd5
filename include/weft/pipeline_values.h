/* The values between the steps of a pipeline: their forms and the checks that steps make of them.
 * Internal to pipeline.h; nothing here is for users.
 *
 * Step i gets value `h` = i - 1 and gives value `i`; value 0 is the input. For a pipeline P, value
 * i has at file scope
 *
 *     P_t<i>_        its type; nothing is a weft_none
 *     P_made<i>_     1 if it is an option or result that the table made, not a function
 *     P_loose<i>_    1 if it exists in parts first: P_o<i>_ { ok, *value, *error }
 *
 * and while the pipeline runs
 *
 *     p<i>_          a pointer to it
 *     o<i>_          its parts, if it is loose
 *
 * A loose value is put together for p<i>_, and nothing is left of that if nobody looks: so what a
 * GUARD lets through is not copied. Names end in an underscore, so that they neither shadow what
 * the user's expressions mean nor clash with the names of functions.
 */
#ifndef WEFT_PIPELINE_VALUES_H
#define WEFT_PIPELINE_VALUES_H

#include <weft/fit.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* ---- numbers --------------------------------------------------------------------------------- */

#define WEFT_X_NEXT(h) WEFT_X_CAT(WEFT_X_NEXT_, h)
#define WEFT_X_NEXT_0  1
#define WEFT_X_NEXT_1  2
#define WEFT_X_NEXT_2  3
#define WEFT_X_NEXT_3  4
#define WEFT_X_NEXT_4  5
#define WEFT_X_NEXT_5  6
#define WEFT_X_NEXT_6  7
#define WEFT_X_NEXT_7  8
#define WEFT_X_NEXT_8  9
#define WEFT_X_NEXT_9  10
#define WEFT_X_NEXT_10 11
#define WEFT_X_NEXT_11 12
#define WEFT_X_NEXT_12 13
#define WEFT_X_NEXT_13 14
#define WEFT_X_NEXT_14 15
#define WEFT_X_NEXT_15 16
#define WEFT_X_NEXT_16 17

/* Where value h comes from, for messages. */
#define WEFT_X_FROM(h)             WEFT_X_FROM_(WEFT_X_KNOWN(WEFT_X_IS_INPUT_##h), h)
#define WEFT_X_FROM_(is_input, h)  WEFT_X_FROM__(is_input, h)
#define WEFT_X_FROM__(is_input, h) WEFT_X_FROM_##is_input(h)
#define WEFT_X_FROM_0(h)           "what step " #h " gives"
#define WEFT_X_FROM_1(h)           "the input"
#define WEFT_X_IS_INPUT_0          ~, 1

/* ---- checks ---------------------------------------------------------------------------------- */

/* The type of a member of value h, an option or result. */
#define WEFT_X_V(P, h) __typeof__(((P##_t##h##_ *)0)->value)
#define WEFT_X_E(P, h) __typeof__(((P##_t##h##_ *)0)->error)

/* Step i of P, a `kind` of f, gets a value of type T. */
#define WEFT_X_GETS(P, i, kind, f, T, what)                                     \
    WEFT_X_FIT_INPUT(P##_step_##i##_##kind##_##f, f, T)                         \
    _Static_assert(WEFT_X_TAKES_ONE(f, T) || WEFT_X_TAKES_NONE(f),              \
                   #P ": step " #i ", " #kind "(" #f "), does not take " what); \
    WEFT_X_SHARES(P, i, kind, f)
#define WEFT_X_SHARES(P, i, kind, f)                                       \
    WEFT_X_FIT(f##_contexts == 0 || WEFT_X_SAME(f##_ctx, P##_shared_),     \
               P##_step_##i##_##kind##_##f##_is_given_CTX, P##_shared_ *,  \
               P##_step_##i##_##kind##_##f##_has_CTX, f##_ctx *)           \
    _Static_assert(f##_contexts == 0 || WEFT_X_SAME(f##_ctx, P##_shared_), \
                   #P ": step " #i ", " #kind "(" #f                       \
                      "), has a CTX that the pipeline does not have; begin the pipeline with it");
#define WEFT_X_GETS_VALUE(P, h, i, kind, f) WEFT_X_GETS(P, i, kind, f, P##_t##h##_, WEFT_X_FROM(h))
#define WEFT_X_GETS_INNER(P, h, i, kind, f) \
    WEFT_X_IS_OPTION(P, h, i, kind)         \
    WEFT_X_GETS(P, i, kind, f, WEFT_X_V(P, h), "the value in " WEFT_X_FROM(h))
#define WEFT_X_GETS_ERROR(P, h, i, kind, f) \
    WEFT_X_IS_OPTION(P, h, i, kind)         \
    WEFT_X_GETS(P, i, kind, f, WEFT_X_E(P, h), "the error in " WEFT_X_FROM(h))
#define WEFT_X_GETS_NOTHING(P, i, kind, f)                                                      \
    WEFT_X_FIT(WEFT_X_TAKES_NONE(f), P##_step_##i##_##kind##_##f##_is_given, const weft_none *, \
               P##_step_##i##_##kind##_##f##_takes, WEFT_X_TAKEN(f))                            \
    _Static_assert(WEFT_X_TAKES_NONE(f),                                                        \
                   #P ": step " #i ", " #kind "(" #f "), must take no input");                  \
    WEFT_X_SHARES(P, i, kind, f)
#define WEFT_X_IS_OPTION(P, h, i, kind)                                                  \
    WEFT_X_FIT_OPTION(P##_step_##i##_##kind##_is_given, P##_t##h##_,                     \
                      P##_step_##i##_##kind##_takes, P##_step_##i##_##kind##_looks_into) \
    _Static_assert(WEFT_X_IS_RECORD(P##_t##h##_),                                        \
                   #P ": step " #i ", " #kind                                            \
                      ", is for options and results; " WEFT_X_FROM(h) " is neither");
#define WEFT_X_GIVES(P, i, kind, f, T, what) \
    WEFT_X_RETURNS(P, i, kind, f, WEFT_X_SAME(f##_result, T), T, what)
/* The same where nothing is a value, too. */
#define WEFT_X_GIVES_LIFTED(P, i, kind, f, T, what) \
    WEFT_X_RETURNS(P, i, kind, f, WEFT_X_SAME(WEFT_X_LIFTED(f##_result), T), T, what)
#define WEFT_X_RETURNS(P, i, kind, f, good, T, what)                                           \
    WEFT_X_FIT(good, P##_step_##i##_##kind##_##f##_returns, const WEFT_X_LIFTED(f##_result) *, \
               P##_step_##i##_##kind##_##f##_must_return, const T *)                           \
    _Static_assert(good, #P ": step " #i ", " #kind "(" #f "), must return " what);
/* What f returns is an option or result with the same `member` as value h. */
#define WEFT_X_GIVES_OPTION(P, h, i, kind, f, member, otherwise)                        \
    WEFT_X_FIT_OPTION(P##_step_##i##_##kind##_##f##_returns, WEFT_X_LIFTED(f##_result), \
                      P##_step_##i##_##kind##_##f##_must_return,                        \
                      P##_step_##i##_##kind##_##f##_gives)                              \
    _Static_assert(WEFT_X_IS_RECORD(WEFT_X_LIFTED(f##_result)),                         \
                   #P ": step " #i ", " #kind "(" #f                                    \
                      "), must return an option or a result; use " #otherwise);         \
    WEFT_X_FIT(WEFT_X_SAME(__typeof__(((f##_result *)0)->member),                       \
                           __typeof__(((P##_t##h##_ *)0)->member)),                     \
               P##_step_##i##_##kind##_##f##_returns_##member,                          \
               const __typeof__(((f##_result *)0)->member) *,                           \
               P##_step_##i##_##kind##_##f##_must_return_##member,                      \
               const __typeof__(((P##_t##h##_ *)0)->member) *)                          \
    _Static_assert(WEFT_X_SAME(__typeof__(((f##_result *)0)->member),                   \
                               __typeof__(((P##_t##h##_ *)0)->member)),                 \
                   #P ": step " #i ", " #kind "(" #f "), must return the same " #member \
                      " as " WEFT_X_FROM(h));
#define WEFT_X_NO_ERROR(P, h, i, kind)                                                         \
    WEFT_X_IS_OPTION(P, h, i, kind)                                                            \
    WEFT_X_FIT(WEFT_X_SAME(WEFT_X_E(P, h), weft_none), P##_step_##i##_##kind##_is_given_error, \
               const WEFT_X_E(P, h) *, P##_step_##i##_##kind##_takes_error, const weft_none *) \
    _Static_assert(WEFT_X_SAME(WEFT_X_E(P, h), weft_none),                                     \
                   #P ": step " #i ", " #kind                                                  \
                      ", is for options; " WEFT_X_FROM(h) " is a result with an error");

/* ---- forms ----------------------------------------------------------------------------------- */

#define WEFT_X_PLAIN(P, i, T)                         \
    enum { P##_made##i##_ = 0, P##_loose##i##_ = 0 }; \
    typedef T P##_t##i##_;                            \
    typedef weft_x_no_parts P##_o##i##_;
#define WEFT_X_LOOSE(P, i, V, E)                      \
    enum { P##_made##i##_ = 1, P##_loose##i##_ = 1 }; \
    typedef struct P##_option_of_step_##i {           \
        bool ok;                                      \
        V value;                                      \
        E error;                                      \
    } P##_t##i##_;                                    \
    typedef struct {                                  \
        bool ok;                                      \
        const V *value;                               \
        const E *error;                               \
    } P##_o##i##_;
#define WEFT_X_MADE(P, i, T)                          \
    enum { P##_made##i##_ = 1, P##_loose##i##_ = 0 }; \
    typedef T P##_t##i##_;                            \
    typedef weft_x_no_parts P##_o##i##_;
#define WEFT_X_SAME_AS(P, h, i)                                                  \
    enum { P##_made##i##_ = P##_made##h##_, P##_loose##i##_ = P##_loose##h##_ }; \
    typedef P##_t##h##_ P##_t##i##_;                                             \
    typedef P##_o##h##_ P##_o##i##_;
typedef struct weft_x_no_parts {
    bool ok;
    const weft_none *value, *error;
} weft_x_no_parts;

/* A call as a value, also if it gives nothing. */
#define WEFT_X_LIFT(T, call) \
    __builtin_choose_expr(WEFT_X_SAME(T, void), ((void)(call), (weft_none)WEFT_X_NONE), (call))
#define WEFT_X_NONE \
    {               \
        {           \
        }           \
    }
#define WEFT_X_FEED(slot, f, input) f##_feed(&slots_->slot, (f##_ctx *)(void *)ctx_, world_, input)

/* Value i is whole, at `at`; or what an initializer says; or the same as value h. */
#define WEFT_X_WHOLE(P, i, at)                         \
    const P##_t##i##_ *const p##i##_ = at;             \
    const P##_o##i##_ o##i##_ = { false, NULL, NULL }; \
    (void)p##i##_;                                     \
    (void)o##i##_;
#define WEFT_X_GIVEN(P, i, ...)              \
    const P##_t##i##_ v##i##_ = __VA_ARGS__; \
    WEFT_X_WHOLE(P, i, &v##i##_)
#define WEFT_X_PASSED(P, h, i)                  \
    const P##_t##i##_ *const p##i##_ = p##h##_; \
    const P##_o##i##_ o##i##_ = o##h##_;        \
    (void)p##i##_;                              \
    (void)o##i##_;
/* Value i is loose: its parts are filled in, and put together for who wants it whole. */
#define WEFT_X_BEGIN(P, i, is_ok) \
    P##_o##i##_ o##i##_;          \
    o##i##_.ok = (is_ok);
#define WEFT_X_END(P, i, value_at, error_at)     \
    o##i##_.value = (value_at);                  \
    o##i##_.error = (error_at);                  \
    P##_t##i##_ v##i##_;                         \
    v##i##_.ok = o##i##_.ok;                     \
    if (o##i##_.ok)                              \
        v##i##_.value = *o##i##_.value;          \
    else                                         \
        v##i##_.error = *o##i##_.error;          \
    const P##_t##i##_ *const p##i##_ = &v##i##_; \
    (void)p##i##_;
/* The parts of value h, an option or result, loose or not. */
#define WEFT_X_OK(P, h)       __builtin_choose_expr(P##_loose##h##_, o##h##_.ok, p##h##_->ok)
#define WEFT_X_VALUE_AT(P, h) __builtin_choose_expr(P##_loose##h##_, o##h##_.value, &p##h##_->value)
#define WEFT_X_ERROR_AT(P, h) __builtin_choose_expr(P##_loose##h##_, o##h##_.error, &p##h##_->error)
/* A place for what a call gives only sometimes. */
#define WEFT_X_ROOM(T, name) T name;

#endif
