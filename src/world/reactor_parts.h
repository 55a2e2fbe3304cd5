/* What the files of the reactors share.
 *
 * A source has a row of subscribers in the order of subscription, and each subscription a link that
 * both its ends find:
 *
 *     source   subscribers | a | b | . | c |        a hole where somebody has left
 *              links       | 1 | 2 | . | 3 |
 *     reactor a: 1 -> 7 -> 4                        its links, in any order
 *
 * The row is dense in what a dispatch reads, and nobody moves when somebody leaves; holes are
 * closed when there are many, or when room is needed.
 *
 * Marking a source notes how long its row is and puts it in a list; its turn is the part of the row
 * up to there, so that later subscribers do not belong to it, and those who leave are gone from it.
 * A source has two turns, one in the list that is dispatched and one for marks made meanwhile.
 *
 * A turn carries the number of the dispatch that it was marked for, and a reactor that of the last
 * one it ran in. It runs if its own is smaller. That is all there is to running once per dispatch,
 * and it holds for what was left over as well: who ran before the failure does not run again.
 */
#ifndef WEFT_WORLD_REACTOR_PARTS_H
#define WEFT_WORLD_REACTOR_PARTS_H

#include <weft/reactor.h>
#include <weft/storage.h>

enum { REACTOR_HANDLER_BYTES = 64, REACTOR_ALIGN_BYTES = 64 };
WEFT_STORAGE(weft_reactor_storage, REACTOR_HANDLER_BYTES);

/* `ran` of a reactor without a handler: later than every turn. */
#define WEFT_REACTOR_UNFILLED UINT64_MAX

/* A body with up to four resources or words of its own runs out of one cache line. */
typedef struct weft_reactor {
    uint64_t ran; /* number of the last dispatch that ran it */
    weft_reactor_event event;
    weft_reactor_storage handler;
    struct weft_link *links;
    uint32_t link_len;
    bool removed;
    uint64_t counted; /* see weft_reactors.counting */
} weft_reactor;

typedef struct weft_link {
    weft_reactor *reactor;
    struct weft_source *source;
    struct weft_link *next, *prev; /* of the reactor's */
    uint32_t position;             /* in the source's row */
    weft_slab_id id;
} weft_link;

typedef struct weft_turn {
    uint64_t pass;     /* it was marked for */
    uint32_t to;       /* the part of the row */
    uint32_t position; /* in its list, while it is there */
} weft_turn;

/* A cache line. The row is one block: `cap` subscribers, NULL for a hole, and `cap` links. */
typedef struct weft_source {
    weft_reactor **subscribers;
    uint32_t len, cap;
    uint32_t holes;
    weft_source_id id;
    weft_turn turns[2];
} weft_source;

/* A dispatch that is under way, on its stack. */
typedef struct weft_dispatch {
    weft_reactors *reactors;
    struct weft_dispatch *outer;
    weft_reactor *running;
    size_t count;
} weft_dispatch;

/* The reactor, or NULL if the id is stale. */
weft_reactor *weft_reactor_find(const weft_reactors *reactors, weft_reactor_id id);

/* Ends all subscriptions of a reactor. */
void weft_reactor_unlink(weft_reactors *reactors, weft_reactor *reactor);

/* Puts what is marked behind what is due already. A source that is in both lists keeps its place,
 * with its newer turn. */
void weft_sources_merge(weft_reactors *reactors);

/* Sources with room for `most`; 0: grows. WEFT_ENOMEM. */
weft_status weft_sources_init(weft_reactors *reactors, uint32_t most);

void weft_sources_fini(weft_reactors *reactors);
void weft_keys_fini(const weft_reactors *reactors);

/* A sentence about what is wrong with the keys, or NULL. */
const char *weft_keys_fault(const weft_reactors *reactors);

static inline bool weft_reactor_is_running(const weft_reactors *reactors,
                                           const weft_reactor *reactor)
{
    for (const weft_dispatch *at = reactors->dispatches; at; at = at->outer)
        if (at->running == reactor)
            return true;
    return false;
}

/* The source, or NULL if the id is stale. */
static inline weft_source *weft_source_find(const weft_reactors *reactors, weft_source_id id)
{
    weft_source *source = id.index < reactors->known_cap ? reactors->known[id.index] : NULL;
    return source && source->id.generation == id.generation ? source : NULL;
}

static inline weft_link **weft_source_links(const weft_source *source)
{
    return (weft_link **)(source->subscribers + source->cap);
}

/* True if the row has so many holes that they are closed: a dispatch walks along it. */
static inline bool weft_source_is_sparse(const weft_source *source)
{
    enum { HOLES_WORTH_CLOSING = 16 };
    return source->holes >= HOLES_WORTH_CLOSING && source->holes > source->len / 2;
}

/* True if the source is in that list, where its turn of that side says. */
static inline bool weft_source_listed(const weft_source_list *list, const weft_source *source,
                                      unsigned side)
{
    const uint32_t position = source->turns[side].position;
    return position >= list->head && position < list->len && list->items[position] == source;
}

#endif
