/* The invariants of reactors, sources and what lies between them. */
#include "reactor_parts.h"

static const char *row_fault(const weft_source *source)
{
    uint32_t holes = 0;
    if (source->len > source->cap)
        return "a source has more subscribers than room";
    for (uint32_t i = 0; i < source->len; i++) {
        const weft_reactor *subscriber = source->subscribers[i];
        const weft_link *link = weft_source_links(source)[i];
        if (!link != !subscriber)
            return "a subscriber has no link, or a hole has one";
        holes += !link;
        if (link && (link->reactor != subscriber || link->source != source || link->position != i))
            return "a link does not lie where it says";
    }
    if (holes != source->holes)
        return "a source has counted its holes wrongly";
    return weft_source_is_sparse(source) ? "a source has more holes than subscribers" : NULL;
}

static const char *sources_fault(const weft_reactors *reactors)
{
    size_t links = 0;
    uint32_t known = 0;
    const weft_source *source;
    for (uint32_t at = 0; (source = weft_slab_next(&reactors->sources, &at));) {
        const char *why = row_fault(source);
        if (why)
            return why;
        if (weft_source_find(reactors, source->id) != source)
            return "a source's id does not find it";
        links += source->len - source->holes;
        if (source->turns[reactors->side].pass == reactors->pass + 1 &&
            !weft_source_listed(&reactors->marked, source, reactors->side))
            return "a source is marked, but not listed";
    }
    for (uint32_t i = 0; i < reactors->known_cap; i++)
        known += reactors->known[i] != NULL;
    if (known != weft_slab_len(&reactors->sources) || known > reactors->known_cap / 2)
        return "the sources do not add up";
    return links == weft_slab_len(&reactors->links) ? NULL : "the subscriptions do not add up";
}

static const char *list_fault(const weft_reactors *reactors, const weft_source_list *list,
                              unsigned side, uint64_t least, uint64_t most)
{
    if (list->head > list->len || list->len > reactors->known_cap)
        return "a list of turns has left its places";
    for (uint32_t i = list->head; i < list->len; i++) {
        const weft_source *source = list->items[i];
        if (!source)
            continue;
        const weft_turn *turn = &source->turns[side];
        if (weft_source_find(reactors, source->id) != source)
            return "a removed source has a turn";
        if (turn->position != i)
            return "a turn does not lie where it says";
        if (turn->to > source->len)
            return "a turn is longer than its source's row";
        if (turn->pass < least || turn->pass > most)
            return "a turn is in the list of another dispatch";
    }
    return NULL;
}

static const char *turns_fault(const weft_reactors *reactors)
{
    const uint64_t pass = reactors->pass;
    const char *why = list_fault(reactors, &reactors->due, reactors->side ^ 1, 1, pass);
    if (!why)
        why = list_fault(reactors, &reactors->marked, reactors->side, pass + 1, pass + 1);
    if (why)
        return why;
    const weft_source *source = reactors->turn.source;
    if (!source)
        return NULL;
    if (weft_source_find(reactors, source->id) != source)
        return "it is a removed source's turn";
    if (reactors->turn.at > reactors->turn.to || reactors->turn.to > source->len ||
        reactors->turn.pass > reactors->pass)
        return "the turn has left its row";
    return NULL;
}

static const char *reactor_fault(const weft_reactors *reactors, const weft_reactor *reactor)
{
    uint32_t links = 0;
    const weft_link *prev = NULL;
    for (const weft_link *link = reactor->links; link; link = link->next) {
        if (link->reactor != reactor || link->prev != prev || links++ > reactor->link_len)
            return "a reactor's subscriptions are linked wrongly";
        if (weft_slab_get(&reactors->links, link->id) != link)
            return "a reactor has a subscription that has ended";
        prev = link;
    }
    if (links != reactor->link_len)
        return "a reactor has counted its subscriptions wrongly";
    if (reactor->removed)
        return links || !weft_reactor_is_running(reactors, reactor)
                   ? "a removed reactor does not run, but keeps its place or a subscription"
                   : NULL;
    if (weft_reactor_find(reactors, reactor->event.id) != reactor)
        return "a reactor's id is not the one of its place";
    if (reactor->ran != WEFT_REACTOR_UNFILLED && reactor->ran > reactors->pass)
        return "a reactor ran in a dispatch that is to come";
    if (reactor->ran != WEFT_REACTOR_UNFILLED && !reactor->handler.base.run)
        return "a reactor has no handler, but is not waiting for one";
    return NULL;
}

static const char *reactors_fault(const weft_reactors *reactors)
{
    uint32_t len = 0;
    const weft_reactor *reactor;
    for (uint32_t at = 0; (reactor = weft_slab_next(&reactors->reactors, &at));) {
        const char *why = reactor_fault(reactors, reactor);
        if (why)
            return why;
        len += !reactor->removed;
    }
    return len == reactors->len ? NULL : "the reactors do not add up";
}

bool weft_reactors_check(const weft_reactors *reactors, const char **why_out)
{
    if (!weft_slab_check(&reactors->reactors, why_out) ||
        !weft_slab_check(&reactors->sources, why_out) ||
        !weft_slab_check(&reactors->links, why_out))
        return false;
    const char *why = sources_fault(reactors);
    if (!why)
        why = turns_fault(reactors);
    if (!why)
        why = reactors_fault(reactors);
    if (!why)
        why = weft_keys_fault(reactors);
    if (why)
        *why_out = why;
    return !why;
}
