/* The steps of pipelines: which there are, what each keeps, how that is bound and described.
 * Internal to pipeline.h; nothing here is for users.
 *
 * Each step is a row of the first table: its class says what it keeps, its kind what it does; that
 * stands in pipeline_any.h, pipeline_options.h and pipeline_arms.h. `h` is the value that it gets,
 * `i` = h + 1 the one that it gives (pipeline_values.h).
 */
#ifndef WEFT_PIPELINE_STEPS_H
#define WEFT_PIPELINE_STEPS_H

#include <weft/pipeline_any.h>
#include <weft/pipeline_arms.h>
#include <weft/pipeline_options.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* ---- the table: class, kind, arguments ----------------------------------------------------- */

#define WEFT_X_S_THEN(f)           fn_, THEN, f, THEN
#define WEFT_X_S_TAP(f)            fn_, TAP, f, TAP
#define WEFT_X_S_GUARD(f)          fn_, GUARD, f, GUARD
#define WEFT_X_S_SCAN(f)           fn_, SCAN, f, SCAN
#define WEFT_X_S_SPLAT(f)          fn_, SPLAT, f, SPLAT
#define WEFT_X_S_MERGE(f)          fn_, MERGE, f, MERGE
#define WEFT_X_S_MAP(f)            fn_, MAP, f, MAP
#define WEFT_X_S_AND_THEN(f)       fn_, AND_THEN, f, AND_THEN
#define WEFT_X_S_INSPECT(f)        fn_, INSPECT, f, INSPECT
#define WEFT_X_S_UNWRAP_OR_ELSE(f) fn_, UNWRAP_OR_ELSE, f, UNWRAP_OR_ELSE
#define WEFT_X_S_FILTER(f)         fn_, FILTER, f, FILTER
#define WEFT_X_S_ON_NONE(f)        fn_, ON_NONE, f, ON_NONE
#define WEFT_X_S_OK_OR_ELSE(f)     fn_, OK_OR_ELSE, f, OK_OR_ELSE
#define WEFT_X_S_CATCH(f)          fn_, CATCH, f, CATCH
#define WEFT_X_S_MAP_ERR(f)        fn_, MAP_ERR, f, MAP_ERR
#define WEFT_X_S_OR_ELSE(f)        fn_, OR_ELSE, f, OR_ELSE
#define WEFT_X_S_INSPECT_ERR(f)    fn_, INSPECT_ERR, f, INSPECT_ERR
#define WEFT_X_S_AND(f)            fn_, AND, f, AND
#define WEFT_X_S_OR(f)             fn_, OR, f, OR
#define WEFT_X_S_XOR(f)            fn_, XOR, f, XOR
#define WEFT_X_S_TEE(f)            fn_, TAP, f, TEE
#define WEFT_X_S_DEDUP             memory_, DEDUP, ~, DEDUP
#define WEFT_X_S_DEDUP_BY(f)       fn_memory_, DEDUP_BY, f, DEDUP_BY
#define WEFT_X_S_DISPATCH(R, T)    dispatch_, DISPATCH, (R, T), DISPATCH
#define WEFT_X_S_UNWRAP_OR(...)    nothing_, UNWRAP_OR, (__VA_ARGS__), UNWRAP_OR
#define WEFT_X_S_OK_OR(...)        nothing_, OK_OR, (__VA_ARGS__), OK_OR
#define WEFT_X_S_OK                nothing_, OK, (), OK
#define WEFT_X_S_NOT               nothing_, NOT, (), NOT
#define WEFT_X_S_JOIN              nothing_, JOIN, (), JOIN
#define WEFT_X_S_ROUTE(p, f, g)    route_, ROUTE, (p, f, g), ROUTE
#define WEFT_X_S_FORK(...)         fork_, FORK, (__VA_ARGS__), FORK
#define WEFT_X_S_CTX(...)          ctx_, CTX, (__VA_ARGS__), CTX

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
    WEFT_X_BY_KIND_(WEFT_X_##aspect, P, h, WEFT_X_NEXT(h), __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_BY_KIND_(...)                                  WEFT_X_BY_KIND__(__VA_ARGS__)
#define WEFT_X_BY_KIND__(macro, P, h, i, class, kind, x, ...) macro##_##kind(P, h, i, x)
#define WEFT_X_BY_CLASS(aspect, P, h, ...) \
    WEFT_X_BY_CLASS_(WEFT_X_##aspect, P, h, WEFT_X_NEXT(h), __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_BY_CLASS_(...) WEFT_X_BY_CLASS__(__VA_ARGS__)
#define WEFT_X_BY_CLASS__(macro, P, h, i, class, kind, x, word, ...) \
    macro##_##class(P, h, i, x, word)

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

/* m(P, h, i, name, role, f) for each member of a ROUTE. */
#define WEFT_X_ROUTES(m, P, h, i, all) WEFT_X_ROUTES_(m, P, h, i, WEFT_X_UNWRAP all)
#define WEFT_X_ROUTES_(...)            WEFT_X_ROUTES__(__VA_ARGS__)
#define WEFT_X_ROUTES__(m, P, h, i, pred, f, g) \
    m(P, h, i, if, "ROUTE if", pred) m(P, h, i, 0, "ROUTE then", f) m(P, h, i, 1, "ROUTE else", g)

/* ---- what a step keeps, how it is bound, how it is described --------------------------------- */

#define WEFT_X_SLOTS_fn_(P, h, i, f, word) struct f##_slots s##i;
#define WEFT_X_SLOTS_memory_(P, h, i, x, word) \
    struct {                                   \
        bool has;                              \
        P##_t##h##_ last;                      \
    } m##i;
#define WEFT_X_SLOTS_fn_memory_(P, h, i, f, word) \
    WEFT_X_SLOTS_fn_(P, h, i, f, word) WEFT_X_SLOTS_memory_(P, h, i, f, word)
#define WEFT_X_SLOTS_dispatch_(P, h, i, all, word) WEFT_X_FIRST all *s##i;
#define WEFT_X_SLOTS_nothing_(P, h, i, x, word)
#define WEFT_X_SLOTS_ctx_(P, h, i, x, word)
#define WEFT_X_SLOTS_route_(P, h, i, all, word)    WEFT_X_ROUTES(WEFT_X_SLOTS_ROUTE, P, h, i, all)
#define WEFT_X_SLOTS_ROUTE(P, h, i, name, role, f) struct f##_slots s##i##_##name;
#define WEFT_X_SLOTS_fork_(P, h, i, all, word)     WEFT_X_ARMS(WEFT_X_SLOTS_ARM, P, i, all)
#define WEFT_X_SLOTS_ARM(P, i, k, f)               struct f##_slots s##i##_##k;

#define WEFT_X_BIND_STEP(f, slot) WEFT_X_BOUND(f##_bind_slots(&slots_->slot, world_))
#define WEFT_X_BOUND(call)                    \
    {                                         \
        const weft_status bound_ = (call);    \
        status_ = status_ ? status_ : bound_; \
    }
#define WEFT_X_BINDS_fn_(P, h, i, f, word)     WEFT_X_BIND_STEP(f, s##i)
#define WEFT_X_BINDS_memory_(P, h, i, x, word) memset(&slots_->m##i, 0, sizeof slots_->m##i);
#define WEFT_X_BINDS_fn_memory_(P, h, i, f, word) \
    WEFT_X_BINDS_fn_(P, h, i, f, word) WEFT_X_BINDS_memory_(P, h, i, f, word)
#define WEFT_X_BINDS_dispatch_(P, h, i, all, word) WEFT_X_BINDS_DISPATCH(P, i, WEFT_X_UNWRAP all)
#define WEFT_X_BINDS_DISPATCH(...)                 WEFT_X_BINDS_DISPATCH_(__VA_ARGS__)
#define WEFT_X_BINDS_DISPATCH_(P, i, R, T)                                                    \
    slots_->s##i = WEFT_GET(world_, R);                                                       \
    WEFT_X_BOUND(weft_x_bind_dispatch(#P, WEFT_TYPE(R), (weft_handler *)(void *)slots_->s##i, \
                                      WEFT_EVENT(T), world_))
#define WEFT_X_BINDS_nothing_(P, h, i, x, word)
#define WEFT_X_BINDS_ctx_(P, h, i, x, word)
#define WEFT_X_BINDS_route_(P, h, i, all, word)    WEFT_X_ROUTES(WEFT_X_BINDS_ROUTE, P, h, i, all)
#define WEFT_X_BINDS_ROUTE(P, h, i, name, role, f) WEFT_X_BIND_STEP(f, s##i##_##name)
#define WEFT_X_BINDS_fork_(P, h, i, all, word)     WEFT_X_ARMS(WEFT_X_BINDS_ARM, P, i, all)
#define WEFT_X_BINDS_ARM(P, i, k, f)               WEFT_X_BIND_STEP(f, s##i##_##k)

#define WEFT_X_PART_fn_(P, h, i, f, word)         { #word, #f, &f##_fn, i },
#define WEFT_X_PART_memory_(P, h, i, x, word)     { #word, "", NULL, i },
#define WEFT_X_PART_fn_memory_(P, h, i, f, word)  WEFT_X_PART_fn_(P, h, i, f, word)
#define WEFT_X_PART_dispatch_(P, h, i, all, word) { #word, WEFT_X_STR all, NULL, i },
#define WEFT_X_PART_nothing_(P, h, i, x, word)    { #word, WEFT_X_STR x, NULL, i },
#define WEFT_X_PART_ctx_(P, h, i, x, word)
#define WEFT_X_PART_route_(P, h, i, all, word)    WEFT_X_ROUTES(WEFT_X_PART_ROUTE, P, h, i, all)
#define WEFT_X_PART_ROUTE(P, h, i, name, role, f) { role, #f, &f##_fn, i },
#define WEFT_X_PART_fork_(P, h, i, all, word)     WEFT_X_ARMS(WEFT_X_PART_ARM, P, i, all)
#define WEFT_X_PART_ARM(P, i, k, f)               { "FORK", #f, &f##_fn, i },

#define WEFT_X_ROWS_fn_                           WEFT_X_NOTHING
#define WEFT_X_ROWS_memory_                       WEFT_X_NOTHING
#define WEFT_X_ROWS_fn_memory_                    WEFT_X_NOTHING
#define WEFT_X_ROWS_nothing_                      WEFT_X_NOTHING
#define WEFT_X_ROWS_ctx_                          WEFT_X_NOTHING
#define WEFT_X_ROWS_route_                        WEFT_X_NOTHING
#define WEFT_X_ROWS_fork_                         WEFT_X_NOTHING
#define WEFT_X_ROWS_dispatch_(P, h, i, all, word) WEFT_X_ROWS_DISPATCH(P, i, WEFT_X_FIRST all)
#define WEFT_X_ROWS_DISPATCH(P, i, R)                                                        \
    {                                                                                        \
        WEFT_PARAM_MUT, WEFT_X_STR(R), WEFT_TYPE(R), NULL, offsetof(struct P##_slots, s##i), \
        sizeof(R)                                                                            \
    },

#define WEFT_X_CONTEXT_fn_                       WEFT_X_NOTHING
#define WEFT_X_CONTEXT_memory_                   WEFT_X_NOTHING
#define WEFT_X_CONTEXT_fn_memory_                WEFT_X_NOTHING
#define WEFT_X_CONTEXT_dispatch_                 WEFT_X_NOTHING
#define WEFT_X_CONTEXT_nothing_                  WEFT_X_NOTHING
#define WEFT_X_CONTEXT_route_                    WEFT_X_NOTHING
#define WEFT_X_CONTEXT_fork_                     WEFT_X_NOTHING
#define WEFT_X_CONTEXT_ctx_(P, h, i, all, word)  , (some_, WEFT_X_UNWRAP all)
#define WEFT_X_CONTEXTS_fn_                      WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_memory_                  WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_fn_memory_               WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_dispatch_                WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_nothing_                 WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_route_                   WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_fork_                    WEFT_X_NOTHING
#define WEFT_X_CONTEXTS_ctx_(P, h, i, all, word) +1

/* A FORK must be followed by what takes its arms together. */
#define WEFT_X_AFTER_fn_        WEFT_X_NOTHING
#define WEFT_X_AFTER_memory_    WEFT_X_NOTHING
#define WEFT_X_AFTER_fn_memory_ WEFT_X_NOTHING
#define WEFT_X_AFTER_dispatch_  WEFT_X_NOTHING
#define WEFT_X_AFTER_nothing_   WEFT_X_NOTHING
#define WEFT_X_AFTER_ctx_       WEFT_X_NOTHING
#define WEFT_X_AFTER_route_     WEFT_X_NOTHING
#define WEFT_X_AFTER_fork_(P, h, i, all, word) \
    enum { P##_forked_##i = P##_wants_MERGE_or_JOIN_after_step_##i };

#endif
