/* The steps of pipelines that look into an option or a result: for each kind its types and checks,
 * WEFT_X_T_..., and what it does, WEFT_X_D_.... Internal to pipeline.h; nothing here is for users.
 */
#ifndef WEFT_PIPELINE_OPTIONS_H
#define WEFT_PIPELINE_OPTIONS_H

#include <weft/pipeline_values.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

#define WEFT_X_T_MAP(P, h, i, f)       \
    WEFT_X_GETS_INNER(P, h, i, MAP, f) \
    WEFT_X_LOOSE(P, i, WEFT_X_LIFTED(f##_result), WEFT_X_E(P, h))
#define WEFT_X_D_MAP(P, h, i, f)                                                        \
    WEFT_X_ROOM(WEFT_X_LIFTED(f##_result), r##i##_)                                     \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h))                                                 \
    if (o##i##_.ok)                                                                     \
        r##i##_ = WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i, f, WEFT_X_VALUE_AT(P, h))); \
    WEFT_X_END(P, i, &r##i##_, WEFT_X_ERROR_AT(P, h))

#define WEFT_X_T_AND_THEN(P, h, i, f)                     \
    WEFT_X_GETS_INNER(P, h, i, AND_THEN, f)               \
    WEFT_X_GIVES_OPTION(P, h, i, AND_THEN, f, error, MAP) \
    WEFT_X_MADE(P, i, f##_result)
#define WEFT_X_D_AND_THEN(P, h, i, f)                          \
    WEFT_X_ROOM(P##_t##i##_, v##i##_)                          \
    if (WEFT_X_OK(P, h)) {                                     \
        v##i##_ = WEFT_X_FEED(s##i, f, WEFT_X_VALUE_AT(P, h)); \
    } else {                                                   \
        v##i##_.ok = false;                                    \
        v##i##_.error = *WEFT_X_ERROR_AT(P, h);                \
    }                                                          \
    WEFT_X_WHOLE(P, i, &v##i##_)

#define WEFT_X_T_INSPECT(P, h, i, f)       \
    WEFT_X_GETS_INNER(P, h, i, INSPECT, f) \
    WEFT_X_SAME_AS(P, h, i)
#define WEFT_X_D_INSPECT(P, h, i, f)                       \
    if (WEFT_X_OK(P, h))                                   \
        (void)WEFT_X_FEED(s##i, f, WEFT_X_VALUE_AT(P, h)); \
    WEFT_X_PASSED(P, h, i)

/* The value of h, or what `otherwise` puts into r<i>_. Large ones stay where they are; small ones
 * are copied, as a register is better than a choice of two addresses. */
#define WEFT_X_UNWRAPPED(P, h, i, otherwise)           \
    WEFT_X_ROOM(P##_t##i##_, r##i##_)                  \
    const P##_t##i##_ *at##i##_ = &r##i##_;            \
    if (!WEFT_X_OK(P, h)) {                            \
        otherwise;                                     \
    } else if (sizeof r##i##_ <= 4 * sizeof(void *)) { \
        r##i##_ = *WEFT_X_VALUE_AT(P, h);              \
    } else {                                           \
        at##i##_ = WEFT_X_VALUE_AT(P, h);              \
    }                                                  \
    WEFT_X_WHOLE(P, i, at##i##_)

#define WEFT_X_T_UNWRAP_OR(P, h, i, x)   \
    WEFT_X_IS_OPTION(P, h, i, UNWRAP_OR) \
    WEFT_X_PLAIN(P, i, WEFT_X_V(P, h))   \
    typedef P##_t##i##_ P##_step_##i##_UNWRAP_OR;
#define WEFT_X_D_UNWRAP_OR(P, h, i, x)                                                    \
    WEFT_X_UNWRAPPED(P, h, i, const P##_step_##i##_UNWRAP_OR or ##i##_ = WEFT_X_UNWRAP x; \
                     r##i##_ = or ##i##_)

#define WEFT_X_T_UNWRAP_OR_ELSE(P, h, i, f)                   \
    WEFT_X_GETS_ERROR(P, h, i, UNWRAP_OR_ELSE, f)             \
    WEFT_X_PLAIN(P, i, WEFT_X_V(P, h))                        \
    WEFT_X_GIVES_LIFTED(P, i, UNWRAP_OR_ELSE, f, P##_t##i##_, \
                        "the same type as the value in " WEFT_X_FROM(h))
#define WEFT_X_D_UNWRAP_OR_ELSE(P, h, i, f) \
    WEFT_X_UNWRAPPED(                       \
        P, h, i, r##i##_ = WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i, f, WEFT_X_ERROR_AT(P, h))))

#define WEFT_X_T_FILTER(P, h, i, f)              \
    WEFT_X_NO_ERROR(P, h, i, FILTER)             \
    WEFT_X_GETS_INNER(P, h, i, FILTER, f)        \
    WEFT_X_GIVES(P, i, FILTER, f, _Bool, "bool") \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), weft_none)
#define WEFT_X_D_FILTER(P, h, i, f)                                                    \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h) && WEFT_X_FEED(s##i, f, WEFT_X_VALUE_AT(P, h))) \
    WEFT_X_END(P, i, WEFT_X_VALUE_AT(P, h), &none_)

#define WEFT_X_T_ON_NONE(P, h, i, f)      \
    WEFT_X_NO_ERROR(P, h, i, ON_NONE)     \
    WEFT_X_GETS_NOTHING(P, i, ON_NONE, f) \
    WEFT_X_SAME_AS(P, h, i)
#define WEFT_X_D_ON_NONE(P, h, i, f)      \
    if (!WEFT_X_OK(P, h))                 \
        (void)WEFT_X_FEED(s##i, f, NULL); \
    WEFT_X_PASSED(P, h, i)

/* The type of an error that is written down; a string literal is a const char *. */
#define WEFT_X_ERROR_OF(x)                                                          \
    __typeof__(__builtin_choose_expr(WEFT_X_SAME(__typeof__(((void)0, x)), char *), \
                                     (const char *)0, ((void)0, x)))
#define WEFT_X_T_OK_OR(P, h, i, x)                                                              \
    _Static_assert(__builtin_strncmp(#x, "({", 2) != 0,                                         \
                   #P ": step " #i ", OK_OR, gives an error without a type; write (T){ ... }"); \
    WEFT_X_NO_ERROR(P, h, i, OK_OR)                                                             \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), WEFT_X_ERROR_OF((WEFT_X_UNWRAP x)))
#define WEFT_X_D_OK_OR(P, h, i, x)       \
    WEFT_X_ROOM(WEFT_X_E(P, i), r##i##_) \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h))  \
    if (!o##i##_.ok)                     \
        r##i##_ = WEFT_X_UNWRAP x;       \
    WEFT_X_END(P, i, WEFT_X_VALUE_AT(P, h), &r##i##_)

#define WEFT_X_T_OK_OR_ELSE(P, h, i, f)      \
    WEFT_X_NO_ERROR(P, h, i, OK_OR_ELSE)     \
    WEFT_X_GETS_NOTHING(P, i, OK_OR_ELSE, f) \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_OK_OR_ELSE(P, h, i, f) WEFT_X_NEW_ERROR(P, h, i, f, NULL)
#define WEFT_X_NEW_ERROR(P, h, i, f, input)                             \
    WEFT_X_ROOM(WEFT_X_E(P, i), r##i##_)                                \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h))                                 \
    if (!o##i##_.ok)                                                    \
        r##i##_ = WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i, f, input)); \
    WEFT_X_END(P, i, WEFT_X_VALUE_AT(P, h), &r##i##_)

#define WEFT_X_T_CATCH(P, h, i, f)       \
    WEFT_X_GETS_ERROR(P, h, i, CATCH, f) \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), weft_none)
#define WEFT_X_D_CATCH(P, h, i, f)                         \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h))                    \
    if (!o##i##_.ok)                                       \
        (void)WEFT_X_FEED(s##i, f, WEFT_X_ERROR_AT(P, h)); \
    WEFT_X_END(P, i, WEFT_X_VALUE_AT(P, h), &none_)

#define WEFT_X_T_MAP_ERR(P, h, i, f)       \
    WEFT_X_GETS_ERROR(P, h, i, MAP_ERR, f) \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_MAP_ERR(P, h, i, f) WEFT_X_NEW_ERROR(P, h, i, f, WEFT_X_ERROR_AT(P, h))

#define WEFT_X_T_OR_ELSE(P, h, i, f)                                \
    WEFT_X_GETS_ERROR(P, h, i, OR_ELSE, f)                          \
    WEFT_X_GIVES_OPTION(P, h, i, OR_ELSE, f, value, UNWRAP_OR_ELSE) \
    WEFT_X_MADE(P, i, f##_result)
#define WEFT_X_D_OR_ELSE(P, h, i, f)                           \
    WEFT_X_ROOM(P##_t##i##_, v##i##_)                          \
    if (WEFT_X_OK(P, h)) {                                     \
        v##i##_.ok = true;                                     \
        v##i##_.value = *WEFT_X_VALUE_AT(P, h);                \
    } else {                                                   \
        v##i##_ = WEFT_X_FEED(s##i, f, WEFT_X_ERROR_AT(P, h)); \
    }                                                          \
    WEFT_X_WHOLE(P, i, &v##i##_)

#define WEFT_X_T_INSPECT_ERR(P, h, i, f)       \
    WEFT_X_GETS_ERROR(P, h, i, INSPECT_ERR, f) \
    WEFT_X_SAME_AS(P, h, i)
#define WEFT_X_D_INSPECT_ERR(P, h, i, f)                   \
    if (!WEFT_X_OK(P, h))                                  \
        (void)WEFT_X_FEED(s##i, f, WEFT_X_ERROR_AT(P, h)); \
    WEFT_X_PASSED(P, h, i)

#define WEFT_X_T_OK(P, h, i, x)   \
    WEFT_X_IS_OPTION(P, h, i, OK) \
    WEFT_X_LOOSE(P, i, WEFT_X_V(P, h), weft_none)
#define WEFT_X_D_OK(P, h, i, x)         \
    WEFT_X_BEGIN(P, i, WEFT_X_OK(P, h)) \
    WEFT_X_END(P, i, WEFT_X_VALUE_AT(P, h), &none_)

#endif
