#include "graph.h"

#include <stdlib.h>
#include <string.h>

/* ---- clocks ---------------------------------------------------------------------------------- */

/* Release sequences are C++20's: a write with release order, or one behind a release fence, and the
 * chain of exclusive writes behind it. */
static void set_clocks(graph *g, event *e)
{
    const clock_of_threads none = { 0 };
    const event *last = e->index > 1 ? &g->events[g->threads[e->thread][e->index - 2]] : NULL;
    e->causes = last ? last->causes : none;
    e->before = last ? last->before : none;
    e->to_acquire = last ? last->to_acquire : none;
    e->released = last ? last->released : none;
    e->causes.events[e->thread] = e->index;
    e->before.events[e->thread] = e->index;
    if (e->kind == EVENT_READ && e->reads_from != INITIAL) {
        const event *write = &g->events[e->reads_from];
        clock_join(&e->causes, &write->causes);
        clock_join(&e->to_acquire, &write->message);
        if (acquires(e))
            clock_join(&e->before, &write->message);
    }
    if (e->kind == EVENT_FENCE && acquires(e))
        clock_join(&e->before, &e->to_acquire);
    if (e->kind == EVENT_FENCE && releases(e))
        e->released = e->before;
    if (e->kind == EVENT_WRITE) {
        e->message = releases(e) ? e->before : e->released;
        if (e->exclusive && last->reads_from != INITIAL)
            clock_join(&e->message, &g->events[last->reads_from].message);
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

int graph_find_place(const graph *g, const void *address)
{
    for (int p = 0; p < g->places_len; p++)
        if (g->places[p].address == address)
            return p;
    return -1;
}

int graph_place(graph *g, const void *address, size_t size_bytes, uint64_t initial)
{
    int p = graph_find_place(g, address);
    if (p >= 0)
        return p;
    p = graph_find_place(g, NULL);
    if (p < 0) {
        if (g->places_len == PLACES)
            return -1;
        p = g->places_len++;
    }
    location *at = &g->places[p];
    at->address = address;
    at->size_bytes = (uint8_t)size_bytes;
    at->len = 0;
    at->initial = initial;
    return p;
}

/* ---- growing --------------------------------------------------------------------------------- */

int graph_add(graph *g, const event *e)
{
    const int id = g->len++;
    event *added = &g->events[id];
    *added = *e;
    g->threads[e->thread][g->threads_len[e->thread]++] = (int16_t)id;
    added->index = g->threads_len[e->thread];
    added->reads_from = INITIAL;
    set_clocks(g, added);
    return id;
}

void graph_read_from(graph *g, int read, int write)
{
    event *e = &g->events[read];
    e->reads_from = (int16_t)write;
    e->value = value_at(g, e->place, write);
    if (e->compares)
        e->order = e->value == e->expected ? e->success_order : e->failure_order;
    set_clocks(g, e);
}

void graph_insert(graph *g, int write, int position)
{
    event *e = &g->events[write];
    location *at = &g->places[e->place];
    for (int i = at->len; i >= position; i--) {
        at->order[i] = at->order[i - 1];
        g->events[at->order[i]].position++;
    }
    at->order[position - 1] = (int16_t)write;
    at->len++;
    e->position = (uint8_t)position;
}

void graph_take_out(graph *g, int write)
{
    location *at = &g->places[g->events[write].place];
    at->len--;
    for (int i = g->events[write].position - 1; i < at->len; i++) {
        at->order[i] = at->order[i + 1];
        g->events[at->order[i]].position--;
    }
}

int graph_coherent_floor(const graph *g, const event *e)
{
    const event *last = e->index > 1 ? &g->events[g->threads[e->thread][e->index - 2]] : NULL;
    int floor = 0;
    if (!last)
        return floor;
    for (int i = 0; i < g->len; i++) {
        const event *other = &g->events[i];
        if (touches(other, e->place) && in_clock(other, &last->before)) {
            const int position = position_of(g, other);
            floor = position > floor ? position : floor;
        }
    }
    return floor;
}

bool graph_may_insert(const graph *g, const event *write, int position)
{
    const location *at = &g->places[write->place];
    if (position <= at->len && g->events[at->order[position - 1]].exclusive)
        return false;
    if (!write->exclusive)
        return true;
    const event *read = &g->events[g->threads[write->thread][write->index - 2]];
    return position == position_of(g, read) + 1;
}

/* ---- shrinking ------------------------------------------------------------------------------- */

void graph_restrict(graph *to, const graph *from, const bits *keep)
{
    int16_t number[EVENTS];
    int len = 0;
    to->next_thread = -1;
    to->places_len = from->places_len;
    memset(to->threads_len, 0, sizeof to->threads_len);
    bool used[PLACES] = { false };
    for (int i = 0; i < from->len; i++) {
        if (!has(keep, i))
            continue;
        number[i] = (int16_t)len;
        event *e = &to->events[len];
        *e = from->events[i];
        to->threads[e->thread][to->threads_len[e->thread]++] = (int16_t)len++;
        if (e->kind != EVENT_FENCE)
            used[e->place] = true;
    }
    to->len = len;
    /* What is read may have been added behind the read. */
    for (int i = 0; i < len; i++)
        if (to->events[i].kind == EVENT_READ && to->events[i].reads_from != INITIAL)
            to->events[i].reads_from = number[to->events[i].reads_from];
    for (int p = 0; p < from->places_len; p++) {
        const location *source = &from->places[p];
        location *at = &to->places[p];
        at->address = used[p] ? source->address : NULL;
        at->size_bytes = source->size_bytes;
        at->initial = source->initial;
        at->len = 0;
        for (int i = 0; i < source->len; i++) {
            if (!has(keep, source->order[i]))
                continue;
            at->order[at->len++] = number[source->order[i]];
            to->events[number[source->order[i]]].position = at->len;
        }
    }
}

struct graph_copy {
    int len, next_thread, places_len;
    uint8_t threads_len[MODEL_THREADS];
    event events[];
};

static size_t places_offset(int len)
{
    return sizeof(struct graph_copy) + (size_t)len * sizeof(event);
}

struct graph_copy *graph_save(const graph *g)
{
    const size_t offset = places_offset(g->len);
    struct graph_copy *copy = malloc(offset + (size_t)g->places_len * sizeof(location));
    if (!copy)
        abort();
    copy->len = g->len;
    copy->next_thread = g->next_thread;
    copy->places_len = g->places_len;
    memcpy(copy->threads_len, g->threads_len, sizeof g->threads_len);
    memcpy(copy->events, g->events, (size_t)g->len * sizeof(event));
    memcpy((char *)copy + offset, g->places, (size_t)g->places_len * sizeof(location));
    return copy;
}

void graph_load(graph *g, struct graph_copy *copy)
{
    g->len = copy->len;
    g->next_thread = copy->next_thread;
    g->places_len = copy->places_len;
    memcpy(g->threads_len, copy->threads_len, sizeof g->threads_len);
    memcpy(g->events, copy->events, (size_t)g->len * sizeof(event));
    memcpy(g->places, (char *)copy + places_offset(copy->len),
           (size_t)g->places_len * sizeof(location));
    for (int i = 0; i < g->len; i++)
        g->threads[g->events[i].thread][g->events[i].index - 1] = (int16_t)i;
    free(copy);
}
