/* World: a typed store of singletons, and what one thread needs to run functions on it.
 *
 * A program registers its resources with a builder, builds the world, and from then on the set of
 * resources is fixed. A resource's id is its address: stable from registration until the world
 * ends. Functions that state what they need (fn.h) are bound to those addresses once.
 *
 *     weft_builder *builder = weft_builder_new(NULL);
 *     if (!builder)
 *         return 1;
 *     WEFT_REGISTER(builder, Config, { .limit = 100 });
 *     WEFT_REGISTER_DEFAULT(builder, Counter);
 *     weft_world *world;
 *     if (weft_builder_build(builder, &world)) {           // the first failure of all of the above
 *         weft_builder_free(builder);
 *         return 1;
 *     }
 *     WEFT_GET(world, Counter)->n = 42;
 *     weft_world_free(world);
 *
 * Errors: what goes wrong while building or binding returns a negative status and sends one
 * sentence to the error hook, by default to stderr. A builder remembers its first failure, so a
 * program may look once, at weft_builder_build. Nothing aborts.
 *
 * NULL is accepted where a comment says so, and by every function that frees.
 *
 * Threads: a world belongs to one thread at a time; it may be handed over, never shared. Only what
 * is marked [any thread] may be called from others, through a retained weft_shutdown (shutdown.h).
 *
 * What this does not do: add or remove resources after building, hold two values of one type, run
 * a loop (loop.h has one; or write your own).
 */
#ifndef WEFT_WORLD_H
#define WEFT_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>
#include <weft/resource.h>
#include <weft/seq.h>
#include <weft/shutdown.h>
#include <weft/status.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see resource.h */
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_builder weft_builder; /* a world that is being put together */
typedef struct weft_world weft_world;

/* Receives one sentence, without a line end, per failure. The text is valid during the call. */
typedef void weft_report_fn(void *ctx, weft_status status, const char *sentence);

typedef struct weft_world_desc {
    const weft_allocator *allocator; /* NULL: malloc and free; copied */
    weft_report_fn *report;          /* NULL: "weft: SENTENCE" on stderr */
    void *report_ctx;
} weft_world_desc;

/* ---- layout: private, here so that lookups and parameters compile to loads ----------------- */

typedef struct weft_slot {
    const weft_type *type;
    void *value;
} weft_slot;

typedef struct weft_registry {
    weft_slot *table;  /* open addressing by the type's address, at most a quarter full */
    size_t table_mask; /* slots - 1 */
    weft_slot *order;  /* the same, in order of registration */
    size_t len;
    size_t order_cap;
    struct weft_chunk *arena; /* newest chunk first */
    weft_allocator allocator;
    weft_report_fn *report;
    void *report_ctx;
    weft_status first_error;
} weft_registry;

struct weft_world {
    weft_registry registry; /* what is registered, and where */
    weft_seq sequence;
    weft_shutdown *shutdown;
    struct weft_try_frame *trying; /* innermost weft_try, or NULL */
    struct weft_cleanup *cleanups; /* innermost first */
    uint64_t failures;
    char failure[256]; /* sentence of the last failure */
};

/* ---- building ------------------------------------------------------------------------------ */

/* An empty builder, or NULL if there is no memory. `desc` may be NULL. [any thread] */
WEFT_API WEFT_CHECKED weft_builder *weft_builder_new(const weft_world_desc *desc);

/* Ends a builder that was not built: destroys what was registered, in order of registration, and
 * frees. A builder that was built is used up, and its memory is the world's: while the world lives
 * this does nothing, afterwards the builder must not be named. NULL does nothing. [before build] */
WEFT_API void weft_builder_free(weft_builder *builder);

/* Registers a resource of type T, a type that WEFT_RESOURCE_DECLARE knows.
 *     weft_status WEFT_REGISTER(weft_builder *, T, { initializer })    with that value
 *     weft_status WEFT_REGISTER_FROM(weft_builder *, T, const T *)     a copy of that value
 *     weft_status WEFT_REGISTER_DEFAULT(weft_builder *, T)             with the type's default
 *     weft_status WEFT_ENSURE(weft_builder *, T, { initializer })      unless there is one
 *     weft_status WEFT_ENSURE_DEFAULT(weft_builder *, T)               unless there is one
 * The world owns the value from then on and destroys it once. If T is there already, WEFT_ENSURE
 * keeps the old value and destroys the new one; the others fail with WEFT_EEXISTS and leave the
 * value with the caller. WEFT_ENOMEM likewise, and WEFT_EINVAL once the world is built: its
 * resources are fixed. [before build] */
#define WEFT_REGISTER(builder, T, ...) \
    weft_builder_register((builder), WEFT_TYPE(T), WEFT_X_VALUE(T, __VA_ARGS__))
#define WEFT_REGISTER_FROM(builder, T, from) \
    weft_builder_register((builder), WEFT_TYPE(T), WEFT_X_POINTER(T, from))
#define WEFT_REGISTER_DEFAULT(builder, T) weft_builder_register((builder), WEFT_TYPE(T), NULL)
#define WEFT_ENSURE(builder, T, ...) \
    weft_builder_ensure((builder), WEFT_TYPE(T), WEFT_X_VALUE(T, __VA_ARGS__))
#define WEFT_ENSURE_DEFAULT(builder, T) weft_builder_ensure((builder), WEFT_TYPE(T), NULL)

/* The address of a value that lasts until the call is over. */
#ifdef __cplusplus
extern "C++" {
template <class T> inline const T *weft_x_address(const T &value)
{
    return &value;
}
}
#define WEFT_X_VALUE(T, ...)    weft_x_address<T>(T __VA_ARGS__)
#define WEFT_X_POINTER(T, from) static_cast<const T *>(from)
#else
#define WEFT_X_VALUE(T, ...)    (&(const T)__VA_ARGS__)
#define WEFT_X_POINTER(T, from) _Generic((from), T * : (from), const T * : (from))
#endif

/* Behind the macros, failing as they do: copies type->size_bytes from `value`, or makes the default
 * for NULL. [before build] */
WEFT_API weft_status weft_builder_register(weft_builder *builder, const weft_type *type,
                                           const void *value);
WEFT_API weft_status weft_builder_ensure(weft_builder *builder, const weft_type *type,
                                         const void *value);

/* A set of resources and drivers that belong together. The function registers, binds and installs
 * what it likes on the builder, other plugins included. */
typedef struct weft_plugin {
    const char *name;
    weft_status (*install)(weft_builder *builder, const void *arg);
    const void *arg;
} weft_plugin;

/* Runs the plugin's function; its failure is reported with the plugin's name, remembered by the
 * builder, and returned. A positive number is no status and counts as WEFT_EINVAL; so does a plugin
 * that comes after building. [before build] */
WEFT_API weft_status weft_builder_plugin(weft_builder *builder, const weft_plugin *plugin);

/* Freezes the set of resources. On success *world_out is the world and the builder is used up: to
 * register, install or build with it again is WEFT_EINVAL, reported, as long as the world lives.
 * Addresses and bound functions stay valid. On failure, which is the first failure of anything
 * done with the builder, the builder stays the caller's to free. [before build] */
WEFT_API WEFT_CHECKED weft_status weft_builder_build(weft_builder *builder, weft_world **world_out);

/* Destroys every resource once, in order of registration, and frees. Handlers bound to the world
 * must not run any more. NULL does nothing. [loop] */
WEFT_API void weft_world_free(weft_world *world);

/* ---- the registry: a const world ----------------------------------------------------------- *
 *
 * Looking up and binding need no more than a `const weft_world *`: a world's, what a handler gets
 * for REGISTRY (fn.h), or the builder's, which knows what was registered so far. */

/* The world that is being built, to look up in and to bind to. [before build] */
WEFT_API const weft_world *weft_builder_world(const weft_builder *builder);

/* The resource, which is also its id, or NULL:  T *WEFT_GET(const weft_world *, T)
 * [before build] [loop] [in handler] */
#define WEFT_GET(world, T) ((T *)weft_world_find((world), WEFT_TYPE(T)))

/* Whether it is there:  bool WEFT_CONTAINS(const weft_world *, T)
 * [before build] [loop] [in handler] */
#define WEFT_CONTAINS(world, T) (weft_world_find((world), WEFT_TYPE(T)) != NULL)

/* The value of that type, or NULL. A hash, usually one probe: for start-up, not for handlers.
 * [before build] [loop] [in handler] */
static inline void *weft_world_find(const weft_world *world, const weft_type *type);

/* How many resources there are. [before build] [loop] [in handler] */
static inline size_t weft_world_len(const weft_world *world);

/* True if `value` lies in the memory that holds this world's resources. O(chunks).
 * [before build] [loop] [in handler] */
WEFT_API bool weft_world_owns(const weft_world *world, const void *value);

/* The allocator that the world was given; valid as long as the world. [before build] [loop]
 * [in handler] */
WEFT_API const weft_allocator *weft_world_allocator(const weft_world *world);

/* Sends a sentence to the error hook and returns `status`; a builder remembers its first one.
 * For code that extends Weft: drivers, plugins, bind-time checks. [before build] [loop]
 * [in handler] */
WEFT_API weft_status weft_report(const weft_world *world, weft_status status, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));

/* ---- running ------------------------------------------------------------------------------- */

/* The flag of this world; retain it to keep it longer than the world or in another thread.
 * [loop] [in handler] */
static inline weft_shutdown *weft_world_shutdown(weft_world *world)
{
    return world->shutdown;
}

/* True once shutdown was triggered. One load. [loop] [in handler] */
static inline bool weft_world_stopping(const weft_world *world)
{
    return weft_shutdown_triggered(world->shutdown);
}

/* The number of the current event; 0 before the first. [loop] [in handler] */
static inline int64_t weft_world_sequence(const weft_world *world)
{
    return world->sequence.value;
}

/* Starts the next event and returns its number. Drivers call it before each handler they run;
 * nothing else advances the sequence. [loop] */
static inline int64_t weft_world_next_sequence(weft_world *world)
{
    return weft_seq_advance(&world->sequence);
}

/* Calls turn(world, arg) until shutdown is triggered, which is tested before each call: never, if
 * it already is. The sequence is the drivers' to advance. [loop] */
WEFT_API void weft_world_run(weft_world *world, void (*turn)(weft_world *world, void *arg),
                             void *arg);

/* ---- failing ------------------------------------------------------------------------------- */

/* Gives up the handler that runs: control returns to the innermost weft_try or guard (guard.h),
 * which goes on; frames in between are skipped, after their cleanups. What the handler
 * wrote to resources stays written. The sentence can be read with weft_world_failure. Without a
 * weft_try around it, the sentence goes to the error hook and the program aborts: there is nobody
 * to return to. A FINI, of a resource or of a handler's context, must not fail: what it ends would
 * be half ended, and nobody could go on with it. In builds of Weft without NDEBUG that aborts the
 * same way, unless a weft_try inside the FINI takes it. [in handler] */
WEFT_API void weft_fail(weft_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn, cold));

/* Runs body(world, arg) so that a weft_fail in it comes back here: WEFT_OK, or WEFT_EFAILED if it
 * failed. Around a driver's poll it keeps what the driver had left to deliver: the next poll
 * continues behind the handler that failed. May be nested. [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_try(weft_world *world,
                                           void (*body)(weft_world *world, void *arg), void *arg);

/* What a frame wants done if a weft_fail passes it by. Lives in that frame. */
typedef struct weft_cleanup {
    void (*run)(void *arg);
    void *arg;
    struct weft_cleanup *outer;
} weft_cleanup;

/* Until the pop, a weft_fail that leaves this frame calls run(arg) on its way, innermost first.
 * The frame pops in every other case, in reverse order. Two stores each. [loop] [in handler] */
static inline void weft_cleanup_push(weft_world *world, weft_cleanup *cleanup)
{
    cleanup->outer = world->cleanups;
    world->cleanups = cleanup;
}

static inline void weft_cleanup_pop(weft_world *world, weft_cleanup *cleanup)
{
    world->cleanups = cleanup->outer;
}

/* How many times weft_fail was called in this world. [loop] [in handler] */
static inline uint64_t weft_world_failures(const weft_world *world)
{
    return world->failures;
}

/* The sentence of the last weft_fail, "" before the first; cut at 255 bytes. [loop] [in handler] */
static inline const char *weft_world_failure(const weft_world *world)
{
    return world->failure;
}

/* ---- inline bodies ------------------------------------------------------------------------- */

/* Fibonacci hashing of the type's address; the top bits of the product are the mixed ones. */
static inline size_t weft_x_hash(const weft_type *type)
{
    return (size_t)(((uint64_t)(uintptr_t)type * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

static inline void *weft_world_find(const weft_world *world, const weft_type *type)
{
    const weft_registry *registry = &world->registry;
    size_t i = weft_x_hash(type) & registry->table_mask;
    while (registry->table[i].type != type) {
        if (!registry->table[i].type)
            return NULL;
        i = (i + 1) & registry->table_mask;
    }
    return registry->table[i].value;
}

static inline size_t weft_world_len(const weft_world *world)
{
    return world->registry.len;
}

#ifdef __cplusplus
}
#endif
#endif
