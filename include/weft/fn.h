/* Functions: a plain C function and one line that says what it needs.
 *
 *     static void on_tick(Counter *counter, const Config *config, uint32_t qty)
 *     {
 *         if (qty < config->limit)
 *             counter->n += qty;
 *     }
 *     WEFT_FN(on_tick, MUT(Counter), RES(Config), IN(uint32_t));
 *
 *     struct on_tick tick;
 *     if (on_tick_init(&tick, world)) return 1;     // resources found once, by address
 *     on_tick_call(&tick.state, world, &qty);       // typed: inlines to on_tick and its loads
 *     weft_run(&tick.base, world, &qty);            // erased: what drivers do
 *
 * The line lists the function's parameters in order, up to 12:
 *
 *     RES(T)  MUT(T)          const T * / T *   a resource; binding fails if there is none
 *     OPT(T)  OPT_MUT(T)      the same          NULL if there is none when it is bound
 *     LOCAL(T)                T *               private to this instance, zero at binding, kept
 *     LOCAL(T, init)                            the same, starting at `init` or { init, ... }
 *     CTX(T)                  T *               context given at creation; one per function
 *     CTX(T, fini)                              the same; fini(T *) runs once at its end
 *     BUNDLE(B)               B *               several of these in a struct: WEFT_BUNDLE
 *     SEQ  SEQ_MUT            int64_t / weft_seq *          number of the event / its counter
 *     SHUTDOWN                weft_shutdown *               to stop the loop
 *     REGISTRY                const weft_world *            to bind more functions
 *     WORLD                   weft_world *                  everything: a raw handler
 *     IN(T)  REF(T)           T / const T *     the event, by value or by reference; last
 *
 * A handler that takes the event by value and one that takes it by reference run from the same
 * source: no adapter stands between them. A function without IN or REF ignores the event. One with
 * several is for pipelines; run erased, it takes an array of pointers to its inputs.
 *
 * Mistakes are compile errors where C can see them: a wrong type, const or order, an unknown
 * keyword, an input that is not last, one resource taken twice, a context that is not given. (A
 * typed call with another type of event is what C makes of it: -Wincompatible-pointer-types.)
 * What only the world knows is found at binding: a missing resource, a bundle that reaches a
 * resource which another parameter has. Two parameters of one resource are refused even if both
 * read. In builds without NDEBUG a function that runs on another world than its own fails.
 *
 * What this does not do: variadic functions, parameters whose type is not one word (typedef it),
 * C++: there WEFT_FN and its like say so; handlers that C files make can be run and kept.
 */
#ifndef WEFT_FN_H
#define WEFT_FN_H

#include <string.h>

#include <weft/fn_bundle.h>
#include <weft/fn_shape.h>
#include <weft/handler.h>
#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* errors in what macros expand to point at the user's line only */
#endif

/* The state has room for what the function's parameters keep between runs; `f` below stands for
 * the function's name.
 *     struct f { weft_handler base; struct f_state state; };
 *         state.ctx is the context, state.slots.local_T the local of type T
 *     weft_status f_init(struct f *handler, const weft_world *world [, T ctx]);
 *     struct f f_stamp(const struct f *bound [, T ctx]);          a copy; no lookup, no allocation
 *     R f_call(struct f_state *state, weft_world *world, const IN_T *in...);      typed, inlined
 *     bool f_run(weft_handler *handler, weft_world *world, const void *event);    erased
 *     weft_status f_bind(struct f_state *state, const weft_world *world);         without context
 *     const weft_fn f_fn;                                         the description
 * f_init fails with WEFT_EMISSING or WEFT_ECONFLICT and a sentence; the handler is then unusable,
 * its weft_handler_fini does nothing, and what was given as the context is still the caller's.
 * Binding is [before build] [loop] [in handler], calling and running [loop] [in handler].
 */
#ifdef __cplusplus
#define WEFT_FN(...) static_assert(false, "WEFT_FN is for C files; run its handler from C++")
#else
#define WEFT_FN(...)                              \
    WEFT_X_MAP(WEFT_X_CHECK_KEYWORD, __VA_ARGS__) \
    WEFT_X_FN_(WEFT_X_FIRST(__VA_ARGS__), __VA_ARGS__)
#endif

/* A struct of parameters that many functions take, given to them as BUNDLE(B), a `B *`:
 *
 *     WEFT_BUNDLE(Market, RES(Prices, prices), MUT(Risk, risk), LOCAL(Stats, stats));
 *
 * declares
 *     typedef struct Market { const Prices *prices; Risk *risk; Stats stats; } Market;
 * Up to 16 members: RES, MUT, OPT, OPT_MUT, LOCAL (each type and name) and BUNDLE, nested by value.
 * Its resources take part in the conflict check of every function that takes it. */
#ifdef __cplusplus
#define WEFT_BUNDLE(...) static_assert(false, "WEFT_BUNDLE is for C files")
#else
#define WEFT_BUNDLE(...) WEFT_X_BUNDLE_(WEFT_X_FIRST(__VA_ARGS__), __VA_ARGS__)
#endif

/* ---- internal from here on ----------------------------------------------------------------- */

/* Names in the bodies below end in an underscore, so that they neither shadow the user's variables
 * nor hide the user's types. */
#define WEFT_X_INLINE static inline __attribute__((always_inline, unused))

/* An unknown keyword is told which there are. */
#define WEFT_X_CHECK_KEYWORD(f, i, p)                                                        \
    _Static_assert(WEFT_X_KNOWN(WEFT_X_KNOWN_##p),                                           \
                   #f ": " #p " is no parameter; write RES, MUT, OPT, OPT_MUT, LOCAL, CTX, " \
                      "BUNDLE, SEQ, SEQ_MUT, SHUTDOWN, REGISTRY, WORLD, IN or REF");
#define WEFT_X_KNOWN_RES(...)     ~, 1
#define WEFT_X_KNOWN_MUT(...)     ~, 1
#define WEFT_X_KNOWN_OPT(...)     ~, 1
#define WEFT_X_KNOWN_OPT_MUT(...) ~, 1
#define WEFT_X_KNOWN_LOCAL(...)   ~, 1
#define WEFT_X_KNOWN_CTX(...)     ~, 1
#define WEFT_X_KNOWN_BUNDLE(...)  ~, 1
#define WEFT_X_KNOWN_SEQ          ~, 1
#define WEFT_X_KNOWN_SEQ_MUT      ~, 1
#define WEFT_X_KNOWN_SHUTDOWN     ~, 1
#define WEFT_X_KNOWN_REGISTRY     ~, 1
#define WEFT_X_KNOWN_WORLD        ~, 1
#define WEFT_X_KNOWN_IN(...)      ~, 1
#define WEFT_X_KNOWN_REF(...)     ~, 1

/* Each keyword as: class, kind, and two columns that its class understands. What differs between
 * keywords stands here; what differs between uses stands in one macro per class and aspect. */
#define WEFT_X_K_RES(T)                                slot_, RES, T, const T *
#define WEFT_X_K_MUT(T)                                slot_, MUT, T, T *
#define WEFT_X_K_OPT(T)                                slot_, OPT, T, const T *
#define WEFT_X_K_OPT_MUT(T)                            slot_, OPT_MUT, T, T *
#define WEFT_X_K_LOCAL(...)                            LOCAL, LOCAL, WEFT_X_FIRST(__VA_ARGS__), (__VA_ARGS__)
#define WEFT_X_K_CTX(...)                              CTX, CTX, WEFT_X_FIRST(__VA_ARGS__), (__VA_ARGS__)
#define WEFT_X_K_BUNDLE(B)                             BUNDLE, BUNDLE, B, ~
#define WEFT_X_K_SEQ                                   WORLD, SEQ, int64_t, world_->sequence.value
#define WEFT_X_K_SEQ_MUT                               WORLD, SEQ_MUT, weft_seq *, &world_->sequence
#define WEFT_X_K_SHUTDOWN                              WORLD, SHUTDOWN, weft_shutdown *, world_->shutdown
#define WEFT_X_K_REGISTRY                              WORLD, REGISTRY, const weft_world *, world_
#define WEFT_X_K_WORLD                                 WORLD, WORLD, weft_world *, world_
#define WEFT_X_K_IN(T)                                 input_, IN, T, T
#define WEFT_X_K_REF(T)                                input_, REF, T, const T *
#define WEFT_X_P(aspect, f, i, ...)                    WEFT_X_P_(WEFT_X_##aspect, f, i, __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_P_(macro, f, i, class, kind, a, b, ...) macro##_##class(f, i, kind, a, b)

/* FORMAL: type of the C parameter. */
#define WEFT_X_FORMAL(f, i, p)                  WEFT_X_P(FORMAL, f, i, WEFT_X_K_##p)
#define WEFT_X_FORMAL_slot_(f, i, kind, T, P)   P
#define WEFT_X_FORMAL_LOCAL(f, i, kind, T, all) T *
#define WEFT_X_FORMAL_CTX(f, i, kind, T, all)   T *
#define WEFT_X_FORMAL_BUNDLE(f, i, kind, B, _)  B *
#define WEFT_X_FORMAL_WORLD(f, i, kind, P, e)   P
#define WEFT_X_FORMAL_input_(f, i, kind, T, P)  P

/* NULL: a value of that type, for typeof only. */
#define WEFT_X_NULL(f, i, p) *(__typeof__(WEFT_X_FORMAL(f, i, p)) *)0

/* MEMBER: its slot in the state. */
#define WEFT_X_MEMBER(f, i, p)                  WEFT_X_P(MEMBER, f, i, WEFT_X_K_##p)
#define WEFT_X_MEMBER_slot_(f, i, kind, T, P)   P WEFT_X_CAT(res_, T);
#define WEFT_X_MEMBER_LOCAL(f, i, kind, T, all) T WEFT_X_CAT(local_, T);
#define WEFT_X_MEMBER_CTX                       WEFT_X_NOTHING
#define WEFT_X_MEMBER_BUNDLE(f, i, kind, B, _)  B WEFT_X_CAT(bundle_, B);
#define WEFT_X_MEMBER_WORLD(f, i, kind, P, e)
#define WEFT_X_MEMBER_input_(f, i, kind, T, P)

/* ROW: its line in the description. */
#define WEFT_X_ROW(f, i, p) WEFT_X_P(ROW, f, i, WEFT_X_K_##p)
#define WEFT_X_ROW_slot_(f, i, kind, T, P)             \
    { WEFT_PARAM_##kind,                               \
      WEFT_X_STR(T),                                   \
      WEFT_TYPE(T),                                    \
      NULL,                                            \
      offsetof(struct f##_slots, WEFT_X_CAT(res_, T)), \
      sizeof(T) },
#define WEFT_X_ROW_LOCAL(f, i, kind, T, all)             \
    { WEFT_PARAM_##kind,                                 \
      WEFT_X_STR(T),                                     \
      NULL,                                              \
      NULL,                                              \
      offsetof(struct f##_slots, WEFT_X_CAT(local_, T)), \
      sizeof(T) },
#define WEFT_X_ROW_CTX(f, i, kind, T, all) \
    { WEFT_PARAM_##kind, WEFT_X_STR(T), NULL, NULL, offsetof(struct f##_state, ctx), sizeof(T) },
#define WEFT_X_ROW_BUNDLE(f, i, kind, B, _)               \
    { WEFT_PARAM_##kind,                                  \
      WEFT_X_STR(B),                                      \
      NULL,                                               \
      &WEFT_X_CAT(B, _bundle),                            \
      offsetof(struct f##_slots, WEFT_X_CAT(bundle_, B)), \
      sizeof(B) },
#define WEFT_X_ROW_WORLD(f, i, kind, P, e) { WEFT_PARAM_##kind, #kind, NULL, NULL, 0, 0 },
#define WEFT_X_ROW_input_(f, i, kind, T, P) \
    { WEFT_PARAM_##kind, WEFT_X_STR(T), NULL, NULL, 0, sizeof(T) },

/* ARG: what the call passes. */
#define WEFT_X_ARG(f, i, p)                  WEFT_X_P(ARG, f, i, WEFT_X_K_##p)
#define WEFT_X_ARG_slot_(f, i, kind, T, P)   state_->WEFT_X_CAT(res_, T)
#define WEFT_X_ARG_LOCAL(f, i, kind, T, all) &state_->WEFT_X_CAT(local_, T)
#define WEFT_X_ARG_CTX(f, i, kind, T, all)   ctx_
#define WEFT_X_ARG_BUNDLE(f, i, kind, B, _)  &state_->WEFT_X_CAT(bundle_, B)
#define WEFT_X_ARG_WORLD(f, i, kind, P, e)   e
#define WEFT_X_ARG_input_(f, i, kind, T, P)  WEFT_X_ARG_INPUT_##kind(i)
#define WEFT_X_ARG_INPUT_IN(i)               *in_##i
#define WEFT_X_ARG_INPUT_REF(i)              in_##i

/* BIND: filling the slot; a required resource that is missing clears `bound`. */
#define WEFT_X_BIND(f, i, p) WEFT_X_P(BIND, f, i, WEFT_X_K_##p)
#define WEFT_X_BIND_slot_(f, i, kind, T, P)                                 \
    state_->WEFT_X_CAT(res_, T) = (P)weft_world_find(world_, WEFT_TYPE(T)); \
    bound_ &= WEFT_X_BOUND_##kind(state_->WEFT_X_CAT(res_, T));
#define WEFT_X_BOUND_RES(slot)     (slot) != NULL
#define WEFT_X_BOUND_MUT(slot)     (slot) != NULL
#define WEFT_X_BOUND_OPT(slot)     true
#define WEFT_X_BOUND_OPT_MUT(slot) true
#define WEFT_X_BIND_LOCAL(f, i, kind, T, all) \
    WEFT_X_CAT(WEFT_X_BIND_LOCAL_, WEFT_X_HAS_REST all)(WEFT_X_CAT(local_, T), T, all)
#define WEFT_X_BIND_LOCAL_0(member, T, all) memset(&state_->member, 0, sizeof state_->member);
#define WEFT_X_BIND_LOCAL_1(member, T, all)            \
    {                                                  \
        const T init_ = WEFT_X_REST all;               \
        memcpy(&state_->member, &init_, sizeof init_); \
    }
#define WEFT_X_BIND_CTX(f, i, kind, T, all)
#define WEFT_X_BIND_BUNDLE(f, i, kind, B, _) \
    weft_x_bind_bundle(&WEFT_X_CAT(B, _bundle), &state_->WEFT_X_CAT(bundle_, B), world_);
#define WEFT_X_BIND_WORLD(f, i, kind, P, e)
#define WEFT_X_BIND_input_(f, i, kind, T, P)

/* Inputs: as formals of f_call, out of the erased event, and as arguments again. */
#define WEFT_X_TAKES(f, i, p)                 WEFT_X_P(TAKES, f, i, WEFT_X_K_##p)
#define WEFT_X_TAKES_input_(f, i, kind, T, P) , const T *in_##i
#define WEFT_X_TAKES_slot_                    WEFT_X_NOTHING
#define WEFT_X_TAKES_LOCAL                    WEFT_X_NOTHING
#define WEFT_X_TAKES_CTX                      WEFT_X_NOTHING
#define WEFT_X_TAKES_BUNDLE                   WEFT_X_NOTHING
#define WEFT_X_TAKES_WORLD                    WEFT_X_NOTHING
/* Stands before the inputs in function types that list them, so that there is one parameter. */
typedef enum weft_inputs { WEFT_X_INPUTS } weft_inputs;
/* The type of what f_call takes for an input, behind a comma. */
#define WEFT_X_INPUT(f, i, p)                 WEFT_X_P(INPUT, f, i, WEFT_X_K_##p)
#define WEFT_X_INPUT_input_(f, i, kind, T, P) , const T *
#define WEFT_X_INPUT_slot_                    WEFT_X_NOTHING
#define WEFT_X_INPUT_LOCAL                    WEFT_X_NOTHING
#define WEFT_X_INPUT_CTX                      WEFT_X_NOTHING
#define WEFT_X_INPUT_BUNDLE                   WEFT_X_NOTHING
#define WEFT_X_INPUT_WORLD                    WEFT_X_NOTHING
#define WEFT_X_UNPACK(f, i, p)                WEFT_X_P(UNPACK, f, i, WEFT_X_K_##p)
#define WEFT_X_UNPACK_input_(f, i, kind, T, P) \
    const T *const in_##i =                    \
        (const T *)(f##_inputs == 1 ? event_ : ((const void *const *)event_)[next_++]);
#define WEFT_X_UNPACK_slot_                  WEFT_X_NOTHING
#define WEFT_X_UNPACK_LOCAL                  WEFT_X_NOTHING
#define WEFT_X_UNPACK_CTX                    WEFT_X_NOTHING
#define WEFT_X_UNPACK_BUNDLE                 WEFT_X_NOTHING
#define WEFT_X_UNPACK_WORLD                  WEFT_X_NOTHING
#define WEFT_X_GIVE(f, i, p)                 WEFT_X_P(GIVE, f, i, WEFT_X_K_##p)
#define WEFT_X_GIVE_input_(f, i, kind, T, P) , in_##i
#define WEFT_X_GIVE_slot_                    WEFT_X_NOTHING
#define WEFT_X_GIVE_LOCAL                    WEFT_X_NOTHING
#define WEFT_X_GIVE_CTX                      WEFT_X_NOTHING
#define WEFT_X_GIVE_BUNDLE                   WEFT_X_NOTHING
#define WEFT_X_GIVE_WORLD                    WEFT_X_NOTHING
/* The context, behind a comma: (some_, T) or (some_, T, fini). */
#define WEFT_X_CTX(f, i, p)                WEFT_X_P(CTX, f, i, WEFT_X_K_##p)
#define WEFT_X_CTX_CTX(f, i, kind, T, all) , (some_, WEFT_X_UNWRAP all)
#define WEFT_X_UNWRAP(...)                 __VA_ARGS__
#define WEFT_X_CTX_slot_                   WEFT_X_NOTHING
#define WEFT_X_CTX_LOCAL                   WEFT_X_NOTHING
#define WEFT_X_CTX_BUNDLE                  WEFT_X_NOTHING
#define WEFT_X_CTX_WORLD                   WEFT_X_NOTHING
#define WEFT_X_CTX_input_                  WEFT_X_NOTHING
/* The last of one or two arguments: what there is if nothing stands behind the comma, or that. */
#define WEFT_X_EITHER(...)        WEFT_X_EITHER_(__VA_ARGS__, __VA_ARGS__, ~)
#define WEFT_X_EITHER_(a, b, ...) b

/* What f_init leaves in the handler: nothing to run or to destroy if binding failed. */
#define WEFT_X_BASE(f, status_) \
    ((status_) ? (weft_handler){ NULL, NULL } : (weft_handler){ f##_run, &f##_fn })

/* ONCE: a name that the compiler complains about when a slot is declared twice. */
#define WEFT_X_ONCE(f, i, p)                  WEFT_X_P(ONCE, f, i, WEFT_X_K_##p)
#define WEFT_X_ONCE_slot_(f, i, kind, T, P)   WEFT_X_CAT(f##_may_take_only_once_, T),
#define WEFT_X_ONCE_LOCAL(f, i, kind, T, all) WEFT_X_CAT(f##_may_have_only_one_local_, T),
#define WEFT_X_ONCE_BUNDLE(f, i, kind, B, _)  WEFT_X_CAT(f##_may_take_only_once_, B),
#define WEFT_X_ONCE_CTX                       WEFT_X_NOTHING
#define WEFT_X_ONCE_WORLD                     WEFT_X_NOTHING
#define WEFT_X_ONCE_input_                    WEFT_X_NOTHING

/* NAMED: `const T *` is a pointer to T only if T is no pointer written out. */
#define WEFT_X_NAMED(f, i, p)                 WEFT_X_P(NAMED, f, i, WEFT_X_K_##p)
#define WEFT_X_NAMED_input_(f, i, kind, T, P) WEFT_X_CHECK_IN(f, T)
#define WEFT_X_NAMED_slot_                    WEFT_X_NOTHING
#define WEFT_X_NAMED_LOCAL                    WEFT_X_NOTHING
#define WEFT_X_NAMED_CTX                      WEFT_X_NOTHING
#define WEFT_X_NAMED_BUNDLE                   WEFT_X_NOTHING
#define WEFT_X_NAMED_WORLD                    WEFT_X_NOTHING
#define WEFT_X_CHECK_IN(f, T)                                           \
    _Static_assert(                                                     \
        __builtin_types_compatible_p(const T *, const __typeof__(T) *), \
        #f ": the input " WEFT_X_STR(T) " is a pointer; give it a name of one word by typedef");

/* Census: how many parameters of each class, and where the inputs are. */
#define WEFT_X_CENSUS(f, i, p)                 +WEFT_X_P(CENSUS, f, i, WEFT_X_K_##p)
#define WEFT_X_INPUT_BITS(f, i, p)             | ((WEFT_X_P(CENSUS, f, i, WEFT_X_K_##p) & 1) << i)
#define WEFT_X_CENSUS_input_(f, i, kind, a, b) 1
#define WEFT_X_CENSUS_CTX(f, i, kind, a, b)    0x100
#define WEFT_X_CENSUS_BUNDLE(f, i, kind, a, b) 0x10000
#define WEFT_X_CENSUS_slot_(f, i, kind, a, b)  0
#define WEFT_X_CENSUS_LOCAL(f, i, kind, a, b)  0x1000000
#define WEFT_X_CENSUS_WORLD(f, i, kind, a, b)  0

/* What a handler reports: a bool is itself, anything else is true. */
#define WEFT_X_TRUTH(T, e) \
    __builtin_choose_expr(__builtin_types_compatible_p(T, _Bool), (e), ((void)(e), true))

#ifdef NDEBUG
#define WEFT_X_CHECK_WORLD(f) ((void)0)
#else
#define WEFT_X_CHECK_WORLD(f) weft_x_check_world(&f##_fn, state_, world_)
#endif

#define WEFT_X_FN_(f, ...) WEFT_X_FN(f, __VA_ARGS__)
/* GNU C that -Wpedantic would name at the user's line: f_call returns what f returns, nothing
 * included, and the state of a function that keeps nothing is an empty struct. */
#define WEFT_X_RELAXED \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"")
#define WEFT_X_STRICT _Pragma("GCC diagnostic pop")

#define WEFT_X_FN(f, ...)                                                                          \
    WEFT_X_RELAXED                                                                                 \
    WEFT_X_MAP(WEFT_X_NAMED, __VA_ARGS__)                                                          \
    enum {                                                                                         \
        f##_census = 0 WEFT_X_MAP(WEFT_X_CENSUS, __VA_ARGS__),                                     \
        f##_inputs = f##_census & 0xff,                                                            \
        f##_contexts = f##_census >> 8 & 0xff,                                                     \
        f##_locals = f##_census >> 24,                                                             \
        f##_is_handler = 1,                                                                        \
        f##_input_bits = 0 WEFT_X_MAP(WEFT_X_INPUT_BITS, __VA_ARGS__)                              \
    };                                                                                             \
    _Static_assert(WEFT_X_COUNT(__VA_ARGS__) <= 12, #f ": a function has up to 12 parameters; "    \
                                                       "bundle some (WEFT_BUNDLE)");               \
    _Static_assert(f##_contexts <= 1, #f ": a function has one CTX at most");                      \
    _Static_assert(f##_inputs == 0 || f##_input_bits + (f##_input_bits & -f##_input_bits) ==       \
                                          1 << WEFT_X_COUNT(__VA_ARGS__),                          \
                   #f ": IN and REF come last in the list");                                       \
    _Static_assert(sizeof(&f) > 0, #f ": there is such a function");                               \
    enum { WEFT_X_MAP(WEFT_X_ONCE, __VA_ARGS__) f##_parameters = WEFT_X_COUNT(__VA_ARGS__) };      \
    typedef __typeof__(f(WEFT_X_LIST(WEFT_X_NULL, __VA_ARGS__))) f##_result;                       \
    _Static_assert(                                                                                \
        __builtin_types_compatible_p(__typeof__(&f),                                               \
                                     f##_result (*)(WEFT_X_FORMALS(WEFT_X_FORMAL, __VA_ARGS__))),  \
        #f                                                                                         \
        ": its parameters are not those of the list, in that order; RES and OPT give a const T "   \
        "*, MUT and LOCAL a T *, IN a T, REF a const T *");                                        \
    f##_result f(WEFT_X_FORMALS(WEFT_X_FORMAL, __VA_ARGS__));                                      \
    typedef void f##_takes(weft_inputs WEFT_X_MAP(WEFT_X_TAKES, __VA_ARGS__));                     \
    typedef WEFT_X_EITHER(void WEFT_X_MAP(WEFT_X_INPUT, __VA_ARGS__)) f##_input;                   \
    WEFT_X_SHAPE(f, WEFT_X_EITHER((none_, void)WEFT_X_MAP(WEFT_X_CTX, __VA_ARGS__)),               \
                 WEFT_X_MAP(WEFT_X_MEMBER, __VA_ARGS__))                                           \
    static const weft_param f##_params[] = { WEFT_X_MAP(WEFT_X_ROW, __VA_ARGS__){                  \
        WEFT_PARAM_WORLD, NULL, NULL, NULL, 0, 0 } };                                              \
    WEFT_X_SHAPE_TABLE(f, "function", WEFT_X_COUNT(__VA_ARGS__), f##_inputs,                       \
                       (f##_census >> 16 & 0xff) != 0, NULL, 0, NULL)                              \
    WEFT_X_INLINE f##_result f##_call_with(                                                        \
        struct f##_slots *state_, f##_ctx *ctx_,                                                   \
        weft_world *world_ WEFT_X_MAP(WEFT_X_TAKES, __VA_ARGS__))                                  \
    {                                                                                              \
        (void)state_;                                                                              \
        (void)ctx_;                                                                                \
        (void)world_;                                                                              \
        WEFT_X_CHECK_WORLD(f);                                                                     \
        return f(WEFT_X_LIST(WEFT_X_ARG, __VA_ARGS__));                                            \
    }                                                                                              \
    WEFT_X_INLINE f##_result f##_call(struct f##_state *state_,                                    \
                                      weft_world *world_ WEFT_X_MAP(WEFT_X_TAKES, __VA_ARGS__))    \
    {                                                                                              \
        return f##_call_with(&state_->slots, f##_ctx_of(state_),                                   \
                             world_ WEFT_X_MAP(WEFT_X_GIVE, __VA_ARGS__));                         \
    }                                                                                              \
    WEFT_X_INLINE f##_result f##_feed(struct f##_slots *state_, f##_ctx *ctx_, weft_world *world_, \
                                      const void *event_)                                          \
    {                                                                                              \
        size_t next_ = 0;                                                                          \
        (void)event_;                                                                              \
        (void)next_;                                                                               \
        WEFT_X_MAP(WEFT_X_UNPACK, __VA_ARGS__)                                                     \
        return f##_call_with(state_, ctx_, world_ WEFT_X_MAP(WEFT_X_GIVE, __VA_ARGS__));           \
    }                                                                                              \
    WEFT_X_INLINE weft_status f##_bind_slots(struct f##_slots *state_, const weft_world *world_)   \
    {                                                                                              \
        bool bound_ = true;                                                                        \
        (void)state_;                                                                              \
        (void)world_;                                                                              \
        WEFT_X_MAP(WEFT_X_BIND, __VA_ARGS__)                                                       \
        return bound_ && !f##_fn.has_bundle ? WEFT_OK : weft_x_bind_failed(&f##_fn, world_);       \
    }                                                                                              \
    WEFT_X_SHAPE_BODIES(f, WEFT_X_EITHER((none_, void)WEFT_X_MAP(WEFT_X_CTX, __VA_ARGS__)))        \
    WEFT_X_STRICT                                                                                  \
    _Static_assert(1, #f)

#endif
