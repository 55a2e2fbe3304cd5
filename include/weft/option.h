/* Options and results: a value, or the lack of one, as plain structs.
 *
 * An option is a result whose error is empty, so whatever understands results understands options
 * too: adapt.h skips what is not ok.
 *
 *     WEFT_OPTION(Maybe_order, Order);            // { bool ok; Order value; weft_none error; }
 *     WEFT_RESULT(Parsed, Order, Reject);         // { bool ok; Order value; Reject error; }
 *
 *     static Parsed parse(const Line *line)
 *     {
 *         if (line->length < 8)
 *             return (Parsed){ .error = { .code = REJECT_SHORT } };
 *         return (Parsed){ .ok = true, .value = { .id = line->text[0] } };
 *     }
 *
 * `value` means something if ok, `error` if not. A plain function that calls one of these gets on
 * with the value, or ends, by WEFT_TRY:
 *
 *     static void on_line(Book *book, Rejects *rejects, const Line *line)
 *     {
 *         Order order = WEFT_TRY(parse(line), count_reject(rejects, error));
 *         book_add(book, &order);
 *     }
 *
 * What this does not do: share the room of value and error.
 */
#ifndef WEFT_OPTION_H
#define WEFT_OPTION_H

#include <stdbool.h>

#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Nothing: the error of an option, the value of a step that only may fail. Takes no room. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
__extension__ typedef struct weft_none {
    char none[0]; /* an empty struct would have another size in C++ */
} weft_none;
#pragma GCC diagnostic pop

/* Declares an optional T:
 *     typedef struct Name { bool ok; T value; weft_none error; } Name; */
#define WEFT_OPTION(Name, T) WEFT_RESULT(Name, T, weft_none)

/* Declares a T or an E:
 *     typedef struct Name { bool ok; T value; E error; } Name; */
#define WEFT_RESULT(Name, T, E) \
    typedef struct Name {       \
        bool ok;                \
        T value;                \
        E error;                \
    } Name

/* The value of an option or result; unless it is ok, the function that this stands in returns.
 *     V WEFT_TRY(result)             returns; for a void function
 *     V WEFT_TRY(result, otherwise)  returns what `otherwise` evaluates to
 * In `otherwise` the error is called `error`. It has the type that the function returns; void in a
 * void function, so write (void)n++ there. `result` is evaluated once, `otherwise` only if it is
 * not ok:
 *
 *     static Placed place(const Line *line)       // a WEFT_RESULT with the error of `parse`
 *     {
 *         Order order = WEFT_TRY(parse(line), (Placed){ .error = error });
 *         ...
 *     }
 *
 * Several in one expression run in the order in which C evaluates them. C only. */
#ifndef __cplusplus
#define WEFT_TRY(...)                                                                    \
    WEFT_X_TRY(WEFT_X_CAT(tried_, __COUNTER__), #__VA_ARGS__, WEFT_X_FIRST(__VA_ARGS__), \
               __VA_ARGS__)
#define WEFT_X_TRY(...) WEFT_X_TRY_(__VA_ARGS__)
#define WEFT_X_TRY_(tried, text, result, ...)                                            \
    __extension__({                                                                      \
        __auto_type tried = result;                                                      \
        _Static_assert(__builtin_classify_type(tried) == 12,                             \
                       "WEFT_TRY(" text "): its first argument is no option or result"); \
        if (!tried.ok) {                                                                 \
            __auto_type error = tried.error;                                             \
            (void)error;                                                                 \
            WEFT_X_CAT(WEFT_X_TRY_RETURN_, WEFT_X_HAS_REST(__VA_ARGS__))(__VA_ARGS__)    \
        }                                                                                \
        tried.value;                                                                     \
    })
/* In a void function a void expression is returned, which -Wpedantic would name. Elsewhere that is
 * an error, where a mere `return;` would be a warning that nobody sees. */
#define WEFT_X_TRY_RETURN_0(...)                                         \
    _Pragma("GCC diagnostic push")                                       \
        _Pragma("GCC diagnostic ignored \"-Wpedantic\"") return (void)0; \
    _Pragma("GCC diagnostic pop")
#define WEFT_X_TRY_RETURN_1(...)                                                          \
    _Pragma("GCC diagnostic push")                                                        \
        _Pragma("GCC diagnostic ignored \"-Wpedantic\"") return WEFT_X_REST(__VA_ARGS__); \
    _Pragma("GCC diagnostic pop")
#endif

#endif
