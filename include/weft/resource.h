/* Resources: the singletons of a world, one value per C type.
 *
 * Any C type with a one-word name can be a resource: a struct behind a typedef, an enum, a scalar.
 * Declare it where its users see it, define it in one .c file:
 *
 *     typedef struct { uint64_t n; } Counter;          // counter.h
 *     WEFT_RESOURCE_DECLARE(Counter);
 *
 *     WEFT_RESOURCE_DEFINE(Counter);                   // counter.c
 *     WEFT_RESOURCE_DEFINE(Journal, FINI(journal_close), INIT(journal_open), ALIGN(64));
 *
 * FINI(f)   void f(T *value): runs once when the world ends; without it nothing runs.
 * INIT(f)   void f(T *value): makes the default value; without it the default is all zero.
 * ALIGN(n)  an alignment in bytes larger than the type's own, 64 for a cache line of its own.
 *
 * What this does not do: two values of one type (wrap one in a struct of its own), inheritance,
 * lookup by string.
 */
#ifndef WEFT_RESOURCE_H
#define WEFT_RESOURCE_H

#include <stddef.h>

#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* errors in what macros expand to point at the user's line only */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A resource type. Its address is its identity; made by WEFT_RESOURCE_DEFINE. */
typedef struct weft_type {
    const char *name;
    size_t size_bytes;
    size_t align_bytes;
    void (*init)(void *value); /* NULL: the default value is all zero */
    void (*fini)(void *value); /* NULL: nothing to destroy */
} weft_type;

#ifdef __cplusplus
}
#endif

/* Declares the type T as a resource:
 *     extern const weft_type weft_type_T;
 */
#ifdef __cplusplus
#define WEFT_RESOURCE_DECLARE(T) extern "C" const weft_type WEFT_X_TYPE(T)
#else
#define WEFT_RESOURCE_DECLARE(T) extern const weft_type WEFT_X_TYPE(T)
#endif

/* Defines what WEFT_RESOURCE_DECLARE declares. In exactly one .c file per type; works without a
 * declaration too, for a resource that one file keeps to itself. C only. */
#ifdef __cplusplus
#define WEFT_RESOURCE_DEFINE(...) static_assert(false, "WEFT_RESOURCE_DEFINE is for C files")
#else
#define WEFT_RESOURCE_DEFINE(...)                  \
    WEFT_X_MAP(WEFT_X_RESOURCE_CHECK, __VA_ARGS__) \
    WEFT_X_MAP(WEFT_X_RESOURCE_THUNK, __VA_ARGS__) \
    WEFT_X_RESOURCE_DEFINE(WEFT_X_FIRST(__VA_ARGS__), __VA_ARGS__)
#endif

/* The weft_type of T, for the functions that take one. */
#define WEFT_TYPE(T) (&WEFT_X_TYPE(T))

/* Internal from here on. T is expanded once on the way, so that a type which is a macro (bool in
 * C11) gets the same name everywhere. */
#define WEFT_X_TYPE(T) WEFT_X_CAT(weft_type_, T)

#define WEFT_X_RESOURCE_DEFINE(T, ...)                                                             \
    WEFT_RESOURCE_DECLARE(T);                                                                      \
    enum {                                                                                         \
        WEFT_X_CAT(weft_type_asked_, T) = 0 WEFT_X_MAP(WEFT_X_RESOURCE_ALIGN, __VA_ARGS__),        \
        WEFT_X_CAT(weft_type_align_, T) = WEFT_X_CAT(weft_type_asked_, T) > _Alignof(T)            \
                                              ? WEFT_X_CAT(weft_type_asked_, T)                    \
                                              : _Alignof(T)                                        \
    };                                                                                             \
    _Static_assert((WEFT_X_CAT(weft_type_align_, T) & (WEFT_X_CAT(weft_type_align_, T) - 1)) == 0, \
                   "WEFT_RESOURCE_DEFINE(" WEFT_X_STR(T) "): ALIGN takes a power of two");         \
    const weft_type WEFT_X_TYPE(T) = { .name = WEFT_X_STR(T),                                      \
                                       .size_bytes = sizeof(T),                                    \
                                       .align_bytes = WEFT_X_CAT(weft_type_align_, T),             \
                                       WEFT_X_MAP(WEFT_X_RESOURCE_FIELD, __VA_ARGS__) }

/* A misspelt option is told what is allowed. */
#define WEFT_X_RESOURCE_CHECK(T, i, option)                      \
    _Static_assert(WEFT_X_KNOWN(WEFT_X_RESOURCE_KNOWN_##option), \
                   "WEFT_RESOURCE_DEFINE(" WEFT_X_STR(           \
                       T) "): " #option " is no option; write FINI(f), INIT(f) or ALIGN(bytes)");
#define WEFT_X_RESOURCE_KNOWN_FINI(f)  ~, 1
#define WEFT_X_RESOURCE_KNOWN_INIT(f)  ~, 1
#define WEFT_X_RESOURCE_KNOWN_ALIGN(n) ~, 1

/* Each option as: what it adds, role, argument. */
#define WEFT_X_RESOURCE_K_FINI(f)  call_, fini, f
#define WEFT_X_RESOURCE_K_INIT(f)  call_, init, f
#define WEFT_X_RESOURCE_K_ALIGN(n) ALIGN, align, n
#define WEFT_X_RESOURCE_EACH(T, aspect, ...) \
    WEFT_X_RESOURCE_EACH_(T, WEFT_X_RESOURCE_##aspect, __VA_ARGS__, ~, ~, ~)
#define WEFT_X_RESOURCE_EACH_(T, macro, adds, role, argument, ...) macro##_##adds(T, role, argument)

/* Whether f may end, or make, a T: void f(T *), or one for any type, as free is. */
#define WEFT_X_IS_FINI(f, T)                                        \
    (__builtin_types_compatible_p(__typeof__(&f), void (*)(T *)) || \
     __builtin_types_compatible_p(__typeof__(&f), void (*)(void *)))

/* Typed destructor and default behind the untyped pointers of weft_type. */
#define WEFT_X_RESOURCE_THUNK(T, i, option) \
    WEFT_X_RESOURCE_EACH(T, THUNK, WEFT_X_RESOURCE_K_##option)
#define WEFT_X_RESOURCE_THUNK_call_(T, role, f)                                                    \
    _Static_assert(                                                                                \
        WEFT_X_IS_FINI(f, T),                                                                      \
        "WEFT_RESOURCE_DEFINE(" WEFT_X_STR(T) "): " #f " is not a void (*)(" WEFT_X_STR(T) " *)"); \
    static void WEFT_X_CAT(weft_type_##role##_, T)(void *value_)                                   \
    {                                                                                              \
        f((T *)value_);                                                                            \
    }
#define WEFT_X_RESOURCE_THUNK_ALIGN(T, role, n)

#define WEFT_X_RESOURCE_FIELD(T, i, option) \
    WEFT_X_RESOURCE_EACH(T, FIELD, WEFT_X_RESOURCE_K_##option)
#define WEFT_X_RESOURCE_FIELD_call_(T, role, f) .role = WEFT_X_CAT(weft_type_##role##_, T),
#define WEFT_X_RESOURCE_FIELD_ALIGN(T, role, n)

#define WEFT_X_RESOURCE_ALIGN(T, i, option) \
    WEFT_X_RESOURCE_EACH(T, ASKED, WEFT_X_RESOURCE_K_##option)
#define WEFT_X_RESOURCE_ASKED_call_(T, role, f)
#define WEFT_X_RESOURCE_ASKED_ALIGN(T, role, n) | (n)

#endif
