/* Fan-out: one event to two to eight functions, in the order in which they are listed.
 *
 *     WEFT_FN(book_price, MUT(Book), REF(Price));
 *     WEFT_FN(log_price, MUT(Log), IN(Price));
 *     WEFT_FN(count, MUT(Counter));
 *     WEFT_FANOUT(on_price, Price, book_price, log_price, count);
 *
 *     struct on_price prices;
 *     if (on_price_init(&prices, world)) return 1;
 *     on_price_call(&prices.state, world, &price);   // typed: inlines to the three calls
 *     weft_run(&prices.base, world, &price);         // erased, as drivers do
 *
 * Each member gets the event as it takes it: by value, by reference, or not at all. A member is
 * anything with the shape of a function (fn.h): also a fan-out, also an adapter (adapt.h). A
 * fan-out has that shape itself.
 *
 * Conflicts are a matter of each member alone: two members may write the same resource. A member
 * that fails (weft_fail) takes those behind it along.
 *
 * What this does not do: change while the program runs (broadcast.h), give members a context
 * (there is nobody to hand it over: keep it in a resource or a LOCAL), list one function twice.
 */
#ifndef WEFT_FANOUT_H
#define WEFT_FANOUT_H

#include <weft/fit.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares, for `name` and an event of type E:
 *     struct name { weft_handler base; struct name_state state; };   state.slots.f is what f keeps
 *     weft_status name_init(struct name *handler, const weft_world *world);
 *     struct name name_stamp(const struct name *bound);
 *     void name_call(struct name_state *state, weft_world *world, const E *event);
 *     bool name_run(weft_handler *handler, weft_world *world, const void *event);
 *     weft_status name_bind(struct name_state *state, const weft_world *world);
 *     const weft_fn name_fn;
 * name_init fails as the first member that cannot be bound does, with a sentence for each such
 * member that names it. */
#ifdef __cplusplus
#define WEFT_FANOUT(...) static_assert(false, "WEFT_FANOUT is for C files")
#else
#define WEFT_FANOUT(name, ...)                                                                \
    _Static_assert(WEFT_X_COUNT(__VA_ARGS__) >= 2 && WEFT_X_COUNT(__VA_ARGS__) <= 8,          \
                   #name ": a fan-out has two to eight members; nest another, or broadcast"); \
    WEFT_X_FANOUT(name, __VA_ARGS__)
#endif

/* ---- internal from here on ----------------------------------------------------------------- */

#define WEFT_X_FANOUT(name, E, ...)                                              \
    WEFT_X_RELAXED                                                               \
    WEFT_X_MAP(WEFT_X_FANOUT_CHECK, (name, E), __VA_ARGS__)                      \
    enum { name##_contexts = 0, name##_locals = 0, name##_is_handler = 1 };      \
    typedef void name##_result;                                                  \
    WEFT_X_ONE_INPUT(name, "fan-out", E, (none_, void), (),                      \
                     (WEFT_X_MAP(WEFT_X_FANOUT_PART, name, __VA_ARGS__)), NULL,  \
                     WEFT_X_MAP(WEFT_X_FANOUT_MEMBER, name, __VA_ARGS__))        \
    WEFT_X_INLINE void name##_call_with(struct name##_slots *state_, void *ctx_, \
                                        weft_world *world_, const E *event_)     \
    {                                                                            \
        (void)ctx_;                                                              \
        (void)event_; /* if no member takes it */                                \
        WEFT_X_MAP(WEFT_X_FANOUT_CALL, name, __VA_ARGS__)                        \
    }                                                                            \
    WEFT_X_INLINE weft_status name##_bind_slots(struct name##_slots *state_,     \
                                                const weft_world *world_)        \
    {                                                                            \
        weft_status status_ = WEFT_OK;                                           \
        WEFT_X_MAP(WEFT_X_FANOUT_BIND, name, __VA_ARGS__)                        \
        return status_;                                                          \
    }                                                                            \
    WEFT_X_ONE_INPUT_BODIES(name, E, (none_, void))                              \
    WEFT_X_STRICT                                                                \
    _Static_assert(1, #name)

#define WEFT_X_FANOUT_CHECK(all, i, f) WEFT_X_FANOUT_CHECK_(WEFT_X_FIRST all, WEFT_X_REST all, f)
#define WEFT_X_FANOUT_CHECK_(...)      WEFT_X_FANOUT_CHECK__(__VA_ARGS__)
#define WEFT_X_FANOUT_CHECK__(name, E, f)                                                  \
    WEFT_X_CHECK_CONTEXT(name, f);                                                         \
    WEFT_X_FIT_INPUT(name##_member_##f, f, E)                                              \
    _Static_assert(WEFT_X_TAKES_ONE(f, E) || WEFT_X_TAKES_NONE(f),                         \
                   #name ": member " #f " does not take " #E "; write IN(" #E "), REF(" #E \
                         ") or no input in its WEFT_FN");

#define WEFT_X_FANOUT_PART(name, i, f)   { "member", #f, &f##_fn, 1 },
#define WEFT_X_FANOUT_MEMBER(name, i, f) struct f##_slots f;
#define WEFT_X_FANOUT_CALL(name, i, f)   (void)f##_feed(&state_->f, NULL, world_, event_);
#define WEFT_X_FANOUT_BIND(name, i, f)                                 \
    {                                                                  \
        const weft_status bound_ = f##_bind_slots(&state_->f, world_); \
        status_ = status_ ? status_ : bound_;                          \
    }

#endif
