/* Raw handlers: an existing callback, void or bool (weft_world *, const void *event, void *ctx),
 * as a handler.
 *
 * For callbacks that are there already, or whose event is not known when they are compiled. New
 * code writes WEFT_FN(f, WORLD, IN(Order)) or WEFT_FN(f, CTX(Session), WORLD, REF(Order)) instead:
 * the same access to the world, with a checked event, a context that is destroyed, and a name.
 *
 *     static void on_readable(weft_world *world, const void *event, void *ctx)
 *     {
 *         legacy_read(ctx, WEFT_GET(world, Legacy), ((const weft_io_event *)event)->fd);
 *     }
 *
 *     weft_raw raw = weft_raw_void(on_readable, legacy);
 *     weft_run(&raw.base, world, &event);          // copied and kept like any handler
 *
 * NULL is accepted for `ctx` only.
 *
 * What this does not do: check the type of the event (a raw handler is accepted by every source),
 * check that resources are there or are reached once, own `ctx`, know a name ("weft_raw").
 */
#ifndef WEFT_RAW_H
#define WEFT_RAW_H

#include <weft/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef bool weft_raw_bool_fn(weft_world *world, const void *event, void *ctx);
typedef void weft_raw_void_fn(weft_world *world, const void *event, void *ctx);

/* Private fields, except ctx. */
typedef struct weft_raw {
    weft_handler base;
    union {
        weft_raw_bool_fn *returns_bool;
        weft_raw_void_fn *returns_void;
    } call;
    void *ctx;
} weft_raw;

/* The handler that runs call(world, event, ctx). `ctx` must outlive it and its copies. It needs no
 * binding and no fini. [any thread] */
WEFT_API weft_raw weft_raw_bool(weft_raw_bool_fn *call, void *ctx);
WEFT_API weft_raw weft_raw_void(weft_raw_void_fn *call, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
