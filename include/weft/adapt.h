/* Adapters: a function for one type of event in front of a source of another.
 *
 * A decoder turns the wire's event into an option or a result (option.h). If it is ok, the inner
 * function gets its value; if not, the event is skipped.
 *
 *     WEFT_OPTION(Maybe_order, Order);
 *     static Maybe_order decode(Stats *stats, const Frame *frame) { ... }
 *     WEFT_FN(decode, MUT(Stats), REF(Frame));
 *     WEFT_FN(on_order, MUT(Book), IN(Order));
 *     WEFT_ADAPT(on_frame, Frame, decode, on_order);
 *
 *     struct on_frame frames;
 *     if (on_frame_init(&frames, world)) return 1;
 *     weft_run(&frames.base, world, &frame);      // false if skipped, else what on_order says
 *
 * Both functions take whatever else they need: resources, locals. Both may be anything with the
 * shape of a function (fn.h); an adapter has that shape itself.
 *
 * Functions that take an event by value and by reference run from the same sources: between those
 * two no adapter is needed, here or anywhere.
 *
 * What this does not do: tell anyone that an event was skipped (the decoder may), give either
 * function a context (keep it in a resource or a LOCAL).
 */
#ifndef WEFT_ADAPT_H
#define WEFT_ADAPT_H

#include <weft/fit.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares, for `name` and an event of type Wire:
 *     struct name { weft_handler base; struct name_state state; };   state.slots.f is what f keeps
 *     weft_status name_init(struct name *handler, const weft_world *world);
 *     struct name name_stamp(const struct name *bound);
 *     bool name_call(struct name_state *state, weft_world *world, const Wire *event);
 *     bool name_run(weft_handler *handler, weft_world *world, const void *event);
 *     weft_status name_bind(struct name_state *state, const weft_world *world);
 *     const weft_fn name_fn;
 * The calls return false if the event was skipped, else what inner returns if that is a bool, else
 * true. name_init fails as decoder or inner function do, with their sentences. */
#ifdef __cplusplus
#define WEFT_ADAPT(...) static_assert(false, "WEFT_ADAPT is for C files")
#else
#define WEFT_ADAPT(name, Wire, decode, inner)                                                      \
    WEFT_X_RELAXED                                                                                 \
    WEFT_X_CHECK_CONTEXT(name, decode);                                                            \
    WEFT_X_CHECK_CONTEXT(name, inner);                                                             \
    WEFT_X_FIT(WEFT_X_TAKES_ONE(decode, Wire), name##_decoder_##decode##_is_given, const Wire *,   \
               name##_decoder_##decode##_takes, WEFT_X_TAKEN(decode))                              \
    _Static_assert(WEFT_X_TAKES_ONE(decode, Wire),                                                 \
                   #name ": decoder " #decode " does not take " #Wire "; write IN(" #Wire          \
                         ") or REF(" #Wire ") in its WEFT_FN");                                    \
    _Static_assert(!__builtin_types_compatible_p(decode##_result, void),                           \
                   #name ": decoder " #decode                                                      \
                         " returns nothing; return a WEFT_OPTION or a WEFT_RESULT");               \
    WEFT_X_FIT_OPTION(name##_decoder_##decode##_returns, decode##_result,                          \
                      name##_decoder_##decode##_must_return, name##_decoder_##decode##_gives)      \
    _Static_assert(WEFT_X_IS_RECORD(decode##_result),                                              \
                   #name ": decoder " #decode " returns no option; declare one with "              \
                         "WEFT_OPTION or WEFT_RESULT and return that");                            \
    typedef __typeof__(((decode##_result *)0)->value) name##_value;                                \
    WEFT_X_FIT_INPUT(name##_inner_##inner, inner, name##_value)                                    \
    _Static_assert(WEFT_X_TAKES_ONE(inner, name##_value) || WEFT_X_TAKES_NONE(inner),              \
                   #name ": " #inner " does not take the value that " #decode                      \
                         " returns; give both the same type");                                     \
    enum { name##_contexts = 0, name##_locals = 0, name##_is_handler = 1 };                        \
    typedef bool name##_result;                                                                    \
    WEFT_X_ONE_INPUT(                                                                              \
        name, "adapter", Wire, (none_, void), (),                                                  \
        ({ "decoder", #decode, &decode##_fn, 1 }, { "inner", #inner, &inner##_fn, 2 }, ), NULL,    \
        struct decode##_slots decode;                                                              \
        struct inner##_slots inner;)                                                               \
    WEFT_X_INLINE bool name##_call_with(struct name##_slots *state_, void *ctx_,                   \
                                        weft_world *world_, const Wire *event_)                    \
    {                                                                                              \
        (void)ctx_;                                                                                \
        const decode##_result decoded_ = decode##_feed(&state_->decode, NULL, world_, event_);     \
        return decoded_.ok && WEFT_X_TRUTH(inner##_result, inner##_feed(&state_->inner, NULL,      \
                                                                        world_, &decoded_.value)); \
    }                                                                                              \
    WEFT_X_INLINE weft_status name##_bind_slots(struct name##_slots *state_,                       \
                                                const weft_world *world_)                          \
    {                                                                                              \
        const weft_status status_ = decode##_bind_slots(&state_->decode, world_);                  \
        const weft_status bound_ = inner##_bind_slots(&state_->inner, world_);                     \
        return status_ ? status_ : bound_;                                                         \
    }                                                                                              \
    WEFT_X_ONE_INPUT_BODIES(name, Wire, (none_, void))                                             \
    WEFT_X_STRICT                                                                                  \
    _Static_assert(1, #name)
#endif

#endif
