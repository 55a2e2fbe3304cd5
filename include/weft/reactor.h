/* Reactors: handlers that run because something they listen to was marked.
 *
 * A source stands for something that changes: an instrument's price, the positions. Who changes it
 * marks it. A reactor subscribes to the sources that matter to it, and each dispatch runs every
 * reactor once that has at least one marked source, however many there are and however often they
 * were marked.
 *
 *     static void requote(Quotes *quotes, const Books *books, Instrument *instrument)
 *     {
 *         quotes_set(quotes, instrument->number, books_mid(books, instrument->number));
 *     }
 *     WEFT_FN(requote, MUT(Quotes), RES(Books), CTX(Instrument));
 *
 *     weft_reactors *reactors = weft_reactors_install(builder, NULL);  // before the world is built
 *
 *     struct requote body;                                // afterwards
 *     weft_source_id prices;
 *     weft_reactor_id reactor;
 *     if (requote_init(&body, world, (Instrument){ 7 }) ||
 *         weft_reactors_add_source(reactors, &prices) ||
 *         weft_reactors_spawn(reactors, &body.base, &reactor) ||
 *         weft_reactors_subscribe(reactors, reactor, prices)) return 1;
 *
 *     weft_reactors_mark(reactors, prices);               // in any handler
 *     weft_reactors_dispatch(reactors, world);            // each pass of the loop
 *
 * Order: sources in the order in which they were marked first, and of a source its reactors in the
 * order of subscription. What is marked while a dispatch goes on is for the next one.
 *
 * A mark reaches those who are subscribed when it is made, and still are when it is dispatched: who
 * unsubscribes, is removed, or whose source is removed does not run on account of it any more. A
 * reactor that is reserved but not filled yet does not run.
 *
 * Bodies may do anything here, at any time: spawn, subscribe, mark, remove others and themselves,
 * dispatch. A dispatch inside a dispatch runs what is left of the outer one, then what was marked
 * meanwhile; a reactor whose source is marked before that may so run inside itself. If a body fails
 * (weft_fail), that was its run: it stays, and the next dispatch begins with those behind it,
 * before what was marked later; a source that is marked again meanwhile keeps its turn among them.
 * The event's sequence number is not advanced.
 *
 * Cost: marking is O(1), a dispatch O(subscriptions of marked sources), removing a reactor or a
 * source O(its own subscriptions). Marking and dispatching never allocate. A reactor keeps a
 * handler of up to 64 bytes in its place; a larger one goes to the heap.
 *
 * What this does not do: run what depends on a reactor's result (a scheduler, a graph), reach other
 * threads (conflate.h and notify.h bring their news to the loop). Everything is [loop] [in
 * handler].
 */
#ifndef WEFT_REACTOR_H
#define WEFT_REACTOR_H

#include <weft/handler.h>
#include <weft/slab.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see resource.h */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Each names one reactor, or one source, not what later takes its place. Zeroed they name none. */
typedef struct weft_reactor_id {
    uint32_t index;
    uint32_t generation;
} weft_reactor_id;

typedef struct weft_source_id {
    uint32_t index;
    uint32_t generation;
} weft_source_id;

/* What a reactor's body gets, if it wants it: who it is. */
typedef struct weft_reactor_event {
    weft_reactor_id id;
} weft_reactor_event;

/* Private fields. */
typedef struct weft_source_list {
    struct weft_source **items; /* NULL: the source was removed */
    uint32_t head, len;         /* those before the head have had their turn */
} weft_source_list;

typedef struct weft_reactors {
    const weft_world *world;
    uint64_t pass;              /* number of the last dispatch */
    weft_source_list marked;    /* for the next dispatch, with turns[side] */
    weft_source_list due;       /* for this one, or left over, with turns[side ^ 1] */
    struct weft_source **known; /* by index */
    uint32_t known_cap;         /* of all three */
    unsigned side;
    bool disturbed; /* what the dispatch loop has in its registers may be out of date */
    bool ending;
    struct { /* the source whose turn it is, or was when a body failed; NULL: none */
        struct weft_source *source;
        uint32_t at, to; /* positions among its subscribers */
        uint64_t pass;
    } turn;
    struct weft_dispatch *dispatches; /* under way, innermost first */
    weft_slab reactors, sources, links;
    uint32_t len;      /* reactors that are not removed */
    uint64_t counting; /* number of the last count of pending reactors */
    struct weft_key_entry *keys;
    uint32_t keys_cap, keys_len;
} weft_reactors;

WEFT_API WEFT_RESOURCE_DECLARE(weft_reactors);

typedef struct weft_reactors_desc {
    uint32_t reactors; /* at most, all allocated at install; 0: grows as needed */
    uint32_t sources;  /* the same */
} weft_reactors_desc;

/* Registers the reactors as a resource, MUT(weft_reactors) for handlers, and returns them. They end
 * with the world; resources that are registered later, and so end later, may still call with ids,
 * which are stale then. `desc` may be NULL. NULL if that fails; the builder knows why. [before
 * build] */
WEFT_API weft_reactors *weft_reactors_install(weft_builder *builder,
                                              const weft_reactors_desc *desc);

/* ---- reactors ------------------------------------------------------------------------------ */

/* A reactor whose body is a copy of `handler`, which takes IN(weft_reactor_event) or nothing.
 * id_out may be NULL. WEFT_ETYPE, WEFT_EINVAL if the handler is unbound or NULL, WEFT_EFULL,
 * WEFT_ENOMEM, WEFT_ESTALE while the world ends: reported, and the handler is still the
 * caller's. */
WEFT_API WEFT_CHECKED weft_status weft_reactors_spawn(weft_reactors *reactors,
                                                      const weft_handler *handler,
                                                      weft_reactor_id *id_out);

/* The same in two steps, for a body that has to know its own id when it is made: the id first, then
 * the handler. In between the reactor counts, and may be subscribed and removed. WEFT_EFULL,
 * WEFT_ENOMEM, WEFT_ESTALE, reported. */
WEFT_API WEFT_CHECKED weft_status weft_reactors_reserve(weft_reactors *reactors,
                                                        weft_reactor_id *id_out);

/* WEFT_ETYPE and WEFT_EINVAL as above, WEFT_ENOMEM, WEFT_ESTALE if the id was not reserved or is
 * removed, WEFT_EEXISTS if it has its handler already: reported, and the handler is still the
 * caller's. */
WEFT_API WEFT_CHECKED weft_status weft_reactors_fill(weft_reactors *reactors, weft_reactor_id id,
                                                     const weft_handler *handler);

/* Ends a reactor and its subscriptions: it does not run any more, and its handler is destroyed,
 * once it has returned if it is running, else before this returns. WEFT_ESTALE if it was removed
 * before: then nothing changes. */
WEFT_API weft_status weft_reactors_remove(weft_reactors *reactors, weft_reactor_id id);

/* True if it was spawned or reserved, and not removed. */
WEFT_API bool weft_reactors_has(const weft_reactors *reactors, weft_reactor_id id);

/* How many there are, reserved ones included. */
static inline size_t weft_reactors_len(const weft_reactors *reactors)
{
    return reactors->len;
}

/* ---- sources ------------------------------------------------------------------------------- */

/* A source without subscribers. WEFT_EFULL, WEFT_ENOMEM, WEFT_ESTALE while the world ends;
 * reported. */
WEFT_API WEFT_CHECKED weft_status weft_reactors_add_source(weft_reactors *reactors,
                                                           weft_source_id *source_out);

/* Ends a source, its subscriptions and its keys. WEFT_ESTALE if it was removed before. */
WEFT_API weft_status weft_reactors_remove_source(weft_reactors *reactors, weft_source_id source);

/* True if it was added, and not removed. */
WEFT_API bool weft_reactors_has_source(const weft_reactors *reactors, weft_source_id source);

/* How many there are. */
static inline size_t weft_reactors_source_len(const weft_reactors *reactors)
{
    return weft_slab_len(&reactors->sources);
}

/* From now on marks of the source run the reactor. Does nothing if it is subscribed already.
 * WEFT_ESTALE if either is removed: then nothing changes. WEFT_ENOMEM, reported. O(the shorter of
 * their lists of subscriptions). */
WEFT_API WEFT_CHECKED weft_status weft_reactors_subscribe(weft_reactors *reactors,
                                                          weft_reactor_id id,
                                                          weft_source_id source);

/* Not any more. Does nothing if it is not subscribed. WEFT_ESTALE as above; O() as above. */
WEFT_API weft_status weft_reactors_unsubscribe(weft_reactors *reactors, weft_reactor_id id,
                                               weft_source_id source);

/* ---- marking and dispatching --------------------------------------------------------------- */

/* Lets the source's reactors run in the next dispatch. WEFT_ESTALE if it is removed: then nothing
 * changes. */
WEFT_API weft_status weft_reactors_mark(weft_reactors *reactors, weft_source_id source);

/* Runs the reactors whose sources were marked since the last dispatch began, and what that one left
 * over. Returns how many ran. */
WEFT_API size_t weft_reactors_dispatch(weft_reactors *reactors, weft_world *world);

/* True if something is marked or left over, so that the loop must not sleep. */
static inline bool weft_reactors_marked(const weft_reactors *reactors)
{
    return reactors->marked.len > 0 || reactors->due.head < reactors->due.len ||
           reactors->turn.source;
}

/* How many reactors a dispatch would run now. O(subscriptions of marked sources). */
WEFT_API size_t weft_reactors_pending(weft_reactors *reactors);

/* ---- sources by key ------------------------------------------------------------------------ *
 *
 * Who marks often knows the source by another name than its id: an instrument's number, a pair of
 * them. A key is a value of any type, and of that type only: InstrumentId 1 and StrategyId 1 are
 * different keys. Keys are compared by the name of their type and by their bytes, so a struct that
 * is used as a key has no padding. A lookup hashes: once per subscription or message, not per
 * reactor.
 *
 *     if (weft_reactors_set_key(reactors, WEFT_KEY(InstrumentId, { 7 }), source)) return 1;
 *     if (weft_reactors_find_key(reactors, WEFT_KEY_FROM(InstrumentId, &fill->id), &source))
 *         weft_reactors_mark(reactors, source);
 */
typedef struct weft_key {
    const char *type_name; /* static text */
    const void *bytes;
    size_t size_bytes;
} weft_key;

/* weft_key WEFT_KEY(T, { initializer })     of that value
 * weft_key WEFT_KEY_FROM(T, const T *)      of the value there
 * Both are for use in a call; what they point to is copied by whoever keeps it. */
#define WEFT_KEY(T, ...)       WEFT_X_KEY(T, WEFT_X_VALUE(T, __VA_ARGS__))
#define WEFT_KEY_FROM(T, from) WEFT_X_KEY(T, WEFT_X_POINTER(T, from))
#ifdef __cplusplus
#define WEFT_X_KEY(T, value) (weft_key{ WEFT_X_STR(T), (value), sizeof(T) })
#else
#define WEFT_X_KEY(T, value) ((weft_key){ WEFT_X_STR(T), (value), sizeof(T) })
#endif

/* Names a source by the key, instead of the one that it named before. A source may have many keys.
 * WEFT_ESTALE if it is removed; WEFT_ENOMEM, reported. */
WEFT_API WEFT_CHECKED weft_status weft_reactors_set_key(weft_reactors *reactors, weft_key key,
                                                        weft_source_id source);

/* The source of that key; false and untouched if there is none, or if it is removed. */
WEFT_API bool weft_reactors_find_key(const weft_reactors *reactors, weft_key key,
                                     weft_source_id *source_out);

/* Forgets the key; its source stays. False if there is none, as above. */
WEFT_API bool weft_reactors_drop_key(weft_reactors *reactors, weft_key key);

/* ---- inspection ---------------------------------------------------------------------------- */

/* Verifies the invariants; on failure *why_out is a static sentence. O(all). */
WEFT_API bool weft_reactors_check(const weft_reactors *reactors, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
