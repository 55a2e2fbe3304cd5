/* The steps of pipelines: what each of the words in pipeline.h's table means. Internal to
 * pipeline.h; nothing here is for users.
 *
 * Each step is a row of the first table: its class says what it keeps, its kind what it does. `h`
 * is the value that it gets, `i` = h + 1 the one that it gives. For a pipeline P, value i has at
 * file scope
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
#ifndef WEFT_PIPELINE_STEPS_H
#define WEFT_PIPELINE_STEPS_H

#include <weft/fit.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* ---- the table: class, kind, arguments ----------------------------------------------------- */

#define WEFT_X_S_THEN(f)           fn, THEN, f, THEN
#define WEFT_X_S_TAP(f)            fn, TAP, f, TAP
#define WEFT_X_S_GUARD(f)          fn, GUARD, f, GUARD
#define WEFT_X_S_SCAN(f)           fn, SCAN, f, SCAN
#define WEFT_X_S_SPLAT(f)          fn, SPLAT, f, SPLAT
#define WEFT_X_S_MERGE(f)          fn, MERGE, f, MERGE
#define WEFT_X_S_MAP(f)            fn, MAP, f, MAP
#define WEFT_X_S_AND_THEN(f)       fn, AND_THEN, f, AND_THEN
#define WEFT_X_S_INSPECT(f)        fn, INSPECT, f, INSPECT
#define WEFT_X_S_UNWRAP_OR_ELSE(f) fn, UNWRAP_OR_ELSE, f, UNWRAP_OR_ELSE
#define WEFT_X_S_FILTER(f)         fn, FILTER, f, FILTER
#define WEFT_X_S_ON_NONE(f)        fn, ON_NONE, f, ON_NONE
#define WEFT_X_S_OK_OR_ELSE(f)     fn, OK_OR_ELSE, f, OK_OR_ELSE
#define WEFT_X_S_CATCH(f)          fn, CATCH, f, CATCH
#define WEFT_X_S_MAP_ERR(f)        fn, MAP_ERR, f, MAP_ERR
#define WEFT_X_S_OR_ELSE(f)        fn, OR_ELSE, f, OR_ELSE
#define WEFT_X_S_INSPECT_ERR(f)    fn, INSPECT_ERR, f, INSPECT_ERR
#define WEFT_X_S_AND(f)            fn, AND, f, AND
#define WEFT_X_S_OR(f)             fn, OR, f, OR
#define WEFT_X_S_XOR(f)            fn, XOR, f, XOR
#define WEFT_X_S_TEE(f)            fn, TAP, f, TEE
#define WEFT_X_S_DEDUP             memory, DEDUP, ~, DEDUP
#define WEFT_X_S_DEDUP_BY(f)       fn_memory, DEDUP_BY, f, DEDUP_BY
#define WEFT_X_S_DISPATCH(R, T)    dispatch, DISPATCH, (R, T), DISPATCH
#define WEFT_X_S_UNWRAP_OR(...)    nothing, UNWRAP_OR, (__VA_ARGS__), UNWRAP_OR
#define WEFT_X_S_OK_OR(...)        nothing, OK_OR, (__VA_ARGS__), OK_OR
#define WEFT_X_S_OK                nothing, OK, (), OK
#define WEFT_X_S_NOT               nothing, NOT, (), NOT
#define WEFT_X_S_JOIN              nothing, JOIN, (), JOIN
#define WEFT_X_S_ROUTE(p, f, g)    route, ROUTE, (p, f, g), ROUTE
#define WEFT_X_S_FORK(...)         fork, FORK, (__VA_ARGS__), FORK
#define WEFT_X_S_CTX(...)          ctx, CTX, (__VA_ARGS__), CTX

#define WEFT_X_STEP_KNOWN_THEN(...)           ~, 1
#define WEFT_X_STEP_KNOWN_TAP(...)            ~, 1
#define WEFT_X_STEP_KNOWN_GUARD(...)          ~, 1
#define WEFT_X_STEP_KNOWN_SCAN(...)           ~, 1
#define WEFT_X_STEP_KNOWN_SPLAT(...)          ~, 1
#define WEFT_X_STEP_KNOWN_MERGE(...)          ~, 1
#define WEFT_X_STEP_KNOWN_MAP(...)            ~, 1
#define WEFT_X_STEP_KNOWN_AND_THEN(...)       ~, 1
#define WEFT_X_STEP_KNOWN_INSPECT(...)        ~, 1
#define WEFT_X_STEP_KNOWN_UNWRAP_OR_ELSE(...) ~, 1
#define WEFT_X_STEP_KNOWN_FILTER(...)         ~, 1
#define WEFT_X_STEP_KNOWN_ON_NONE(...)        ~, 1
#define WEFT_X_STEP_KNOWN_OK_OR_ELSE(...)     ~, 1
#define WEFT_X_STEP_KNOWN_CATCH(...)          ~, 1
#define WEFT_X_STEP_KNOWN_MAP_ERR(...)        ~, 1
#define WEFT_X_STEP_KNOWN_OR_ELSE(...)        ~, 1
#define WEFT_X_STEP_KNOWN_INSPECT_ERR(...)    ~, 1
#define WEFT_X_STEP_KNOWN_AND(...)            ~, 1
#define WEFT_X_STEP_KNOWN_OR(...)             ~, 1
#define WEFT_X_STEP_KNOWN_XOR(...)            ~, 1
#define WEFT_X_STEP_KNOWN_TEE(...)            ~, 1
#define WEFT_X_STEP_KNOWN_DEDUP               ~, 1
#define WEFT_X_STEP_KNOWN_DEDUP_BY(...)       ~, 1
#define WEFT_X_STEP_KNOWN_DISPATCH(...)       ~, 1
#define WEFT_X_STEP_KNOWN_UNWRAP_OR(...)      ~, 1
#define WEFT_X_STEP_KNOWN_OK_OR(...)          ~, 1
#define WEFT_X_STEP_KNOWN_OK                  ~, 1
#define WEFT_X_STEP_KNOWN_NOT                 ~, 1
#define WEFT_X_STEP_KNOWN_JOIN                ~, 1
#define WEFT_X_STEP_KNOWN_ROUTE(...)          ~, 1
#define WEFT_X_STEP_KNOWN_FORK(...)           ~, 1
#define WEFT_X_STEP_KNOWN_CTX(...)            ~, 1
#define WEFT_X_STEP_CHECK(P, h, step)                                                              \
    _Static_assert(WEFT_X_KNOWN(WEFT_X_STEP_KNOWN_##step),                                         \
                   #P ": " #step " is no step; THEN, MAP, FORK and the others stand in the table " \
                      "of weft/pipeline.h");

/* The macro of an aspect for the step's kind; or for its class, where steps of a class are alike.
 */
#define WEFT_X_BY_KIND(aspect, P, h, ...) \
    WEFT_X_BY_KIND_(aspect, P, h, WEFT_X_NEXT(h), __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_BY_KIND_(...)                                   WEFT_X_BY_KIND__(__VA_ARGS__)
#define WEFT_X_BY_KIND__(aspect, P, h, i, class, kind, x, ...) WEFT_X_##aspect##_##kind(P, h, i, x)
#define WEFT_X_BY_CLASS(aspect, P, h, ...) \
    WEFT_X_BY_CLASS_(aspect, P, h, WEFT_X_NEXT(h), __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_BY_CLASS_(...) WEFT_X_BY_CLASS__(__VA_ARGS__)
#define WEFT_X_BY_CLASS__(aspect, P, h, i, class, kind, x, word, ...) \
    WEFT_X_##aspect##_##class(P, h, i, x, word)

/* T: its types and checks. D: what it does. AFTER: checks that need the step behind it. SLOTS: what
 * it keeps. BIND: how that is bound. PART, ROW: in the description, as a part and as parameters.
 * CTX, CONTEXTS: the pipeline's context, if this is it. */
#define WEFT_X_STEP_TYPE(P, h, step)     WEFT_X_BY_KIND(T, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_DO(P, h, step)       WEFT_X_BY_KIND(D, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_AFTER(P, h, step)    WEFT_X_BY_CLASS(AFTER, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_SLOTS(P, h, step)    WEFT_X_BY_CLASS(SLOTS, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_BIND(P, h, step)     WEFT_X_BY_CLASS(BINDS, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_PART(P, h, step)     WEFT_X_BY_CLASS(PART, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_ROW(P, h, step)      WEFT_X_BY_CLASS(ROWS, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_CTX(P, h, step)      WEFT_X_BY_CLASS(CONTEXT, P, h, WEFT_X_S_##step)
#define WEFT_X_STEP_CONTEXTS(P, h, step) WEFT_X_BY_CLASS(CONTEXTS, P, h, WEFT_X_S_##step)

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

/* m(P, h, k, arm) for each arm; the tables of pp.h are in use one level up. */
#define WEFT_X_ARMS(m, P, h, all) WEFT_X_ARMS_(m, P, h, WEFT_X_UNWRAP all)
#define WEFT_X_ARMS_(m, P, h, ...) \
    WEFT_X_CAT(WEFT_X_ARMS_, WEFT_X_COUNT(~, __VA_ARGS__))(m, P, h, __VA_ARGS__)
#define WEFT_X_ARMS_1(m, P, h, a0)         m(P, h, 0, a0)
#define WEFT_X_ARMS_2(m, P, h, a0, a1)     m(P, h, 0, a0) m(P, h, 1, a1)
#define WEFT_X_ARMS_3(m, P, h, a0, a1, a2) m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2)
#define WEFT_X_ARMS_4(m, P, h, a0, a1, a2, a3) \
    m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2) m(P, h, 3, a3)
#define WEFT_X_ARMS_5(m, P, h, a0, a1, a2, a3, a4) \
    m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2) m(P, h, 3, a3) m(P, h, 4, a4)
#define WEFT_X_ARMS_6(m, P, h, a0, a1, a2, a3, a4, a5) \
    m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2) m(P, h, 3, a3) m(P, h, 4, a4) m(P, h, 5, a5)
#define WEFT_X_ARMS_7(m, P, h, a0, a1, a2, a3, a4, a5, a6)                                    \
    m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2) m(P, h, 3, a3) m(P, h, 4, a4) m(P, h, 5, a5) \
        m(P, h, 6, a6)
#define WEFT_X_ARMS_8(m, P, h, a0, a1, a2, a3, a4, a5, a6, a7)                                \
    m(P, h, 0, a0) m(P, h, 1, a1) m(P, h, 2, a2) m(P, h, 3, a3) m(P, h, 4, a4) m(P, h, 5, a5) \
        m(P, h, 6, a6) m(P, h, 7, a7)

/* The members of ROUTE, in the same way: m(P, h, i, name, role, f). */
#define WEFT_X_ROUTES(m, P, h, i, all) WEFT_X_ROUTES_(m, P, h, i, WEFT_X_UNWRAP all)
#define WEFT_X_ROUTES_(...)            WEFT_X_ROUTES__(__VA_ARGS__)
#define WEFT_X_ROUTES__(m, P, h, i, pred, f, g) \
    m(P, h, i, if, "ROUTE if", pred) m(P, h, i, 0, "ROUTE then", f) m(P, h, i, 1, "ROUTE else", g)

/* ---- what a step keeps, how it is bound, how it is described --------------------------------- */

#define WEFT_X_SLOTS_fn(P, h, i, f, word) struct f##_slots s##i;
#define WEFT_X_SLOTS_memory(P, h, i, x, word) \
    struct {                                  \
        bool has;                             \
        P##_t##h##_ last;                     \
    } m##i;
#define WEFT_X_SLOTS_fn_memory(P, h, i, f, word) \
    WEFT_X_SLOTS_fn(P, h, i, f, word) WEFT_X_SLOTS_memory(P, h, i, f, word)
#define WEFT_X_SLOTS_dispatch(P, h, i, all, word) WEFT_X_FIRST all *s##i;
#define WEFT_X_SLOTS_nothing(P, h, i, x, word)
#define WEFT_X_SLOTS_ctx(P, h, i, x, word)
#define WEFT_X_SLOTS_route(P, h, i, all, word)     WEFT_X_ROUTES(WEFT_X_SLOTS_ROUTE, P, h, i, all)
#define WEFT_X_SLOTS_ROUTE(P, h, i, name, role, f) struct f##_slots s##i##_##name;
#define WEFT_X_SLOTS_fork(P, h, i, all, word)      WEFT_X_ARMS(WEFT_X_SLOTS_ARM, P, i, all)
#define WEFT_X_SLOTS_ARM(P, i, k, f)               struct f##_slots s##i##_##k;

#define WEFT_X_BIND_STEP(f, slot) WEFT_X_BOUND(f##_bind_slots(&slots_->slot, world_))
#define WEFT_X_BOUND(call)                    \
    {                                         \
        const weft_status bound_ = (call);    \
        status_ = status_ ? status_ : bound_; \
    }
#define WEFT_X_BINDS_fn(P, h, i, f, word)     WEFT_X_BIND_STEP(f, s##i)
#define WEFT_X_BINDS_memory(P, h, i, x, word) memset(&slots_->m##i, 0, sizeof slots_->m##i);
#define WEFT_X_BINDS_fn_memory(P, h, i, f, word) \
    WEFT_X_BINDS_fn(P, h, i, f, word) WEFT_X_BINDS_memory(P, h, i, f, word)
#define WEFT_X_BINDS_dispatch(P, h, i, all, word) WEFT_X_BINDS_DISPATCH(P, i, WEFT_X_UNWRAP all)
#define WEFT_X_BINDS_DISPATCH(...)                WEFT_X_BINDS_DISPATCH_(__VA_ARGS__)
#define WEFT_X_BINDS_DISPATCH_(P, i, R, T)                                                    \
    slots_->s##i = WEFT_GET(world_, R);                                                       \
    WEFT_X_BOUND(weft_x_bind_dispatch(#P, WEFT_TYPE(R), (weft_handler *)(void *)slots_->s##i, \
                                      WEFT_EVENT(T), world_))
#define WEFT_X_BINDS_nothing(P, h, i, x, word)
#define WEFT_X_BINDS_ctx(P, h, i, x, word)
#define WEFT_X_BINDS_route(P, h, i, all, word)     WEFT_X_ROUTES(WEFT_X_BINDS_ROUTE, P, h, i, all)
#define WEFT_X_BINDS_ROUTE(P, h, i, name, role, f) WEFT_X_BIND_STEP(f, s##i##_##name)
#define WEFT_X_BINDS_fork(P, h, i, all, word)      WEFT_X_ARMS(WEFT_X_BINDS_ARM, P, i, all)
#define WEFT_X_BINDS_ARM(P, i, k, f)               WEFT_X_BIND_STEP(f, s##i##_##k)

#define WEFT_X_PART_fn(P, h, i, f, word)         { #word, #f, &f##_fn, i },
#define WEFT_X_PART_memory(P, h, i, x, word)     { #word, "", NULL, i },
#define WEFT_X_PART_fn_memory(P, h, i, f, word)  WEFT_X_PART_fn(P, h, i, f, word)
#define WEFT_X_PART_dispatch(P, h, i, all, word) { #word, WEFT_X_STR all, NULL, i },
#define WEFT_X_PART_nothing(P, h, i, x, word)    { #word, WEFT_X_STR x, NULL, i },
#define WEFT_X_PART_ctx(P, h, i, x, word)
#define WEFT_X_PART_route(P, h, i, all, word)     WEFT_X_ROUTES(WEFT_X_PART_ROUTE, P, h, i, all)
#define WEFT_X_PART_ROUTE(P, h, i, name, role, f) { role, #f, &f##_fn, i },
#define WEFT_X_PART_fork(P, h, i, all, word)      WEFT_X_ARMS(WEFT_X_PART_ARM, P, i, all)
#define WEFT_X_PART_ARM(P, i, k, f)               { "FORK", #f, &f##_fn, i },

#define WEFT_X_ROWS_fn                           WEFT_X_NOTHING
#define WEFT_X_ROWS_memory                       WEFT_X_NOTHING
#define WEFT_X_ROWS_fn_memory                    WEFT_X_NOTHING
#define WEFT_X_ROWS_nothing                      WEFT_X_NOTHING
#define WEFT_X_ROWS_ctx                          WEFT_X_NOTHING
#define WEFT_X_ROWS_route                        WEFT_X_NOTHING
#define WEFT_X_ROWS_fork                         WEFT_X_NOTHING
#define WEFT_X_ROWS_dispatch(P, h, i, all, word) WEFT_X_ROWS_DISPATCH(P, i, WEFT_X_FIRST all)
#define WEFT_X_ROWS_DISPATCH(P, i, R)                                                        \
    {                                                                                        \
        WEFT_PARAM_MUT, WEFT_X_STR(R), WEFT_TYPE(R), NULL, offsetof(struct P##_slots, s##i), \
        sizeof(R)                                                                            \
    },

#define WEFT_X_CONTEXT_fn                       WEFT_X_NOTHING
#define WEFT_X_CONTEXT_memory                   WEFT_X_NOTHING
#define WEFT_X_CONTEXT_fn_memory                WEFT_X_NOTHING
#define WEFT_X_CONTEXT_dispatch                 WEFT_X_NOTHING
#define WEFT_X_CONTEXT_nothing                  WEFT_X_NOTHING
#define WEFT_X_CONTEXT_route                    WEFT_X_NOTHING
#define WEFT_X_CONTEXT_fork                     WEFT_X_NOTHING
#define WEFT_X_CONTEXT_ctx(P, h, i, all, word)  , (some_, WEFT_X_UNWRAP all)
#define WEFT_X_CONTEXTS_fn                      WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_memory                  WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_fn_memory               WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_dispatch                WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_nothing                 WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_route                   WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_fork                    WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_ctx(P, h, i, all, word) +1

/* A FORK must be followed by what takes its arms together. */
#define WEFT_X_AFTER_fn        WEFT_X_NOTHING
#define WEFT_X_AFTER_memory    WEFT_X_NOTHING
#define WEFT_X_AFTER_fn_memory WEFT_X_NOTHING
#define WEFT_X_AFTER_dispatch  WEFT_X_NOTHING
#define WEFT_X_AFTER_nothing   WEFT_X_NOTHING
#define WEFT_X_AFTER_ctx       WEFT_X_NOTHING
#define WEFT_X_AFTER_route     WEFT_X_NOTHING
#define WEFT_X_AFTER_fork(P, h, i, all, word) \
    enum { P##_forked_##i = P##_wants_MERGE_or_JOIN_after_step_##i };

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

/* ---- values ---------------------------------------------------------------------------------- */

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

/* ---- tuples and arms ------------------------------------------------------------------------- */

/* What stands in for a tuple of type T unless it `has` the member that the text names. */
#ifndef __cplusplus
typedef struct weft_x_piece {
    char it;
} weft_x_piece;
typedef struct weft_x_tuple {
    weft_x_piece _0, _1, _2, _3, _4, _5, _6, _7;
} weft_x_tuple;
#endif
#define WEFT_X_IF_HAS(has, T) __typeof__(*__builtin_choose_expr(has, (T *)0, (weft_x_tuple *)0))

/* P_members<h>_: how many members the tuple that is value h has. C can be asked whether one follows
 * member k: in an array of tuples, the initializer behind that of member k goes to the next member,
 * or if there is none to the next tuple, which makes the array longer. Member k is initialized by a
 * value of its own type, an array in braces. To be used in a function, where initializers need not
 * be constants. */
#define WEFT_X_COUNT_MEMBERS(P, h, i)                                                             \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-braces\"")         \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") typedef P##_t##h##_    \
            P##_step_##i##_SPLAT_takes_apart;                                                     \
    enum { P##_has##h##_1 = sizeof((P##_step_##i##_SPLAT_takes_apart){ ._0 = 0, ._1 = 0 }) > 0 }; \
    WEFT_X_HAS_NEXT(P, h, 1, 2)                                                                   \
    WEFT_X_HAS_NEXT(P, h, 2, 3)                                                                   \
    WEFT_X_HAS_NEXT(P, h, 3, 4)                                                                   \
    WEFT_X_HAS_NEXT(P, h, 4, 5)                                                                   \
    WEFT_X_HAS_NEXT(P, h, 5, 6)                                                                   \
    WEFT_X_HAS_NEXT(P, h, 6, 7)                                                                   \
    enum {                                                                                        \
        P##_members##h##_ = 2 + P##_has##h##_2 + P##_has##h##_3 + P##_has##h##_4 +                \
                            P##_has##h##_5 + P##_has##h##_6 + P##_has##h##_7                      \
    };                                                                                            \
    _Pragma("GCC diagnostic pop")
#define WEFT_X_HAS_NEXT(P, h, k, next)                                                           \
    typedef WEFT_X_IF_HAS(P##_has##h##_##k, P##_t##h##_) P##_tuple##h##_##k;                     \
    typedef __typeof__(((P##_tuple##h##_##k *)0)->_##k) P##_item##h##_##k;                       \
    enum {                                                                                       \
        P##_array##h##_##k =                                                                     \
            !WEFT_X_SAME(P##_item##h##_##k, __typeof__(((void)0, *(P##_item##h##_##k *)0)))      \
    };                                                                                           \
    typedef WEFT_X_IF_HAS(P##_array##h##_##k, P##_tuple##h##_##k) P##_braced##h##_##k;           \
    typedef WEFT_X_IF_HAS(!P##_array##h##_##k, P##_tuple##h##_##k) P##_plain##h##_##k;           \
    typedef __typeof__(((P##_plain##h##_##k *)0)->_##k) P##_value##h##_##k;                      \
    typedef char                                                                                 \
        P##_follows##h##_##k[sizeof((P##_braced##h##_##k[]){ [0]._##k = { 0 }, 0 }) ==           \
                                 sizeof(P##_braced##h##_##k) &&                                  \
                             sizeof((P##_plain##h##_##k[]){ [0]._##k = *(P##_value##h##_##k *)0, \
                                                            0 }) == sizeof(P##_plain##h##_##k)]; \
    enum { P##_has##h##_##next = P##_has##h##_##k && sizeof(P##_follows##h##_##k) };

/* Member k of the tuple at p, which has n members. */
#define WEFT_X_PIECE(n, T, p, k) (&((const WEFT_X_IF_HAS((n) > k, T) *)(const void *)(p))->_##k)
#define WEFT_X_PIECE_T(n, T, k)  __typeof__(*WEFT_X_PIECE(n, T, (T *)0, k))
#define WEFT_X_PIECES_2(n, T)    const WEFT_X_PIECE_T(n, T, 0) *, const WEFT_X_PIECE_T(n, T, 1) *
#define WEFT_X_PIECES_3(n, T)    WEFT_X_PIECES_2(n, T), const WEFT_X_PIECE_T(n, T, 2) *
#define WEFT_X_PIECES_4(n, T)    WEFT_X_PIECES_3(n, T), const WEFT_X_PIECE_T(n, T, 3) *
#define WEFT_X_PIECES_5(n, T)    WEFT_X_PIECES_4(n, T), const WEFT_X_PIECE_T(n, T, 4) *
#define WEFT_X_PIECES_6(n, T)    WEFT_X_PIECES_5(n, T), const WEFT_X_PIECE_T(n, T, 5) *
#define WEFT_X_PIECES_7(n, T)    WEFT_X_PIECES_6(n, T), const WEFT_X_PIECE_T(n, T, 6) *
#define WEFT_X_PIECES_8(n, T)    WEFT_X_PIECES_7(n, T), const WEFT_X_PIECE_T(n, T, 7) *
/* A pointer to what f_takes of a function f is that takes all n of them. */
#define WEFT_X_TAKES_PIECES(n, T)                 \
    __typeof__(WEFT_X_IF_PIECES(                  \
        n, T, 2,                                  \
        WEFT_X_IF_PIECES(                         \
            n, T, 3,                              \
            WEFT_X_IF_PIECES(                     \
                n, T, 4,                          \
                WEFT_X_IF_PIECES(                 \
                    n, T, 5,                      \
                    WEFT_X_IF_PIECES(             \
                        n, T, 6,                  \
                        WEFT_X_IF_PIECES(n, T, 7, \
                                         (void (*)(weft_inputs, WEFT_X_PIECES_8(n, T)))0)))))))
#define WEFT_X_IF_PIECES(n, T, k, otherwise) \
    __builtin_choose_expr((n) == k, (void (*)(weft_inputs, WEFT_X_PIECES_##k(n, T)))0, otherwise)

#define WEFT_X_T_SPLAT(P, h, i, f)                                                                \
    WEFT_X_FIT(WEFT_X_IS_RECORD(P##_t##h##_), P##_step_##i##_SPLAT_is_given, const P##_t##h##_ *, \
               P##_step_##i##_SPLAT_takes, const weft_x_tuple *)                                  \
    _Static_assert(WEFT_X_IS_RECORD(P##_t##h##_),                                                 \
                   #P ": step " #i ", SPLAT, is for a WEFT_TUPLE; " WEFT_X_FROM(h) " is none");   \
    WEFT_X_SHARES(P, i, SPLAT, f)                                                                 \
    WEFT_X_PLAIN(P, i, WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_SPLAT(P, h, i, f)                                                        \
    WEFT_X_COUNT_MEMBERS(P, h, i)                                                         \
    WEFT_X_SPLITS(P, h, i, SPLAT, f, "the members of the tuple, each and in their order") \
    WEFT_X_SPLIT(P, h, i, f)
/* Checks that f takes the members of value h, and gives them to it. */
#define WEFT_X_SPLITS(P, h, i, kind, f, what)                                                     \
    WEFT_X_FIT(WEFT_X_SAME(f##_takes *, WEFT_X_TAKES_PIECES(P##_members##h##_, P##_t##h##_)),     \
               P##_step_##i##_##kind##_##f##_is_given,                                            \
               WEFT_X_TAKES_PIECES(P##_members##h##_, P##_t##h##_),                               \
               P##_step_##i##_##kind##_##f##_takes, f##_takes *)                                  \
    _Static_assert(WEFT_X_SAME(f##_takes *, WEFT_X_TAKES_PIECES(P##_members##h##_, P##_t##h##_)), \
                   #P ": step " #i ", " #kind "(" #f "), does not take " what);
#define WEFT_X_SPLIT(P, h, i, f)                                                            \
    const void *const parts##i##_[] = { WEFT_X_PART_OF(P, h, 0), WEFT_X_PART_OF(P, h, 1),   \
                                        WEFT_X_PART_OF(P, h, 2), WEFT_X_PART_OF(P, h, 3),   \
                                        WEFT_X_PART_OF(P, h, 4), WEFT_X_PART_OF(P, h, 5),   \
                                        WEFT_X_PART_OF(P, h, 6), WEFT_X_PART_OF(P, h, 7) }; \
    WEFT_X_GIVEN(P, i, WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i, f, parts##i##_)))
#define WEFT_X_PART_OF(P, h, k) WEFT_X_PIECE(P##_members##h##_, P##_t##h##_, p##h##_, k)

#define WEFT_X_T_FORK(P, h, i, all)                                    \
    _Static_assert(WEFT_X_COUNT(~, WEFT_X_UNWRAP all) >= 2 &&          \
                       WEFT_X_COUNT(~, WEFT_X_UNWRAP all) <= 8,        \
                   #P ": step " #i ", FORK, has two to eight arms");   \
    enum {                                                             \
        P##_step_##i##_is_a_FORK = WEFT_X_COUNT(~, WEFT_X_UNWRAP all), \
        P##_members##i##_ = P##_step_##i##_is_a_FORK,                  \
        P##_made##i##_ = 0,                                            \
        P##_loose##i##_ = 0                                            \
    };                                                                 \
    WEFT_X_ARMS(WEFT_X_T_ARM_CHECK, P, h, all)                         \
    typedef struct P##_arms_of_step_##i {                              \
        WEFT_X_ARMS(WEFT_X_T_ARM, P, h, all)                           \
    } P##_t##i##_;                                                     \
    typedef weft_x_no_parts P##_o##i##_;
#define WEFT_X_T_ARM_CHECK(P, h, k, f)      WEFT_X_T_ARM_CHECK_(P, h, WEFT_X_NEXT(h), k, f)
#define WEFT_X_T_ARM_CHECK_(...)            WEFT_X_T_ARM_CHECK__(__VA_ARGS__)
#define WEFT_X_T_ARM_CHECK__(P, h, i, k, f) WEFT_X_GETS_VALUE(P, h, i, FORK, f)
#define WEFT_X_T_ARM(P, h, k, f)            WEFT_X_LIFTED(f##_result) _##k;
#define WEFT_X_D_FORK(P, h, i, all)      \
    WEFT_X_ROOM(P##_t##i##_, v##i##_)    \
    WEFT_X_ARMS(WEFT_X_D_ARM, P, h, all) \
    WEFT_X_WHOLE(P, i, &v##i##_)
#define WEFT_X_D_ARM(P, h, k, f) WEFT_X_D_ARM_(h, WEFT_X_NEXT(h), k, f)
#define WEFT_X_D_ARM_(...)       WEFT_X_D_ARM__(__VA_ARGS__)
#define WEFT_X_D_ARM__(h, i, k, f) \
    v##i##_._##k = WEFT_X_LIFT(f##_result, WEFT_X_FEED(s##i##_##k, f, p##h##_));

#define WEFT_X_T_MERGE(P, h, i, f)                                                      \
    enum { P##_wants_MERGE_or_JOIN_after_step_##h = P##_step_##h##_is_a_FORK };         \
    WEFT_X_SPLITS(P, h, i, MERGE, f, "what each arm of the FORK gives, in their order") \
    WEFT_X_SHARES(P, i, MERGE, f)                                                       \
    WEFT_X_PLAIN(P, i, WEFT_X_LIFTED(f##_result))
#define WEFT_X_D_MERGE(P, h, i, f) WEFT_X_SPLIT(P, h, i, f)
#define WEFT_X_T_JOIN(P, h, i, x)                                                              \
    enum { P##_wants_MERGE_or_JOIN_after_step_##h = P##_step_##h##_is_a_FORK };                \
    WEFT_X_FIT(sizeof(P##_t##h##_) == 0, P##_step_##i##_JOIN_is_given,                         \
               WEFT_X_TAKES_PIECES(P##_members##h##_, P##_t##h##_), P##_step_##i##_JOIN_takes, \
               const weft_none *)                                                              \
    _Static_assert(sizeof(P##_t##h##_) == 0,                                                   \
                   #P ": step " #i ", JOIN, would drop what an arm of the FORK gives; "        \
                      "MERGE the arms, or let them return nothing");                           \
    WEFT_X_PLAIN(P, i, weft_none)
#define WEFT_X_D_JOIN(P, h, i, x) WEFT_X_GIVEN(P, i, WEFT_X_NONE)

/* ---- options and results -------------------------------------------------------------------- */

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
