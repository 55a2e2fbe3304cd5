/* Preprocessor tables: how one macro line is turned into declarations. Internal; nothing here is
 * for users.
 *
 * Every table takes a name and up to 17 items and applies a macro to each item. The tables are
 * flat: no recursion, no rescans, so the compiler's error lines stay readable.
 *
 *     WEFT_X_MAP(m, name, a, b)     m(name, 0, a) m(name, 1, b)
 *     WEFT_X_LIST(m, name, a, b)    m(name, 0, a), m(name, 1, b)
 */
#ifndef WEFT_PP_H
#define WEFT_PP_H

#define WEFT_X_CAT(a, b)  WEFT_X_CAT_(a, b)
#define WEFT_X_CAT_(a, b) a##b
#define WEFT_X_STR(...)   WEFT_X_STR_(__VA_ARGS__)
#define WEFT_X_STR_(...)  #__VA_ARGS__

/* The first of one or more arguments. */
#define WEFT_X_FIRST(...)         WEFT_X_FIRST_(__VA_ARGS__, ~)
#define WEFT_X_FIRST_(first, ...) first

/* WEFT_X_KNOWN(family_##item): 1 if the family has a row for the item's keyword, which then
 * expands to `~, 1`; else 0. */
#define WEFT_X_KNOWN(...)                 WEFT_X_SECOND(__VA_ARGS__, 0, ~)
#define WEFT_X_SECOND(first, second, ...) second

/* 1 if something follows the first argument, else 0; and what follows it. */
#define WEFT_X_HAS_REST(...)                                                                     \
    WEFT_X_HAS_REST_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, \
                     1, 1, 1, 0, ~)
#define WEFT_X_HAS_REST_(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, \
                         _16, _17, _18, _19, _20, _21, _22, _23, _24, has, ...)                \
    has
#define WEFT_X_REST(first, ...) __VA_ARGS__

/* How many items follow the name: 0 to 17; 18 for 18 to 24. The tables below map 18 to nothing, so
 * that the caller's own check speaks first. */
#define WEFT_X_COUNT(...)                                                                        \
    WEFT_X_COUNT_(__VA_ARGS__, 18, 18, 18, 18, 18, 18, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, \
                  7, 6, 5, 4, 3, 2, 1, 0, ~)
#define WEFT_X_COUNT_(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, \
                      _17, _18, _19, _20, _21, _22, _23, _24, count, ...)                        \
    count

/* m(name, index, item) for each item. */
#define WEFT_X_MAP(m, ...) WEFT_X_CAT(WEFT_X_MAP_, WEFT_X_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
/* The same, separated by commas. */
#define WEFT_X_LIST(m, ...) WEFT_X_CAT(WEFT_X_LIST_, WEFT_X_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
/* The same for a parameter list: `void` if there is no item. */
#define WEFT_X_FORMALS(m, ...) \
    WEFT_X_CAT(WEFT_X_FORMALS_, WEFT_X_COUNT(__VA_ARGS__))(m, __VA_ARGS__)

#define WEFT_X_MAP_0(m, f)
#define WEFT_X_MAP_1(m, f, x0)             m(f, 0, x0)
#define WEFT_X_MAP_2(m, f, x0, x1)         m(f, 0, x0) m(f, 1, x1)
#define WEFT_X_MAP_3(m, f, x0, x1, x2)     m(f, 0, x0) m(f, 1, x1) m(f, 2, x2)
#define WEFT_X_MAP_4(m, f, x0, x1, x2, x3) m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3)
#define WEFT_X_MAP_5(m, f, x0, x1, x2, x3, x4) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4)
#define WEFT_X_MAP_6(m, f, x0, x1, x2, x3, x4, x5) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5)
#define WEFT_X_MAP_7(m, f, x0, x1, x2, x3, x4, x5, x6) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6)
#define WEFT_X_MAP_8(m, f, x0, x1, x2, x3, x4, x5, x6, x7) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) m(f, 7, x7)
#define WEFT_X_MAP_9(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8)                          \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8)
#define WEFT_X_MAP_10(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9)                     \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9)
#define WEFT_X_MAP_11(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)                \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10)
#define WEFT_X_MAP_12(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11)           \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11)
#define WEFT_X_MAP_13(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)      \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11) m(f, 12, x12)
#define WEFT_X_MAP_14(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6) \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11) m(f, 12, x12)   \
            m(f, 13, x13)
#define WEFT_X_MAP_15(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6)      \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11) m(f, 12, x12)        \
            m(f, 13, x13) m(f, 14, x14)
#define WEFT_X_MAP_16(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15) \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6)           \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11) m(f, 12, x12)             \
            m(f, 13, x13) m(f, 14, x14) m(f, 15, x15)
#define WEFT_X_MAP_17(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, \
                      x16)                                                                        \
    m(f, 0, x0) m(f, 1, x1) m(f, 2, x2) m(f, 3, x3) m(f, 4, x4) m(f, 5, x5) m(f, 6, x6)           \
        m(f, 7, x7) m(f, 8, x8) m(f, 9, x9) m(f, 10, x10) m(f, 11, x11) m(f, 12, x12)             \
            m(f, 13, x13) m(f, 14, x14) m(f, 15, x15) m(f, 16, x16)

#define WEFT_X_LIST_0(m, f)
#define WEFT_X_LIST_1(m, f, x0)             m(f, 0, x0)
#define WEFT_X_LIST_2(m, f, x0, x1)         m(f, 0, x0), m(f, 1, x1)
#define WEFT_X_LIST_3(m, f, x0, x1, x2)     m(f, 0, x0), m(f, 1, x1), m(f, 2, x2)
#define WEFT_X_LIST_4(m, f, x0, x1, x2, x3) m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3)
#define WEFT_X_LIST_5(m, f, x0, x1, x2, x3, x4) \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4)
#define WEFT_X_LIST_6(m, f, x0, x1, x2, x3, x4, x5) \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5)
#define WEFT_X_LIST_7(m, f, x0, x1, x2, x3, x4, x5, x6) \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6)
#define WEFT_X_LIST_8(m, f, x0, x1, x2, x3, x4, x5, x6, x7)                                    \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7)
#define WEFT_X_LIST_9(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8)                                \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8)
#define WEFT_X_LIST_10(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9)                           \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9)
#define WEFT_X_LIST_11(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10)                      \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10)
#define WEFT_X_LIST_12(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11)                 \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11)
#define WEFT_X_LIST_13(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12)            \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11), m(f, 12, x12)
#define WEFT_X_LIST_14(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13)       \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11), m(f, 12, x12),    \
        m(f, 13, x13)
#define WEFT_X_LIST_15(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14)  \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6), \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11), m(f, 12, x12),    \
        m(f, 13, x13), m(f, 14, x14)
#define WEFT_X_LIST_16(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15) \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6),     \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11), m(f, 12, x12),        \
        m(f, 13, x13), m(f, 14, x14), m(f, 15, x15)
#define WEFT_X_LIST_17(m, f, x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, \
                       x16)                                                                        \
    m(f, 0, x0), m(f, 1, x1), m(f, 2, x2), m(f, 3, x3), m(f, 4, x4), m(f, 5, x5), m(f, 6, x6),     \
        m(f, 7, x7), m(f, 8, x8), m(f, 9, x9), m(f, 10, x10), m(f, 11, x11), m(f, 12, x12),        \
        m(f, 13, x13), m(f, 14, x14), m(f, 15, x15), m(f, 16, x16)

#define WEFT_X_FORMALS_0(m, f) void
#define WEFT_X_FORMALS_18(...) void
#define WEFT_X_MAP_18(...)
#define WEFT_X_LIST_18(...)
#define WEFT_X_FORMALS_1  WEFT_X_LIST_1
#define WEFT_X_FORMALS_2  WEFT_X_LIST_2
#define WEFT_X_FORMALS_3  WEFT_X_LIST_3
#define WEFT_X_FORMALS_4  WEFT_X_LIST_4
#define WEFT_X_FORMALS_5  WEFT_X_LIST_5
#define WEFT_X_FORMALS_6  WEFT_X_LIST_6
#define WEFT_X_FORMALS_7  WEFT_X_LIST_7
#define WEFT_X_FORMALS_8  WEFT_X_LIST_8
#define WEFT_X_FORMALS_9  WEFT_X_LIST_9
#define WEFT_X_FORMALS_10 WEFT_X_LIST_10
#define WEFT_X_FORMALS_11 WEFT_X_LIST_11
#define WEFT_X_FORMALS_12 WEFT_X_LIST_12
#define WEFT_X_FORMALS_13 WEFT_X_LIST_13
#define WEFT_X_FORMALS_14 WEFT_X_LIST_14
#define WEFT_X_FORMALS_15 WEFT_X_LIST_15
#define WEFT_X_FORMALS_16 WEFT_X_LIST_16
#define WEFT_X_FORMALS_17 WEFT_X_LIST_17

/* Swallows whatever it is given. */
#define WEFT_X_NOTHING(...)

#endif
