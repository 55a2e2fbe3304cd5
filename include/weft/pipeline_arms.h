/* The steps of pipelines that make several values of one or one of several, FORK, MERGE, JOIN and
 * SPLAT: for each kind its types and checks, WEFT_X_T_..., and what it does, WEFT_X_D_.... Internal
 * to pipeline.h; nothing here is for users.
 *
 * What a FORK gives is a tuple of what its arms gave, so MERGE and SPLAT are one.
 */
#ifndef WEFT_PIPELINE_ARMS_H
#define WEFT_PIPELINE_ARMS_H

#include <weft/pipeline_values.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

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

#endif
