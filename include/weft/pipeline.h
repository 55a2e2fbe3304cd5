/* Pipelines: functions composed into one function.
 *
 *     static Checked validate(const Config *config, const Order *order) { ... }   // a WEFT_RESULT
 *     WEFT_FN(validate, RES(Config), REF(Order));
 *
 *     WEFT_PIPELINE(on_order, Order, void,
 *                   THEN(validate), AND_THEN(enrich), CATCH(log_reject), MAP(submit));
 *
 *     struct on_order orders;
 *     if (on_order_init(&orders, world)) return 1;      // binds every step
 *     on_order_call(&orders.state, world, &order);      // typed: one flat function
 *     weft_run(&orders.base, world, &order);            // erased: what drivers do
 *
 * A pipeline has the shape of a function, so it is itself a step, an arm, a handler, a member of a
 * fan-out. It expands to local variables and calls that inline: no allocation, no buffer, no
 * indirect call between steps. What a step keeps between runs (locals, the memory of DEDUP) is kept
 * in the pipeline's state. Each step takes its input by value or by reference, as its WEFT_FN says,
 * or not at all. A function that is skipped is not called.
 *
 * In the table v is the value that comes in, f a function or a pipeline. An option (option.h) is a
 * result whose error is empty: what works on one works on the other.
 *
 *     any value       THEN(f)               f(v)
 *                     TAP(f) TEE(f)         v; f(v) is called, its result ignored
 *                     GUARD(f)              some v if f(v), else none; f returns bool
 *                     ROUTE(p, f, g)        f(v) if p(v), else g(v); both return the same type
 *                     SCAN(f)               f(v); f keeps its accumulator in a LOCAL(T, init)
 *                     DEDUP                 some v if it differs, by ==, from the last that passed,
 *                                           else none
 *                     DEDUP_BY(f)           the same; f(last, v) returns true if they are equal
 *                     SPLAT(f)              f(v._0, v._1, ...): v is a WEFT_TUPLE
 *                     DISPATCH(R, T)        runs the handler that the resource R begins with
 *                                           (weft_broadcast, a struct f) with v, a T: nothing
 *     option, result  MAP(f)                ok: f(value)
 *                     AND_THEN(f)           ok: f(value), itself an option or result of that error
 *                     INSPECT(f)            unchanged; ok: f(value) is called
 *                     UNWRAP_OR(x)          value, or x
 *                     UNWRAP_OR_ELSE(f)     value, or f(error)
 *                     OK                    an option; the error is dropped
 *     option          FILTER(f)             none unless f(value)
 *                     ON_NONE(f)            unchanged; none: f() is called
 *                     OK_OR(x)              a result with error x
 *                     OK_OR_ELSE(f)         a result with error f()
 *     result          CATCH(f)              an option; error: f(error) is called
 *                     MAP_ERR(f)            error: f(error) is the new error
 *                     OR_ELSE(f)            error: f(error), itself a result of that value
 *                     INSPECT_ERR(f)        unchanged; error: f(error) is called
 *     bool            NOT                   !v
 *                     AND(f) OR(f) XOR(f)   with f(); AND and OR do not call it if v decides
 *     topology        FORK(f, g, ...)       f(v), g(v), ...: two to eight arms, in this order; next
 *                                           comes
 *                     MERGE(f)              f(arm, arm, ...): one value again, or
 *                     JOIN                  nothing: every arm returned nothing
 *     context         CTX(T) CTX(T, fini)   stands first: one context, given to on_order_init, that
 *                                           all steps with CTX(T) share
 *
 * THEN, TAP, GUARD, ROUTE, TEE, SCAN, DEDUP, DISPATCH and FORK do not look into an option or
 * result: they see it whole. x is an expression, for UNWRAP_OR also { initializers }, evaluated
 * only if it is needed. Up to 16 steps and a CTX; messages and descriptions count from the CTX. An
 * option that the table makes has no name; where a function is to take it whole, make what comes
 * before a pipeline whose Out is a WEFT_OPTION.
 *
 * A step that does not fit the one before it is a compile error. Its first line names the pipeline,
 * the step and both types, as pointers, and its second says what is wrong:
 *
 *     invalid operands to binary | (have 'on_order_step_2_AND_THEN_enrich_is_given' {aka 'const
 *         Order *'} and 'on_order_step_2_AND_THEN_enrich_takes' {aka 'const Quote *'})
 *     "on_order: step 2, AND_THEN(enrich), does not take the value in what step 1 gives"
 *
 * Conflicts are a matter of each step alone: two steps may write the same resource. A step that
 * fails (weft_fail) leaves the pipeline at once; what was written stays written. The input must not
 * change while the pipeline runs.
 *
 * What this does not do: loops, steps added at run time, arms that run in parallel; carry what C
 * cannot assign (a struct with a const member) past a step that may leave it out.
 */
#ifndef WEFT_PIPELINE_H
#define WEFT_PIPELINE_H

#include <weft/pipeline_steps.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares a pipeline P from In to Out: what WEFT_FN declares for a function of one input, with
 *     Out P_call(struct P_state *state, weft_world *world, const In *input);
 * In is named without const; a pointer by a typedef.
 * Out is the type of the last value; an option or result of the same value and error, if the last
 * step is one of the table's that make one; or void, which drops the last value. Only a pipeline
 * into void, bool, or an option of nothing that the table made may be a handler: P_init of another
 * is a compile error. Use P_bind and P_call.
 * P_init fails as its first step that cannot be bound does, with a sentence for each such step;
 * also if what DISPATCH is to run is not there by then (WEFT_EMISSING) or takes another event
 * (WEFT_ETYPE). */
#ifdef __cplusplus
#define WEFT_PIPELINE(...) static_assert(false, "WEFT_PIPELINE is for C files")
#else
#define WEFT_PIPELINE(P, In, ...) WEFT_X_PIPELINE(P, In, __VA_ARGS__)
#endif

/* Two to eight values in a struct with the members _0, _1, ...; for SPLAT:
 *     typedef struct Name { T0 _0; T1 _1; ... } Name; */
#define WEFT_TUPLE(Name, ...)                                                                    \
    _Static_assert(WEFT_X_COUNT(Name, __VA_ARGS__) >= 2 && WEFT_X_COUNT(Name, __VA_ARGS__) <= 8, \
                   #Name ": a tuple has two to eight members");                                  \
    typedef struct Name {                                                                        \
        WEFT_X_MAP(WEFT_X_TUPLE_MEMBER, Name, __VA_ARGS__)                                       \
    } Name
#define WEFT_X_TUPLE_MEMBER(Name, i, T) \
    T _##i;                             \
    _Static_assert(sizeof(T) > 0, #Name ": member " #i ", " #T ", is nothing; leave it out");

/* ---- internal from here on ----------------------------------------------------------------- */

#define WEFT_X_PIPELINE(P, In, ...) WEFT_X_PIPELINE_(P, In, WEFT_X_FIRST(__VA_ARGS__), __VA_ARGS__)
#define WEFT_X_PIPELINE_(...)       WEFT_X_PIPELINE__(__VA_ARGS__)
/* What C only warns of: a pointer as a number, a pointer to something else. */
#define WEFT_X_EXACT                                     \
    _Pragma("GCC diagnostic error \"-Wint-conversion\"") \
        _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"")
/* `...` is Out, which stands where the tables want a name, and the steps. */
#define WEFT_X_PIPELINE__(P, In, Out, ...)                              \
    WEFT_X_RELAXED                                                      \
    WEFT_X_EXACT                                                        \
    _Static_assert(WEFT_X_COUNT(__VA_ARGS__) <= 17, #P WEFT_X_SIXTEEN); \
    WEFT_X_CAT(WEFT_X_PIPELINE_STEPS_, WEFT_X_HAS_REST(__VA_ARGS__))(P, In, Out, __VA_ARGS__)
#define WEFT_X_SIXTEEN ": a pipeline has one to sixteen steps; name a part of it, and use that"
#define WEFT_X_PIPELINE_STEPS_0(P, In, Out, ...) \
    _Static_assert(0, #P WEFT_X_SIXTEEN);        \
    WEFT_X_STRICT                                \
    _Static_assert(1, #P)
#define WEFT_X_PIPELINE_STEPS_1(P, In, Out, ...) \
    WEFT_X_PIPELINE_STEPS(P, In, Out, (P, WEFT_X_REST(__VA_ARGS__)))

/* The passes. Value i is what step i gave, value 0 is the input. First each step declares, at file
 * scope, what its value is and checks what it gets. The other passes are the members of the slots,
 * the parts of the description, binding, and running. */
#define WEFT_X_PIPELINE_STEPS(P, In, Out, all)                                                   \
    WEFT_X_CHECK_IN(P, In)                                                                       \
    WEFT_X_OVER(WEFT_X_STEP_CHECK, all)                                                          \
    WEFT_X_PLAIN(P, 0, In)                                                                       \
    enum { P##_contexts = 0 WEFT_X_OVER(WEFT_X_STEP_CONTEXTS, all), P##_locals = 0 };            \
    _Static_assert(WEFT_X_COUNT all > P##_contexts && WEFT_X_COUNT all - P##_contexts <= 16,     \
                   #P WEFT_X_SIXTEEN);                                                           \
    typedef Out P##_result;                                                                      \
    typedef WEFT_X_STEPS_CTX_T(all) P##_shared_;                                                 \
    WEFT_X_OVER(WEFT_X_STEP_TYPE, all)                                                           \
    WEFT_X_OVER(WEFT_X_STEP_AFTER, all)                                                          \
    WEFT_X_CHECK_OUT(P, Out, WEFT_X_COUNT all)                                                   \
    WEFT_X_ONE_INPUT(P, "pipeline", In, WEFT_X_STEPS_CTX(all),                                   \
                     (WEFT_X_OVER(WEFT_X_STEP_ROW, all)), (WEFT_X_OVER(WEFT_X_STEP_PART, all)),  \
                     WEFT_X_STR(Out), WEFT_X_OVER(WEFT_X_STEP_SLOTS, all))                       \
    WEFT_X_INLINE Out P##_call_with(struct P##_slots *slots_, P##_ctx *ctx_, weft_world *world_, \
                                    const In *input_)                                            \
    {                                                                                            \
        const weft_none none_ = WEFT_X_NONE;                                                     \
        (void)slots_;                                                                            \
        (void)ctx_;                                                                              \
        (void)world_;                                                                            \
        (void)none_;                                                                             \
        WEFT_X_WHOLE(P, 0, input_)                                                               \
        WEFT_X_OVER(WEFT_X_STEP_DO, all)                                                         \
        WEFT_X_RETURN(P, Out, WEFT_X_COUNT all)                                                  \
    }                                                                                            \
    WEFT_X_INLINE weft_status P##_bind_slots(struct P##_slots *slots_, const weft_world *world_) \
    {                                                                                            \
        weft_status status_ = WEFT_OK;                                                           \
        (void)slots_;                                                                            \
        (void)world_;                                                                            \
        WEFT_X_OVER(WEFT_X_STEP_BIND, all)                                                       \
        return status_;                                                                          \
    }                                                                                            \
    WEFT_X_ONE_INPUT_BODIES(P, In, WEFT_X_STEPS_CTX(all))                                        \
    WEFT_X_STRICT                                                                                \
    _Static_assert(1, #P)

#define WEFT_X_OVER(m, all)  WEFT_X_OVER_(m, WEFT_X_UNWRAP all)
#define WEFT_X_OVER_(m, ...) WEFT_X_MAP(m, __VA_ARGS__)

/* The pipeline's context, from its CTX step, as WEFT_X_SHAPE wants it; and its type alone. */
#define WEFT_X_STEPS_CTX(all)    WEFT_X_EITHER((none_, void)WEFT_X_OVER(WEFT_X_STEP_CTX, all))
#define WEFT_X_STEPS_CTX_T(all)  WEFT_X_STEPS_CTX_T_(WEFT_X_STEPS_CTX(all))
#define WEFT_X_STEPS_CTX_T_(ctx) WEFT_X_CTX_T ctx

/* ---- the end -------------------------------------------------------------------------------- */

/* An option or result that the table made may become any type with the same members: P_a_ is the
 * last value's type and P_b_ is Out, each replaced by one to look into where they must not be. */
#define WEFT_X_CHECK_OUT(P, Out, n)  WEFT_X_CHECK_OUT_(P, Out, n)
#define WEFT_X_CHECK_OUT_(P, Out, n) WEFT_X_CHECK_OUT__(P, Out, n, P##_t##n##_, P##_made##n##_)
#define WEFT_X_CHECK_OUT__(P, Out, n, T, made)                                                   \
    enum {                                                                                       \
        P##_drops_ = WEFT_X_SAME(Out, void),                                                     \
        P##_exact_ = WEFT_X_SAME(Out, T),                                                        \
        P##_alike_ = !P##_drops_ && !P##_exact_ && made && WEFT_X_IS_RECORD(WEFT_X_LIFTED(Out))  \
    };                                                                                           \
    typedef WEFT_X_IF_RECORD(P##_alike_, T) P##_a_;                                              \
    typedef WEFT_X_IF_RECORD(P##_alike_, Out) P##_b_;                                            \
    WEFT_X_FIT(P##_drops_ || P##_exact_ || P##_alike_, P##_step_##n##_gives, const T *,          \
               P##_must_return, const WEFT_X_LIFTED(Out) *)                                      \
    WEFT_X_HAS_OK(P##_returns, P##_b_)                                                           \
    WEFT_X_CHECK_MEMBER(P, Out, n, value)                                                        \
    WEFT_X_CHECK_MEMBER(P, Out, n, error)                                                        \
    _Static_assert(P##_drops_ || P##_exact_ || P##_alike_,                                       \
                   #P ": its last step, " #n ", gives another type than " #Out);                 \
    typedef WEFT_X_IF_RECORD(made, T) P##_last_;                                                 \
    enum {                                                                                       \
        P##_is_handler = P##_drops_ || WEFT_X_SAME(Out, _Bool) ||                                \
                         (made && WEFT_X_SAME(__typeof__(((P##_last_ *)0)->value), weft_none) && \
                          WEFT_X_SAME(__typeof__(((P##_last_ *)0)->error), weft_none))           \
    };
#define WEFT_X_CHECK_MEMBER(P, Out, n, member)                                                    \
    WEFT_X_FIT(WEFT_X_SAME(__typeof__(((P##_a_ *)0)->member), __typeof__(((P##_b_ *)0)->member)), \
               P##_step_##n##_gives_##member, const __typeof__(((P##_a_ *)0)->member) *,          \
               P##_must_return_##member, const __typeof__(((P##_b_ *)0)->member) *)               \
    _Static_assert(                                                                               \
        WEFT_X_SAME(__typeof__(((P##_a_ *)0)->member), __typeof__(((P##_b_ *)0)->member)),        \
        #P ": its last step, " #n ", gives another " #member " than " #Out " has");
/* Three initializers fill what has three members; the next one begins another. */
#define WEFT_X_HAS_NO_MORE(T)                                                               \
    (sizeof((T[]){ 0, *(__typeof__(((T *)0)->value) *)0, *(__typeof__(((T *)0)->error) *)0, \
                   0 }) == 2 * sizeof(T))
#define WEFT_X_RETURN(P, Out, n) WEFT_X_RETURN_(P, Out, n)
#define WEFT_X_RETURN_(P, Out, n)                                                          \
    const P##_a_ *const last_ = (const P##_a_ *)(const void *)p##n##_;                     \
    (void)last_;                                                                           \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-braces\"")  \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") _Static_assert( \
            WEFT_X_HAS_NO_MORE(P##_b_), #P ": it must return an option or a result; " #Out \
                                           " has more members than ok, value and error");  \
    _Pragma("GCC diagnostic pop") return __builtin_choose_expr(                            \
        P##_drops_, (void)0,                                                               \
        __builtin_choose_expr(P##_exact_, *p##n##_,                                        \
                              (last_->ok ? (P##_b_){ .ok = true, .value = last_->value }   \
                                         : (P##_b_){ .error = last_->error })));

#endif
