/* The shape that functions, pipelines, fan-outs and adapters have in common, and the parts of it
 * that are the same for all. Internal to fn.h; nothing here is for users.
 */
#ifndef WEFT_FN_SHAPE_H
#define WEFT_FN_SHAPE_H

#include <weft/handler.h>
#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* What is made of functions has the shape of one. Its parts, beside those that WEFT_FN lists:
 *     f_slots        what it keeps between runs, but for the context
 *     f_ctx          the type of its context, or void; f_contexts: how many it has, 0 or 1
 *     f_takes        a function type: a weft_inputs, then pointers to its inputs
 *     f_input        a pointer to its first input, or void
 *     f_feed(slots, ctx, world, event)    a run whose event is untyped, inlined
 *     f_bind_slots(slots, world)
 * A thing made of others embeds their slots, hands its own context through, and feeds them.
 *
 * WEFT_X_SHAPE declares the types from the members of the slots and the context, which is
 * (none_, void), (some_, T) or (some_, T, fini); WEFT_X_SHAPE_TABLE the description, from f_params
 * and the parts.
 * The thing then writes f_call, f_feed and f_bind_slots, and WEFT_X_SHAPE_BODIES the rest. */
#define WEFT_X_SHAPE(f, ctx, ...) \
    WEFT_X_SHAPE_(f, WEFT_X_CTX_HAS ctx, WEFT_X_CTX_T ctx, WEFT_X_CTX_FINI ctx, __VA_ARGS__)
#define WEFT_X_SHAPE_(...)                  WEFT_X_SHAPE__(__VA_ARGS__)
#define WEFT_X_CTX_HAS(has, ...)            has
#define WEFT_X_CTX_T(...)                   WEFT_X_CTX_T_(__VA_ARGS__, ~)
#define WEFT_X_CTX_T_(has, T, ...)          T
#define WEFT_X_CTX_FINI(...)                WEFT_X_CTX_FINI_(__VA_ARGS__, none_, ~)
#define WEFT_X_CTX_FINI_(has, T, fini, ...) fini
#define WEFT_X_SHAPE__(f, has, T, fini, ...)                                             \
    typedef T f##_ctx;                                                                   \
    struct f##_slots {                                                                   \
        __VA_ARGS__                                                                      \
    };                                                                                   \
    struct f##_state {                                                                   \
        struct f##_slots slots;                                                          \
        WEFT_X_SHAPE_MEMBER_##has(T)                                                     \
    };                                                                                   \
    struct f {                                                                           \
        weft_handler base;                                                               \
        struct f##_state state;                                                          \
    };                                                                                   \
    static bool f##_run(weft_handler *handler_, weft_world *world_, const void *event_); \
    static weft_status f##_bind_erased(void *state_, const weft_world *world_);          \
    WEFT_X_CAT(WEFT_X_SHAPE_FINI_, WEFT_X_KNOWN(WEFT_X_NO_FINI_##fini))                  \
    (f, fini) WEFT_X_INLINE f##_ctx *f##_ctx_of(struct f##_state *state_)                \
    {                                                                                    \
        (void)state_;                                                                    \
        return WEFT_X_SHAPE_AT_##has;                                                    \
    }
#define WEFT_X_SHAPE_MEMBER_none_(T)
#define WEFT_X_SHAPE_MEMBER_some_(T) T ctx;
#define WEFT_X_SHAPE_AT_none_        NULL
#define WEFT_X_SHAPE_AT_some_        &state_->ctx
#define WEFT_X_NO_FINI_none_         ~, 1
#define WEFT_X_SHAPE_FINI_1(f, fini)                    \
    enum { f##_has_fini = 0 };                          \
    static inline void f##_fini(weft_handler *handler_) \
    {                                                   \
        (void)handler_;                                 \
    }
#define WEFT_X_SHAPE_FINI_0(f, fini)                                                    \
    enum { f##_has_fini = 1 };                                                          \
    _Static_assert(WEFT_X_IS_FINI(fini, f##_ctx),                                       \
                   #f ": the context's destructor " #fini                               \
                      " does not take a pointer to the context, or returns something"); \
    static void f##_fini(weft_handler *handler_)                                        \
    {                                                                                   \
        fini(&((struct f *)handler_)->state.ctx);                                       \
    }

#define WEFT_X_SHAPE_TABLE(f, shape_, count, input_count_, bundle, parts_, part_count_, result_) \
    static const weft_fn f##_fn = { .name = #f,                                                  \
                                    .shape = shape_,                                             \
                                    .size_bytes = sizeof(struct f),                              \
                                    .align_bytes = _Alignof(struct f),                           \
                                    .state_offset = offsetof(struct f, state),                   \
                                    .params = f##_params,                                        \
                                    .param_count = count,                                        \
                                    .input_count = input_count_,                                 \
                                    .parts = parts_,                                             \
                                    .part_count = part_count_,                                   \
                                    .result = result_,                                           \
                                    .has_bundle = bundle,                                        \
                                    .has_ctx = f##_contexts != 0,                                \
                                    .run = f##_run,                                              \
                                    .bind = f##_is_handler ? f##_bind_erased : NULL,             \
                                    .fini = f##_has_fini ? f##_fini : NULL };

/* Never defined: a call that is left in the program is the message. */
extern void weft_x_not_a_handler(void)
    __attribute__((error("this pipeline ends in a value, which no handler returns: end it in void, "
                         "bool or an option of nothing, or use its bind and call")));
#define WEFT_X_SHAPE_BODIES(f, ctx) WEFT_X_SHAPE_BODIES_(f, WEFT_X_CTX_HAS ctx, WEFT_X_CTX_T ctx)
#define WEFT_X_SHAPE_BODIES_(...)   WEFT_X_SHAPE_BODIES__(__VA_ARGS__)
#define WEFT_X_SHAPE_BODIES__(f, has, T)                                                    \
    __attribute__((unused)) static bool f##_run(weft_handler *handler_, weft_world *world_, \
                                                const void *event_)                         \
    {                                                                                       \
        struct f##_state *state_ = &((struct f *)handler_)->state;                          \
        return WEFT_X_TRUTH(f##_result,                                                     \
                            f##_feed(&state_->slots, f##_ctx_of(state_), world_, event_));  \
    }                                                                                       \
    WEFT_X_INLINE weft_status f##_bind(struct f##_state *state_, const weft_world *world_)  \
    {                                                                                       \
        return f##_bind_slots(&state_->slots, world_);                                      \
    }                                                                                       \
    __attribute__((unused)) static weft_status f##_bind_erased(void *state_,                \
                                                               const weft_world *world_)    \
    {                                                                                       \
        return f##_bind((struct f##_state *)state_, world_);                                \
    }                                                                                       \
    WEFT_X_INLINE WEFT_CHECKED weft_status f##_init(                                        \
        struct f *handler_, const weft_world *world_ WEFT_X_SHAPE_FORMAL_##has(T))          \
    {                                                                                       \
        if (!f##_is_handler)                                                                \
            weft_x_not_a_handler();                                                         \
        const weft_status status_ = f##_bind(&handler_->state, world_);                     \
        WEFT_X_SHAPE_PUT_##has handler_->base = WEFT_X_BASE(f, status_);                    \
        return status_;                                                                     \
    }                                                                                       \
    WEFT_X_INLINE struct f f##_stamp(const struct f *bound_ WEFT_X_SHAPE_FORMAL_##has(T))   \
    {                                                                                       \
        struct f copy_ = *bound_;                                                           \
        struct f *const handler_ = &copy_;                                                  \
        WEFT_X_SHAPE_PUT_##has return *handler_;                                            \
    }
#define WEFT_X_SHAPE_FORMAL_none_(T)
#define WEFT_X_SHAPE_FORMAL_some_(T) , T ctx_
#define WEFT_X_SHAPE_PUT_none_
#define WEFT_X_SHAPE_PUT_some_ handler_->state.ctx = ctx_;

/* The same for a thing with one input of type E: it writes f_call_with and f_bind_slots. `rows` are
 * those of its parameters that its parts do not have, `parts` its parts; in parentheses. */
#define WEFT_X_ONE_INPUT(f, shape_, E, ctx, rows, parts_, result_, ...)                         \
    _Static_assert(                                                                             \
        !__builtin_types_compatible_p(__typeof__(E) *, const __typeof__(E) *),                  \
        #f ": its input is never changed; name the type without const, not " WEFT_X_STR(E));    \
    enum { f##_inputs = 1 };                                                                    \
    typedef void f##_takes(weft_inputs, const E *);                                             \
    typedef const E *f##_input;                                                                 \
    WEFT_X_SHAPE(f, ctx, __VA_ARGS__)                                                           \
    static const weft_param f##_params[] = { WEFT_X_UNWRAP rows WEFT_X_CTX_ROW(                 \
        f, WEFT_X_CTX_HAS ctx, WEFT_X_CTX_T ctx){ WEFT_PARAM_REF, WEFT_X_STR(E), NULL, NULL, 0, \
                                                  sizeof(E) } };                                \
    static const weft_part f##_parts[] = { WEFT_X_UNWRAP parts_{ NULL, NULL, NULL, 0 } };       \
    WEFT_X_SHAPE_TABLE(f, shape_, sizeof f##_params / sizeof *f##_params, 1, false, f##_parts,  \
                       sizeof f##_parts / sizeof *f##_parts - 1, result_)
#define WEFT_X_CTX_ROW(f, has, T)  WEFT_X_CTX_ROW_(f, has, T)
#define WEFT_X_CTX_ROW_(f, has, T) WEFT_X_CTX_ROW_##has(f, T)
#define WEFT_X_CTX_ROW_none_(f, T)
#define WEFT_X_CTX_ROW_some_(f, T) \
    { WEFT_PARAM_CTX, WEFT_X_STR(T), NULL, NULL, offsetof(struct f##_state, ctx), sizeof(T) },
#define WEFT_X_ONE_INPUT_BODIES(f, E, ctx)                                                         \
    WEFT_X_INLINE f##_result f##_call(struct f##_state *state_, weft_world *world_,                \
                                      const E *event_)                                             \
    {                                                                                              \
        return f##_call_with(&state_->slots, f##_ctx_of(state_), world_, event_);                  \
    }                                                                                              \
    WEFT_X_INLINE f##_result f##_feed(struct f##_slots *slots_, f##_ctx *ctx_, weft_world *world_, \
                                      const void *event_)                                          \
    {                                                                                              \
        return f##_call_with(slots_, ctx_, world_, (const E *)event_);                             \
    }                                                                                              \
    WEFT_X_SHAPE_BODIES(f, ctx)

#endif
