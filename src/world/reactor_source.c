/* Sources, subscriptions and marks. What goes on is told in reactor_parts.h. */
#include "reactor_parts.h"

#include <string.h>

_Static_assert(sizeof(weft_source) == 64, "a source is a cache line");

enum { FIRST_CAPACITY = 4, FIRST_LISTS = 32 };

static weft_source_list *list_of(weft_reactors *reactors, unsigned side)
{
    return side == reactors->side ? &reactors->marked : &reactors->due;
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* Moves what is still to have its turn to the list's beginning. There are at most half as many
 * sources as places, so half of the places are free then. */
static __attribute__((noinline)) void list_close(weft_source_list *list, unsigned side)
{
    uint32_t kept = 0;
    for (uint32_t i = list->head; i < list->len; i++) {
        weft_source *source = list->items[i];
        if (!source)
            continue;
        source->turns[side].position = kept;
        list->items[kept++] = source;
    }
    list->head = 0;
    list->len = kept;
}

weft_status weft_reactors_mark(weft_reactors *reactors, weft_source_id id)
{
    weft_source *source = weft_source_find(reactors, id);
    if (!source)
        return WEFT_ESTALE;
    if (source->len == source->holes)
        return WEFT_OK;
    weft_turn *turn = &source->turns[reactors->side];
    turn->to = source->len;
    if (turn->pass == reactors->pass + 1)
        return WEFT_OK; /* it is listed */
    weft_source_list *list = &reactors->marked;
    if (list->len == reactors->known_cap)
        list_close(list, reactors->side);
    turn->pass = reactors->pass + 1;
    turn->position = list->len;
    list->items[list->len++] = source;
    return WEFT_OK;
}

void weft_sources_merge(weft_reactors *reactors)
{
    const unsigned side = reactors->side;
    weft_source_list *due = &reactors->due;
    list_close(due, side ^ 1);
    for (uint32_t i = 0; i < reactors->marked.len; i++) {
        weft_source *source = reactors->marked.items[i];
        if (!source)
            continue;
        const bool listed = weft_source_listed(due, source, side ^ 1);
        const uint32_t position = listed ? source->turns[side ^ 1].position : due->len++;
        source->turns[side ^ 1] = source->turns[side];
        source->turns[side ^ 1].position = position;
        due->items[position] = source;
    }
    reactors->marked.len = 0;
}

static size_t count_turn(weft_reactors *reactors, const weft_source *source, uint32_t from,
                         uint32_t to, uint64_t pass)
{
    size_t count = 0;
    for (uint32_t i = from; i < to; i++) {
        weft_reactor *reactor = source->subscribers[i];
        if (!reactor || reactor->ran >= pass || reactor->counted == reactors->counting)
            continue;
        reactor->counted = reactors->counting;
        count++;
    }
    return count;
}

static size_t count_list(weft_reactors *reactors, unsigned side)
{
    const weft_source_list *list = list_of(reactors, side);
    size_t count = 0;
    for (uint32_t i = list->head; i < list->len; i++) {
        const weft_source *source = list->items[i];
        if (source)
            count +=
                count_turn(reactors, source, 0, source->turns[side].to, source->turns[side].pass);
    }
    return count;
}

size_t weft_reactors_pending(weft_reactors *reactors)
{
    reactors->counting++;
    size_t count = 0;
    if (reactors->turn.source)
        count = count_turn(reactors, reactors->turn.source, reactors->turn.at, reactors->turn.to,
                           reactors->turn.pass);
    count += count_list(reactors, reactors->side ^ 1);
    return count + count_list(reactors, reactors->side);
}

/* ---- the row --------------------------------------------------------------------------------- */

static size_t row_bytes(uint32_t cap)
{
    return cap * (sizeof(weft_reactor *) + sizeof(weft_link *));
}

static void row_free(const weft_reactors *reactors, const weft_source *source)
{
    weft_free(weft_world_allocator(reactors->world), source->subscribers, row_bytes(source->cap),
              _Alignof(weft_reactor *));
}

/* Where a position is when the holes before it are closed. */
static uint32_t closed(const weft_source *source, uint32_t position)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < position; i++)
        kept += source->subscribers[i] != NULL;
    return kept;
}

static void close_holes(weft_reactors *reactors, weft_source *source)
{
    for (unsigned side = 0; side < 2; side++)
        if (weft_source_listed(list_of(reactors, side), source, side))
            source->turns[side].to = closed(source, source->turns[side].to);
    if (reactors->turn.source == source) {
        reactors->turn.at = closed(source, reactors->turn.at);
        reactors->turn.to = closed(source, reactors->turn.to);
        reactors->disturbed = true;
    }
    weft_link **const links = weft_source_links(source);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < source->len; i++) {
        if (!source->subscribers[i])
            continue;
        source->subscribers[kept] = source->subscribers[i];
        links[kept] = links[i];
        links[kept]->position = kept;
        kept++;
    }
    source->len = kept;
    source->holes = 0;
}

/* Room for one more subscriber, or false. */
static bool row_reserve(weft_reactors *reactors, weft_source *source)
{
    if (source->len < source->cap)
        return true;
    if (source->holes > source->len / 4) {
        close_holes(reactors, source);
        return true;
    }
    if (source->cap > UINT32_MAX / 2)
        return false;
    const uint32_t cap = source->cap ? source->cap * 2 : FIRST_CAPACITY;
    weft_reactor **subscribers =
        weft_alloc(weft_world_allocator(reactors->world), row_bytes(cap), _Alignof(weft_reactor *));
    if (!subscribers)
        return false;
    weft_source grown = *source;
    grown.subscribers = subscribers;
    grown.cap = cap;
    if (source->len) {
        memcpy(subscribers, source->subscribers, source->len * sizeof *subscribers);
        memcpy(weft_source_links(&grown), weft_source_links(source),
               source->len * sizeof(weft_link *));
    }
    row_free(reactors, source);
    *source = grown;
    if (reactors->turn.source == source)
        reactors->disturbed = true;
    return true;
}

/* ---- subscriptions --------------------------------------------------------------------------- */

/* The subscription of one to the other, or NULL. */
static weft_link *find_link(const weft_reactor *reactor, const weft_source *source)
{
    if (reactor->link_len > source->len) {
        for (uint32_t i = 0; i < source->len; i++)
            if (source->subscribers[i] == reactor)
                return weft_source_links(source)[i];
        return NULL;
    }
    weft_link *link = reactor->links;
    while (link && link->source != source)
        link = link->next;
    return link;
}

/* Takes the link from the reactor's list and ends it. */
static void drop_link(weft_reactors *reactors, weft_link *link)
{
    if (link->prev)
        link->prev->next = link->next;
    else
        link->reactor->links = link->next;
    if (link->next)
        link->next->prev = link->prev;
    link->reactor->link_len--;
    weft_slab_give(&reactors->links, link->id);
}

static void unsubscribe(weft_reactors *reactors, weft_link *link)
{
    weft_source *source = link->source;
    source->subscribers[link->position] = NULL;
    weft_source_links(source)[link->position] = NULL;
    source->holes++;
    drop_link(reactors, link);
    if (weft_source_is_sparse(source))
        close_holes(reactors, source);
}

void weft_reactor_unlink(weft_reactors *reactors, weft_reactor *reactor)
{
    while (reactor->links)
        unsubscribe(reactors, reactor->links);
}

weft_status weft_reactors_subscribe(weft_reactors *reactors, weft_reactor_id id,
                                    weft_source_id source_id)
{
    weft_reactor *reactor = weft_reactor_find(reactors, id);
    weft_source *source = weft_source_find(reactors, source_id);
    if (!reactor || !source)
        return WEFT_ESTALE;
    if (find_link(reactor, source))
        return WEFT_OK;
    weft_slab_id place;
    weft_link *link =
        row_reserve(reactors, source) ? weft_slab_take(&reactors->links, &place) : NULL;
    if (!link)
        return weft_report(reactors->world, WEFT_ENOMEM,
                           "no memory for a subscription beside the %u that there are",
                           weft_slab_len(&reactors->links));
    *link = (weft_link){ .reactor = reactor,
                         .source = source,
                         .next = reactor->links,
                         .position = source->len,
                         .id = place };
    if (reactor->links)
        reactor->links->prev = link;
    reactor->links = link;
    reactor->link_len++;
    source->subscribers[source->len] = reactor;
    weft_source_links(source)[source->len] = link;
    source->len++;
    return WEFT_OK;
}

weft_status weft_reactors_unsubscribe(weft_reactors *reactors, weft_reactor_id id,
                                      weft_source_id source_id)
{
    const weft_reactor *reactor = weft_reactor_find(reactors, id);
    const weft_source *source = weft_source_find(reactors, source_id);
    if (!reactor || !source)
        return WEFT_ESTALE;
    weft_link *link = find_link(reactor, source);
    if (link)
        unsubscribe(reactors, link);
    return WEFT_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

enum { LISTS = 3 };

static void lists_free(const weft_reactors *reactors)
{
    weft_free(weft_world_allocator(reactors->world), reactors->known,
              LISTS * sizeof(weft_source *) * reactors->known_cap, _Alignof(weft_source *));
}

/* Room for `len` sources, the last of them at `index`: both lists have twice as many places as
 * there are sources. False if there is no memory, and nothing changes. */
static bool lists_reserve(weft_reactors *reactors, uint32_t len, uint32_t index)
{
    if (len <= reactors->known_cap / 2 && index < reactors->known_cap)
        return true;
    size_t cap = FIRST_LISTS;
    while (cap / 2 < len || cap <= index)
        cap *= 2;
    if (cap > UINT32_MAX)
        return false;
    weft_source **lists = weft_alloc(weft_world_allocator(reactors->world),
                                     LISTS * sizeof *lists * cap, _Alignof(weft_source *));
    if (!lists)
        return false;
    memset(lists, 0, LISTS * sizeof *lists * cap);
    weft_source_list *const both[] = { &reactors->marked, &reactors->due };
    for (size_t i = 0; i < 2; i++) {
        weft_source **items = lists + (i + 1) * cap;
        if (both[i]->len)
            memcpy(items, both[i]->items, both[i]->len * sizeof *items);
        both[i]->items = items;
    }
    if (reactors->known_cap)
        memcpy(lists, reactors->known, reactors->known_cap * sizeof *lists);
    lists_free(reactors);
    reactors->known = lists;
    reactors->known_cap = (uint32_t)cap;
    return true;
}

weft_status weft_sources_init(weft_reactors *reactors, uint32_t most)
{
    const weft_status status =
        weft_slab_init(&reactors->sources, weft_world_allocator(reactors->world),
                       sizeof(weft_source), REACTOR_ALIGN_BYTES, most);
    if (status == WEFT_OK && most > 0 && !lists_reserve(reactors, most, most - 1))
        return WEFT_ENOMEM;
    return status;
}

weft_status weft_reactors_add_source(weft_reactors *reactors, weft_source_id *source_out)
{
    if (reactors->ending)
        return weft_report(reactors->world, WEFT_ESTALE, "a source comes too late: the world ends");
    weft_slab_id id;
    weft_source *source = weft_slab_take(&reactors->sources, &id);
    const bool full = !source && weft_slab_full(&reactors->sources);
    if (source && !lists_reserve(reactors, weft_slab_len(&reactors->sources), id.index)) {
        weft_slab_give(&reactors->sources, id);
        source = NULL;
    }
    if (!source)
        return weft_report(reactors->world, full ? WEFT_EFULL : WEFT_ENOMEM,
                           full ? "no source: all %u are taken; raise weft_reactors_desc.sources"
                                : "no memory for a source beside the %u that there are",
                           weft_slab_len(&reactors->sources));
    *source = (weft_source){ .id = { id.index, id.generation } };
    reactors->known[id.index] = source;
    *source_out = source->id;
    return WEFT_OK;
}

static void source_release(weft_reactors *reactors, weft_source *source)
{
    for (uint32_t i = 0; i < source->len; i++)
        if (source->subscribers[i])
            drop_link(reactors, weft_source_links(source)[i]);
    row_free(reactors, source);
    reactors->known[source->id.index] = NULL;
    weft_slab_give(&reactors->sources, (weft_slab_id){ source->id.index, source->id.generation });
}

weft_status weft_reactors_remove_source(weft_reactors *reactors, weft_source_id id)
{
    weft_source *source = weft_source_find(reactors, id);
    if (!source)
        return WEFT_ESTALE;
    for (unsigned side = 0; side < 2; side++) {
        weft_source_list *list = list_of(reactors, side);
        if (weft_source_listed(list, source, side))
            list->items[source->turns[side].position] = NULL;
    }
    if (reactors->turn.source == source) {
        reactors->turn.source = NULL;
        reactors->disturbed = true;
    }
    source_release(reactors, source);
    return WEFT_OK;
}

bool weft_reactors_has_source(const weft_reactors *reactors, weft_source_id id)
{
    return weft_source_find(reactors, id) != NULL;
}

void weft_sources_fini(weft_reactors *reactors)
{
    weft_source *source;
    for (uint32_t at = 0; (source = weft_slab_next(&reactors->sources, &at));)
        source_release(reactors, source);
    lists_free(reactors);
    weft_slab_fini(&reactors->sources);
}
