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
 * `value` means something if ok, `error` if not.
 *
 * What this does not do: share the room of value and error.
 */
#ifndef WEFT_OPTION_H
#define WEFT_OPTION_H

#include <stdbool.h>

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

#endif
