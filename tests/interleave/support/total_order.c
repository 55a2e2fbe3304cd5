/* Sequential consistency, as RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing Sequential
 * Consistency in C/C++11", 2017) says it and C++20 took it over: the relation psc over the events
 * with that order must have no cycle. With hb for happens-before, mo for the order of a place's
 * writes, fr from a read to the writes behind what it reads, eco = (rf | mo | fr)+, E for such
 * reads and writes and F for such fences:
 *
 *     scb = po | po-elsewhere; hb; po-elsewhere | hb-same-place | mo | fr
 *     psc = ([E] | [F]; hb?); scb; ([E] | hb?; [F])  |  [F]; (hb | hb; eco; hb); [F]
 *
 * Sets of events stand for the relations, by the predecessors of an event.
 */
#include <string.h>

#include "graph.h"

typedef struct order {
    const graph *g;
    bits prefix[MODEL_THREADS][EVENTS + 1]; /* of a thread's events, the first so many */
    bits at[PLACES];                        /* the reads and writes of a place */
    bits fences;                            /* with total order */
    int nodes[EVENTS], nodes_len;           /* all with total order */
} order;

static bool is_total(const event *e)
{
    return e->order == __ATOMIC_SEQ_CST;
}

static bits before(const order *o, const event *e)
{
    bits set = { { 0 } };
    for (int t = 0; t < MODEL_THREADS; t++) {
        const int len = e->before.events[t] - (t == e->thread);
        if (len > 0)
            unite(&set, &o->prefix[t][len]);
    }
    return set;
}

/* Events of the place that end below a position: mo | fr, and what leads on from there by rf. */
static void add_below(const order *o, int place, int writes_below, int reads_below, bits *set)
{
    for (int i = 0; i < o->g->len; i++) {
        if (!has(&o->at[place], i))
            continue;
        const event *e = &o->g->events[i];
        if (position_of(o->g, e) < (e->kind == EVENT_WRITE ? writes_below : reads_below))
            put(set, i);
    }
}

/* x; hb; e with a step to another place on either side of hb. */
static void add_elsewhere(const order *o, const event *e, bits *set)
{
    const graph *g = o->g;
    int i = e->index - 1;
    while (i > 0 && touches(&g->events[g->threads[e->thread][i - 1]], e->place))
        i--;
    if (i == 0)
        return;
    const event *last = &g->events[g->threads[e->thread][i - 1]];
    for (int t = 0; t < MODEL_THREADS; t++) {
        int k = last->before.events[t] - (t == last->thread);
        if (k <= 0)
            continue;
        /* All before the last, but for those at its place with nothing else in between. */
        const event *end = &g->events[g->threads[t][k - 1]];
        while (k > 0 && end->kind != EVENT_FENCE &&
               touches(&g->events[g->threads[t][k - 1]], end->place))
            k--;
        unite(set, &o->prefix[t][end->kind == EVENT_FENCE ? k - 1 : k]);
    }
}

static bits scb_into(const order *o, const event *e)
{
    bits set = o->prefix[e->thread][e->index - 1];
    if (e->kind == EVENT_FENCE)
        return set;
    add_elsewhere(o, e, &set);
    const bits hb = before(o, e);
    for (int w = 0; w < WORDS; w++)
        set.word[w] |= hb.word[w] & o->at[e->place].word[w];
    if (e->kind == EVENT_WRITE)
        add_below(o, e->place, e->position, e->position, &set);
    return set;
}

static bits eco_into(const order *o, const event *e)
{
    bits set = { { 0 } };
    const int position = e->kind == EVENT_FENCE ? 0 : position_of(o->g, e);
    if (e->kind == EVENT_WRITE)
        add_below(o, e->place, position, position, &set);
    if (e->kind == EVENT_READ)
        add_below(o, e->place, position + 1, position, &set);
    return set;
}

/* The fences that are, or happen before, an event of the set. */
static void add_fences_before(const order *o, const bits *of, bits *set)
{
    for (int i = 0; i < o->g->len; i++) {
        if (!has(of, i))
            continue;
        const bits hb = before(o, &o->g->events[i]);
        for (int w = 0; w < WORDS; w++)
            set->word[w] |=
                (hb.word[w] | (UINT64_C(1) << (i % 64)) * (w == i / 64)) & o->fences.word[w];
    }
}

static bool any(const bits *set)
{
    for (int w = 0; w < WORDS; w++)
        if (set->word[w])
            return true;
    return false;
}

static bits psc_into(const order *o, int node)
{
    const event *e = &o->g->events[node];
    bits into = scb_into(o, e), eco = { { 0 } };
    const bits hb = before(o, e);
    const bool is_fence = e->kind == EVENT_FENCE;
    for (int i = 0; is_fence && i < o->g->len; i++) {
        if (!has(&hb, i))
            continue;
        const bits scb = scb_into(o, &o->g->events[i]), by_eco = eco_into(o, &o->g->events[i]);
        unite(&into, &scb);
        unite(&eco, &by_eco);
    }
    bits set = into;
    if (any(&o->fences)) {
        add_fences_before(o, &into, &set);
        if (is_fence) {
            add_fences_before(o, &eco, &set);
            add_fences_before(o, &hb, &set);
        }
    }
    return set;
}

static void collect(order *o, const graph *g)
{
    o->g = g;
    o->nodes_len = 0;
    memset(&o->fences, 0, sizeof o->fences);
    memset(&o->at, 0, (size_t)g->places_len * sizeof *o->at);
    for (int t = 0; t < MODEL_THREADS; t++) {
        bits set = { { 0 } };
        o->prefix[t][0] = set;
        for (int i = 0; i < g->threads_len[t]; i++) {
            put(&set, g->threads[t][i]);
            o->prefix[t][i + 1] = set;
        }
    }
    for (int i = 0; i < g->len; i++) {
        if (g->events[i].kind != EVENT_FENCE)
            put(&o->at[g->events[i].place], i);
        if (!is_total(&g->events[i]))
            continue;
        o->nodes[o->nodes_len++] = i;
        if (g->events[i].kind == EVENT_FENCE)
            put(&o->fences, i);
    }
}

/* Nothing leads on from a read of the last write, or from that write, so it closes no cycle. */
bool graph_total_order_exists(const graph *g, int added)
{
    const event *e = &g->events[added];
    if (position_of(g, e) == g->places[e->place].len)
        return true;
    order o;
    collect(&o, g);
    bits into[EVENTS], left = { { 0 } };
    for (int n = 0; n < o.nodes_len; n++) {
        into[n] = psc_into(&o, o.nodes[n]);
        put(&left, o.nodes[n]);
    }
    /* Takes away who has no predecessor left, until nobody is left or nobody can go. */
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = 0; n < o.nodes_len; n++) {
            if (!has(&left, o.nodes[n]))
                continue;
            bool free = true;
            for (int w = 0; w < WORDS; w++)
                free = free && !(into[n].word[w] & left.word[w]);
            if (free) {
                left.word[o.nodes[n] / 64] &= ~(UINT64_C(1) << (o.nodes[n] % 64));
                changed = true;
            }
        }
    }
    return !any(&left);
}
