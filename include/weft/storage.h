/* Storage: where a handler whose type is no longer known lives.
 *
 *     box    on the heap, any size
 *     flat   in a fixed buffer of the caller's; an error if it does not fit
 *     flex   in the buffer if it fits, else on the heap
 *
 * All three hold a copy and are handlers themselves, so they run and are named like what they hold:
 *
 *     weft_flex_64 slot;
 *     if (weft_flex_set(&slot.base, sizeof slot, world, &tick.base)) return 1;
 *     weft_run(&slot.base, world, &qty);
 *     weft_handler_fini(&slot.base);          // for box, flat and flex alike
 *
 * The copy owns what the handler's context owns: do not fini the original as well. Moving a flat
 * or flex buffer by assignment is allowed while its handler does not run.
 *
 * What this does not do: share a handler, as each holds a copy of its own. NULL is accepted where a
 * comment says so; weft_handler_fini accepts it. An unbound or NULL handler is refused by all
 * three: WEFT_EINVAL, reported.
 */
#ifndef WEFT_STORAGE_H
#define WEFT_STORAGE_H

#include <weft/handler.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see resource.h */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Declares a union `name` that holds a handler of up to n bytes, a multiple of 16, at least 48:
 *     typedef union name { weft_handler base; unsigned char bytes[n]; } name; */
#define WEFT_STORAGE(name, n)                                                                \
    WEFT_X_STORAGE_ASSERT(                                                                   \
        (n) % 16 == 0 && (n) >= 48,                                                          \
        "WEFT_STORAGE(" WEFT_X_STR(name) "): " #n " is no multiple of 16, or less than 48"); \
    typedef union name {                                                                     \
        weft_handler base;                                                                   \
        unsigned char bytes[(n)] __attribute__((aligned(16)));                               \
    } name

#ifdef __cplusplus
#define WEFT_X_STORAGE_ASSERT(...) static_assert(__VA_ARGS__)
#else
#define WEFT_X_STORAGE_ASSERT(...) _Static_assert(__VA_ARGS__)
#endif

WEFT_STORAGE(weft_flat_64, 64);
WEFT_STORAGE(weft_flex_64, 64);

/* A copy of `handler` on the heap. *box_out runs it; weft_handler_fini(*box_out) destroys and
 * frees it. WEFT_ENOMEM, reported; the handler is then untouched and still the caller's.
 * [before build] [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_box(const weft_handler *handler, const weft_world *world,
                                           weft_handler **box_out);

/* Copies `handler` to `buffer`, which has `size_bytes` and an alignment of 16. WEFT_ETOOBIG,
 * reported with both sizes, if it does not fit or wants a larger alignment.
 * [before build] [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_flat_set(weft_handler *buffer, size_t size_bytes,
                                                const weft_world *world,
                                                const weft_handler *handler);

/* The same, but what does not fit goes to the heap and the buffer holds a pointer to it; 48 bytes
 * suffice for that. WEFT_ENOMEM, reported; WEFT_ETOOBIG for a buffer that is smaller.
 * [before build] [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_flex_set(weft_handler *buffer, size_t size_bytes,
                                                const weft_world *world,
                                                const weft_handler *handler);

/* True if what weft_flex_set put there lies in the buffer itself. [loop] [in handler] */
WEFT_API bool weft_flex_is_inline(const weft_handler *buffer);

#ifdef __cplusplus
}
#endif
#endif
