/* Handlers: bound functions whose type has been erased, and the tables that describe them.
 *
 * A handler is 16 bytes (what to run, what it is) followed by its state: 8 bytes per resource, its
 * locals, its context. WEFT_FN (fn.h) makes them; drivers (timers.h, io.h, notify.h, signals.h),
 * broadcasts and storage (storage.h) keep copies of them. Whatever runs a handler with events is a
 * source of events to it.
 *
 *     struct on_tick tick;
 *     if (on_tick_init(&tick, world)) return 1;
 *     weft_handler *handler = &tick.base;
 *     weft_run(handler, world, &(uint32_t){ 5 });
 *
 * A handler is plain bytes: copying it copies its state, and the copies go on independently. Who
 * keeps a handler (a driver, a broadcast, a box) keeps a copy and owns what its context owns:
 * weft_handler_fini runs once, when it is removed. Do not fini the original as well.
 *
 * NULL is accepted where a comment says so. A zeroed handler, and one whose binding failed, is
 * unbound: whoever is given one refuses it, and weft_handler_fini does nothing.
 *
 * What this does not do: check the type of an event in weft_run; sources check it once, when a
 * handler is handed to them.
 */
#ifndef WEFT_HANDLER_H
#define WEFT_HANDLER_H

#include <weft/world.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_handler weft_handler;
typedef struct weft_fn weft_fn;
typedef struct weft_bundle weft_bundle;

struct weft_handler {
    /* Runs with the event that it takes (NULL if none; an array of pointers to its inputs if it
     * takes several). Returns what the function returned if that is a bool, else true. */
    bool (*run)(weft_handler *self, weft_world *world, const void *event);
    const weft_fn *fn;
};

/* ---- description --------------------------------------------------------------------------- */

/* What a parameter is. X(kind, keyword, needs a registered resource) */
#define WEFT_PARAM_LIST(X)  \
    X(RES, "RES")           \
    X(MUT, "MUT")           \
    X(OPT, "OPT")           \
    X(OPT_MUT, "OPT_MUT")   \
    X(LOCAL, "LOCAL")       \
    X(CTX, "CTX")           \
    X(BUNDLE, "BUNDLE")     \
    X(SEQ, "SEQ")           \
    X(SEQ_MUT, "SEQ_MUT")   \
    X(SHUTDOWN, "SHUTDOWN") \
    X(REGISTRY, "REGISTRY") \
    X(WORLD, "WORLD")       \
    X(IN, "IN")             \
    X(REF, "REF")

typedef enum weft_param_kind {
#define WEFT_X_PARAM(kind, keyword) WEFT_PARAM_##kind,
    WEFT_PARAM_LIST(WEFT_X_PARAM)
#undef WEFT_X_PARAM
} weft_param_kind;

/* One parameter of a function, or one member of a bundle. */
typedef struct weft_param {
    weft_param_kind kind;
    const char *type_name;
    const weft_type *type;     /* of a resource, else NULL */
    const weft_bundle *bundle; /* of a BUNDLE, else NULL */
    size_t offset;             /* of its slot in the state or the bundle */
    size_t size_bytes;         /* of the C type; 0 where the world provides the value */
} weft_param;

struct weft_bundle {
    const char *name;
    const weft_param *params;
    size_t param_count;
};

/* One of the parts that a fan-out, an adapter or a pipeline is made of. */
typedef struct weft_part {
    const char *role;  /* "member", "decoder", "THEN" */
    const char *text;  /* what it is given: the function's name, or a value as it was written */
    const weft_fn *fn; /* NULL for a step that calls no function */
    size_t step;       /* from 1; parts of one step stand side by side, as the arms of a FORK do */
} weft_part;

/* A type of event, to say what a source gives:  WEFT_EVENT(uint32_t) */
typedef struct weft_event {
    const char *name; /* static text */
    size_t size_bytes;
} weft_event;

/* What a bound function is made of. Made by macros; static, never changes. */
struct weft_fn {
    const char *name;
    const char *shape; /* "function", "fan-out", "adapter", "pipeline", "guard" */
    size_t size_bytes; /* of the whole handler */
    size_t align_bytes;
    size_t state_offset; /* of the state in the handler */
    const weft_param *params;
    size_t param_count;
    size_t input_count;     /* the last of the parameters */
    const weft_part *parts; /* in the order in which they run */
    size_t part_count;      /* 0 for a function */
    const char *result;     /* the type that it ends in, where that has a name, else NULL */
    bool has_bundle;
    bool has_ctx;
    bool (*run)(weft_handler *self, weft_world *world, const void *event);
    /* Binds everything but the context; NULL for what a table cannot make: wrappers, lists. */
    weft_status (*bind)(void *state, const weft_world *world);
    /* Destroys the context and what the handler owns, or NULL. */
    void (*fini)(weft_handler *self);
    /* For a wrapper: the handler it stands for. */
    const weft_handler *(*inner)(const weft_handler *self);
    /* For a handler whose event is chosen at run time: which it is. Else NULL. */
    weft_event (*event)(const weft_handler *self);
    /* For a handler whose members are chosen at run time: the member at `index` in their order, or
     * NULL behind the last. Else NULL. */
    const weft_handler *(*member)(const weft_handler *self, size_t index);
};

#ifdef __cplusplus
#define WEFT_EVENT(T) (weft_event{ WEFT_X_STR(T), sizeof(T) })
#else
#define WEFT_EVENT(T) ((weft_event){ WEFT_X_STR(T), sizeof(T) })
#endif

/* ---- operations ---------------------------------------------------------------------------- */

/* Runs a handler. The event must be of the type it takes; it is not kept. [loop] [in handler] */
static inline bool weft_run(weft_handler *handler, weft_world *world, const void *event)
{
    return handler->run(handler, world, event);
}

/* The handler behind it, through wrappers (boxes, guards); itself if it wraps none, or
 * nothing any more, or is unbound. [loop] [in handler] */
WEFT_API const weft_handler *weft_handler_inner(const weft_handler *handler);

/* The name of the function behind it, through wrappers; "unbound" for an unbound handler or NULL.
 * Static text. [loop] [in handler] */
WEFT_API const char *weft_handler_name(const weft_handler *handler);

/* The size of the whole object; the handler is bound. [loop] [in handler] */
static inline size_t weft_handler_size(const weft_handler *handler)
{
    return handler->fn->size_bytes;
}

/* True if it takes this type of event, or none at all. By name and size, so a typedef of another
 * name is another event. False for an unbound handler or NULL. [loop] [in handler] */
WEFT_API bool weft_handler_takes(const weft_handler *handler, weft_event event);

/* WEFT_OK if it takes this type of event or none; else WEFT_ETYPE and a sentence that names the
 * handler, what it takes, and what `source` gives. WEFT_EINVAL, reported, for an unbound handler
 * or NULL. [before build] [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_handler_expect(const weft_handler *handler,
                                                      const weft_world *world, const char *source,
                                                      weft_event event);

/* Destroys what it owns: its context's FINI, a wrapper's inner handler. Call it once for a handler
 * that nobody else keeps; a handler that owns nothing may be forgotten. NULL, and a zeroed or
 * never bound handler, do nothing. [loop] [in handler] */
WEFT_API void weft_handler_fini(weft_handler *handler);

/* Binds by table, for code that handles functions it does not know: `handler` has room for
 * fn->size_bytes. The context, if any, is zeroed. WEFT_EMISSING, WEFT_ECONFLICT, and WEFT_EINVAL
 * for a table that cannot bind, reported; *handler is then zeroed, which is unbound. [before build]
 * [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_handler_bind(weft_handler *handler, const weft_fn *fn,
                                                    const weft_world *world);

/* Binds a start-up function, runs it once, and forgets it, locals and all. It takes no input and
 * no context: weft_world_startup(world, &load_config_fn). What it returns is ignored; if it calls
 * weft_fail, so does this: WEFT_EFAILED, reported. WEFT_EMISSING, WEFT_ECONFLICT, WEFT_EINVAL.
 * [loop] */
WEFT_API WEFT_CHECKED weft_status weft_world_startup(weft_world *world, const weft_fn *fn);

/* ---- for the macros ------------------------------------------------------------------------ */

/* The slow half of binding: finds out what is wrong, says so, and returns it; WEFT_OK if all is
 * well after all (only a bundle made it look). */
WEFT_API weft_status weft_x_bind_failed(const weft_fn *fn, const weft_world *world);

/* Fills the members of a bundle; what is missing is NULL, for weft_x_bind_failed to find. */
WEFT_API void weft_x_bind_bundle(const weft_bundle *bundle, void *value, const weft_world *world);

/* Fails the running handler if its state was bound to another world. */
WEFT_API void weft_x_check_world(const weft_fn *fn, const void *state, weft_world *world);

#ifdef __cplusplus
}
#endif
#endif
