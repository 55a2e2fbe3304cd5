/* The steps of pipelines that take a value as it is, of any type or a bool: for each kind its types
 * and checks, WEFT_X_T_..., and what it does, WEFT_X_D_.... Internal to pipeline.h; nothing here is
 * for users.
 */
#ifndef WEFT_PIPELINE_ANY_H
#define WEFT_PIPELINE_ANY_H

#include <weft/pipeline_values.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* ---- any value ------------------------------------------------------------------------------ */

#define WEFT_X_T_CTX(P, h, i, all)                                                    \
    _Static_assert(h == 0, #P ": CTX stands before the other steps, and only there"); \
    WEFT_X_SAME_AS(P, h, i)
#define WEFT_X_D_CTX(P, h, i, all) WEFT_X_PASSED(P, h, i)

#define WEFT_X_T_THEN(P, h, i, f)       \
    WEFT_X_GETS_VALUE(P, h, i, THEN, f) \
    WEFT_X_PLAIN(P, i, WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_THEN(P, h, i, f) \
    WEFT_X_GIVEN(P, i, WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i, f, p##h##_)))

#define WEFT_X_T_SCAN(P, h, i, f)                                                                 \
    _Static_assert(f##_locals > 0, #P ": step " #i ", SCAN(" #f "), has no accumulator; give " #f \
                                      " a LOCAL(T, init)");                                       \
    WEFT_X_GETS_VALUE(P, h, i, SCAN, f)                                                           \
    WEFT_X_PLAIN(P, i, WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_SCAN(P, h, i, f) WEFT_X_D_THEN(P, h, i, f)

#define WEFT_X_T_TAP(P, h, i, f)       \
    WEFT_X_GETS_VALUE(P, h, i, TAP, f) \
    WEFT_X_SAME_AS(P, h, i)
#define WEFT_X_D_TAP(P, h, i, f)         \
    (void)WEFT_X_FEED(s##i, f, p##h##_); \
    WEFT_X_PASSED(P, h, i)

#define WEFT_X_T_GUARD(P, h, i, f)              \
    WEFT_X_GETS_VALUE(P, h, i, GUARD, f)        \
    WEFT_X_GIVES(P, i, GUARD, f, _Bool, "bool") \
    WEFT_X_LOOSE(P, i, P##_t##h##_, weft_none)
#define WEFT_X_D_GUARD(P, h, i, f)                    \
    WEFT_X_BEGIN(P, i, WEFT_X_FEED(s##i, f, p##h##_)) \
    WEFT_X_END(P, i, p##h##_, &none_)

#define WEFT_X_T_ROUTE(P, h, i, all) WEFT_X_T_ROUTE_(P, h, i, WEFT_X_UNWRAP all)
#define WEFT_X_T_ROUTE_(...)         WEFT_X_T_ROUTE__(__VA_ARGS__)
#define WEFT_X_T_ROUTE__(P, h, i, pred, f, g)      \
    WEFT_X_GETS_VALUE(P, h, i, ROUTE, pred)        \
    WEFT_X_GIVES(P, i, ROUTE, pred, _Bool, "bool") \
    WEFT_X_GETS_VALUE(P, h, i, ROUTE, f)           \
    WEFT_X_GETS_VALUE(P, h, i, ROUTE, g)           \
    WEFT_X_PLAIN(P, i, WEFT_X_LIFTED(f##_result))  \
    WEFT_X_GIVES_LIFTED(P, i, ROUTE, g, P##_t##i##_, "what " #f " returns")
#define WEFT_X_D_ROUTE(P, h, i, all) WEFT_X_D_ROUTE_(P, h, i, WEFT_X_UNWRAP all)
#define WEFT_X_D_ROUTE_(...)         WEFT_X_D_ROUTE__(__VA_ARGS__)
#define WEFT_X_D_ROUTE__(P, h, i, pred, f, g)                                 \
    WEFT_X_ROOM(P##_t##i##_, v##i##_)                                         \
    if (WEFT_X_FEED(s##i##_if, pred, p##h##_))                                \
        v##i##_ = WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i##_0, f, p##h##_)); \
    else                                                                      \
        v##i##_ = WEFT_X_LIFT(g##_result, WEFT_X_FEED(s##i##_1, g, p##h##_)); \
    WEFT_X_WHOLE(P, i, &v##i##_)

#define WEFT_X_T_DEDUP(P, h, i, x)                                                               \
    typedef P##_t##h##_ P##_step_##i##_DEDUP_is_given, P##_step_##i##_DEDUP_remembers;           \
    extern char P##_step_##i##_DEDUP_compares[sizeof(*(P##_step_##i##_DEDUP_is_given *)0 ==      \
                                                     *(P##_step_##i##_DEDUP_remembers *)0)];     \
    _Static_assert(__builtin_classify_type(*(P##_t##h##_ *)0) < 12,                              \
                   #P ": step " #i ", DEDUP, compares by ==, which C does not do for a struct; " \
                      "write DEDUP_BY(equal)");                                                  \
    WEFT_X_LOOSE(P, i, P##_t##h##_, weft_none)
#define WEFT_X_D_DEDUP(P, h, i, x)                                           \
    WEFT_X_BEGIN(P, i, !(slots_->m##i.has && slots_->m##i.last == *p##h##_)) \
    WEFT_X_REMEMBER(P, h, i)
#define WEFT_X_REMEMBER(P, h, i)      \
    if (o##i##_.ok) {                 \
        slots_->m##i.has = true;      \
        slots_->m##i.last = *p##h##_; \
    }                                 \
    WEFT_X_END(P, i, p##h##_, &none_)
#define WEFT_X_T_DEDUP_BY(P, h, i, f)                                                           \
    WEFT_X_FIT(WEFT_X_SAME(f##_takes, WEFT_X_TWO_OF(P##_t##h##_)),                              \
               P##_step_##i##_DEDUP_BY_##f##_is_given, WEFT_X_TWO_OF(P##_t##h##_) *,            \
               P##_step_##i##_DEDUP_BY_##f##_takes, f##_takes *)                                \
    _Static_assert(WEFT_X_SAME(f##_takes, WEFT_X_TWO_OF(P##_t##h##_)),                          \
                   #P ": step " #i ", DEDUP_BY(" #f                                             \
                      "), must compare two of the type of " WEFT_X_FROM(h) ": REF(T), REF(T)"); \
    WEFT_X_GIVES(P, i, DEDUP_BY, f, _Bool, "bool")                                              \
    WEFT_X_SHARES(P, i, DEDUP_BY, f)                                                            \
    WEFT_X_LOOSE(P, i, P##_t##h##_, weft_none)
#define WEFT_X_TWO_OF(T) __typeof__(void(weft_inputs, const T *, const T *))
#define WEFT_X_D_DEDUP_BY(P, h, i, f)                                           \
    const void *const both##i##_[] = { &slots_->m##i.last, p##h##_ };           \
    WEFT_X_BEGIN(P, i, !(slots_->m##i.has && WEFT_X_FEED(s##i, f, both##i##_))) \
    WEFT_X_REMEMBER(P, h, i)

#define WEFT_X_T_DISPATCH(P, h, i, all) WEFT_X_T_DISPATCH_(P, h, i, WEFT_X_UNWRAP all)
#define WEFT_X_T_DISPATCH_(...)         WEFT_X_T_DISPATCH__(__VA_ARGS__)
#define WEFT_X_T_DISPATCH__(P, h, i, R, T)                                                         \
    WEFT_X_FIT(WEFT_X_SAME(P##_t##h##_, T), P##_step_##i##_DISPATCH_is_given, const P##_t##h##_ *, \
               P##_step_##i##_DISPATCH_takes, const T *)                                           \
    _Static_assert(WEFT_X_SAME(P##_t##h##_, T),                                                    \
                   #P ": step " #i ", DISPATCH: " WEFT_X_FROM(h) " is no " WEFT_X_STR(T));         \
    typedef R P##_step_##i##_DISPATCH_goes_to;                                                     \
    extern char P##_step_##i##_DISPATCH_has_base[sizeof(                                           \
        (P##_step_##i##_DISPATCH_goes_to){ .base = { 0 } })];                                      \
    _Static_assert(                                                                                \
        WEFT_X_SAME(__typeof__(((P##_step_##i##_DISPATCH_goes_to *)0)->base), weft_handler) &&     \
            offsetof(R, base) == 0,                                                                \
        #P ": step " #i                                                                            \
           ", DISPATCH: " WEFT_X_STR(R) " does not begin with a `weft_handler base`");             \
    WEFT_X_PLAIN(P, i, weft_none)
#ifdef NDEBUG
#define WEFT_X_D_DISPATCH(P, h, i, all)             \
    weft_run(&slots_->s##i->base, world_, p##h##_); \
    WEFT_X_GIVEN(P, i, WEFT_X_NONE)
#else
#define WEFT_X_D_DISPATCH(P, h, i, all)             \
    weft_x_check_world(&P##_fn, slots_, world_);    \
    weft_run(&slots_->s##i->base, world_, p##h##_); \
    WEFT_X_GIVEN(P, i, WEFT_X_NONE)
#endif

/* ---- bool ------------------------------------------------------------------------------------ */

#define WEFT_X_IS_BOOL(P, h, i, kind)                                             \
    WEFT_X_FIT(WEFT_X_SAME(P##_t##h##_, _Bool), P##_step_##i##_##kind##_is_given, \
               const P##_t##h##_ *, P##_step_##i##_##kind##_takes, const _Bool *) \
    _Static_assert(WEFT_X_SAME(P##_t##h##_, _Bool), #P                            \
                   ": step " #i ", " #kind ", is for bool; " WEFT_X_FROM(h) " is something else");
#define WEFT_X_T_NOT(P, h, i, x) \
    WEFT_X_IS_BOOL(P, h, i, NOT) \
    WEFT_X_PLAIN(P, i, bool)
#define WEFT_X_D_NOT(P, h, i, x) WEFT_X_GIVEN(P, i, !*p##h##_)
#define WEFT_X_T_LOGIC(P, h, i, f, kind)       \
    WEFT_X_IS_BOOL(P, h, i, kind)              \
    WEFT_X_GETS_NOTHING(P, i, kind, f)         \
    WEFT_X_GIVES(P, i, kind, f, _Bool, "bool") \
    WEFT_X_PLAIN(P, i, bool)
#define WEFT_X_T_AND(P, h, i, f) WEFT_X_T_LOGIC(P, h, i, f, AND)
#define WEFT_X_D_AND(P, h, i, f) WEFT_X_GIVEN(P, i, (*p##h##_) && WEFT_X_FEED(s##i, f, NULL))
#define WEFT_X_T_OR(P, h, i, f)  WEFT_X_T_LOGIC(P, h, i, f, OR)
#define WEFT_X_D_OR(P, h, i, f)  WEFT_X_GIVEN(P, i, *p##h##_ || WEFT_X_FEED(s##i, f, NULL))
#define WEFT_X_T_XOR(P, h, i, f) WEFT_X_T_LOGIC(P, h, i, f, XOR)
#define WEFT_X_D_XOR(P, h, i, f) WEFT_X_GIVEN(P, i, *p##h##_ != WEFT_X_FEED(s##i, f, NULL))

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the handler in resource R of a DISPATCH is there (NULL: no such resource) and takes that
 * event: WEFT_OK, or WEFT_EMISSING, WEFT_ETYPE, reported in the name of the pipeline. */
WEFT_API weft_status weft_x_bind_dispatch(const char *pipeline, const weft_type *resource,
                                          const weft_handler *handler, weft_event event,
                                          const weft_world *world);

#ifdef __cplusplus
}
#endif

#endif
