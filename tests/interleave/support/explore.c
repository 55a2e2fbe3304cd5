/* Which executions there are, each made once and none forgotten, as in Kokologiannakis, Marmanis,
 * Gladstein and Vafeiadis, "Truly stateless, optimal dynamic partial order reduction", POPL 2022.
 *
 * Threads go on in a fixed order. A read reads each write that is there and that coherence lets it
 * read: one execution each. A write takes each position among the writes that are there; and as
 * those reads came too early that would have read it, it revisits each: an execution in which that
 * read reads it, without what was added behind the read, unless the write depends on it. To do so
 * once, not from each of the executions that differ in what is taken away, it is done only where
 * all that goes away, and the read, had chosen the last write there was.
 *
 * Graphs still to be completed lie on a stack. The memory model is in graph_coherent_floor,
 * graph_may_insert and graph_total_order_exists, which look at prefixes: an execution that is
 * inconsistent now does not become consistent by growing.
 */
#include <stdlib.h>

#include "run.h"

static struct {
    struct graph_copy **graphs;
    size_t len, cap;
} todo;

static void push(const graph *g)
{
    if (todo.len == todo.cap) {
        todo.cap = todo.cap ? 2 * todo.cap : 64;
        todo.graphs = realloc(todo.graphs, todo.cap * sizeof *todo.graphs);
        if (!todo.graphs)
            abort();
    }
    todo.graphs[todo.len++] = graph_save(g);
}

/* ---- reads ----------------------------------------------------------------------------------- */

/* A read that would block on another write than the last is of no use: its thread does nothing
 * more, and a later write revisits only the read of the last. */
static bool is_useful(const graph *g, int read)
{
    const event *e = &g->events[read];
    return !waits(e) || position_of(g, e) == g->places[e->place].len;
}

static bool add_read(const event *asked)
{
    graph *g = &the_run.graph;
    const int read = graph_add(g, asked);
    const event *e = &g->events[read];
    const int floor = graph_coherent_floor(g, e);
    int chosen = -1;
    for (int position = floor; position <= g->places[e->place].len; position++) {
        graph_read_from(g, read, write_at(g, e->place, position));
        if (!is_useful(g, read) || !graph_total_order_exists(g, read))
            continue;
        if (chosen >= 0) {
            graph_read_from(g, read, write_at(g, e->place, chosen));
            push(g);
        }
        chosen = position;
    }
    if (chosen < 0)
        return false;
    graph_read_from(g, read, write_at(g, e->place, chosen));
    return true;
}

/* ---- revisits -------------------------------------------------------------------------------- */

/* Whether e was added until then, or is what the write depends on. */
static bool is_previous(int id, const event *e, int until, const clock_of_threads *causes)
{
    return id <= until || in_clock(e, causes);
}

/* Whether an event had chosen the last write there was. */
static bool is_maximal(const graph *g, int id, const event *write)
{
    const event *e = &g->events[id];
    if (e->kind == EVENT_FENCE)
        return true;
    const int chosen = e->kind == EVENT_READ ? e->reads_from : id;
    const int position = position_of(g, e);
    if (chosen != INITIAL && !is_previous(chosen, &g->events[chosen], id, &write->causes))
        return false;
    for (int i = 0; i < g->len; i++) {
        const event *other = &g->events[i];
        if (!touches(other, e->place) || !is_previous(i, other, id, &write->causes) ||
            i == g->len - 1)
            continue;
        if (other->kind == EVENT_WRITE && other->position > position)
            return false;
        if (other->kind == EVENT_READ && e->kind == EVENT_WRITE && other->reads_from == id)
            return false;
    }
    return true;
}

/* The graph without what was added behind the read, but with what the write, its last event, needs.
 * False if another graph is the one to do that. */
static bool take_back(graph *to, const graph *g, int read, const event *write)
{
    bits keep = { { 0 } };
    for (int i = 0; i < g->len; i++) {
        const event *e = &g->events[i];
        if (i < read || in_clock(e, &write->causes))
            put(&keep, i);
        else if (!is_maximal(g, i, write))
            return false;
    }
    put(&keep, read);
    graph_restrict(to, g, &keep);
    return true;
}

static void revisit(const graph *g, int read)
{
    static graph without;
    const event *write = &g->events[g->len - 1];
    if (!take_back(&without, g, read, write))
        return;
    const int added = without.len - 1, place = write->place;
    const int floor = graph_coherent_floor(&without, write);
    for (int position = floor + 1; position <= without.places[place].len + 1; position++) {
        if (!graph_may_insert(&without, write, position))
            continue;
        graph_insert(&without, added, position);
        graph_read_from(&without, read, added);
        if (graph_coherent_floor(&without, &without.events[read]) <= position &&
            is_useful(&without, read) && graph_total_order_exists(&without, added))
            push(&without);
        graph_take_out(&without, added);
    }
}

/* ---- writes ---------------------------------------------------------------------------------- */

static bool add_write(const event *asked)
{
    graph *g = &the_run.graph;
    const int write = graph_add(g, asked);
    const event *e = &g->events[write];
    for (int i = 0; i < write && !the_run.program->interleavings; i++)
        if (g->events[i].kind == EVENT_READ && touches(&g->events[i], e->place) &&
            !in_clock(&g->events[i], &e->causes))
            revisit(g, i);
    const int floor = graph_coherent_floor(g, e);
    int chosen = 0;
    for (int position = floor + 1; position <= g->places[e->place].len + 1; position++) {
        if (!graph_may_insert(g, e, position))
            continue;
        graph_insert(g, write, position);
        if (graph_total_order_exists(g, write)) {
            if (chosen)
                push(g);
            else
                chosen = position;
        }
        graph_take_out(g, write);
    }
    if (chosen)
        graph_insert(g, write, chosen);
    return chosen;
}

/* ---- threads --------------------------------------------------------------------------------- */

/* Adds the event that the thread asks for; false if this graph cannot have one. */
static bool extend(int thread)
{
    graph *g = &the_run.graph;
    const request *asked = &the_run.requests[thread];
    event e = asked->event;
    if (g->len == EVENTS) {
        run_note_failure("the program is too long for the model: more than %d events", g->len);
        return false;
    }
    if (e.kind == EVENT_FENCE) {
        graph_add(g, &e);
        return true;
    }
    const int place = graph_place(g, asked->at, asked->size_bytes, run_peek(asked));
    if (place < 0 || g->places[place].size_bytes != asked->size_bytes ||
        g->places[place].len == EVENTS / 2) {
        run_note_failure("%s:%d: too many places, too many writes to one, or accesses of several "
                         "sizes",
                         e.site->file, e.site->line);
        return false;
    }
    e.place = (uint8_t)place;
    return e.kind == EVENT_READ ? add_read(&e) : add_write(&e);
}

/* Who goes on: an operation that has read and is to write first; else the first that can. */
static int next_thread(void)
{
    int next = -1;
    for (int t = the_run.threads_len - 1; t >= 0; t--) {
        if (the_run.states[t] != THREAD_ASKS)
            continue;
        if (the_run.requests[t].event.exclusive)
            return t;
        next = t;
    }
    return next;
}

/* By brute force, all go on: this one here, the others in graphs of their own. */
static int next_of_all(int next)
{
    graph *g = &the_run.graph;
    const int asked_for = g->next_thread;
    g->next_thread = -1;
    if (next < 0 || the_run.requests[next].event.exclusive)
        return next;
    if (asked_for >= 0)
        return asked_for;
    for (int t = next + 1; t < the_run.threads_len; t++) {
        if (the_run.states[t] != THREAD_ASKS)
            continue;
        g->next_thread = t;
        push(g);
    }
    g->next_thread = -1;
    return next;
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* Whether a thread that waits has read the last of all that it waits for. */
static bool waits_for_good(int thread)
{
    const graph *g = &the_run.graph;
    for (int i = the_run.attempt_begin[thread]; i < the_run.done[thread]; i++) {
        const event *e = &g->events[g->threads[thread][i]];
        if (e->kind == EVENT_READ && position_of(g, e) < g->places[e->place].len)
            return false;
    }
    return true;
}

static void end(model_result *result)
{
    bool all_ended = true, for_good = true;
    for (int t = 0; t < the_run.threads_len; t++) {
        if (the_run.states[t] == THREAD_ENDED)
            continue;
        all_ended = false;
        for_good = for_good && the_run.states[t] == THREAD_SLEEPS && waits_for_good(t);
    }
    if (all_ended) {
        result->executions++;
        run_finish();
    } else if (for_good) {
        run_note_failure("lost wake: nobody is left to wake those who wait");
    } else {
        result->cut++;
    }
}

/* Completes the graph of the run. */
static void complete(model_result *result)
{
    run_begin(the_run.program);
    for (;;) {
        run_replay();
        result->interrupted = result->interrupted || the_run.interrupted;
        int next = the_run.failed ? -1 : next_thread();
        if (the_run.program->interleavings && !the_run.failed)
            next = next_of_all(next);
        if (next < 0)
            break;
        if (!extend(next)) {
            result->cut++;
            return;
        }
    }
    if (!the_run.failed)
        end(result);
}

void model_explore(const model_program *program, model_result *result)
{
    const uint64_t limit = program->limit       ? program->limit
                           : model_is_patient() ? 1000000000
                                                : 1000000;
    *result = (model_result){ .complete = false };
    the_run.program = program;
    the_run.text = result->text;
    the_run.graph = (graph){ .next_thread = -1 };
    for (;;) {
        complete(result);
        result->failed = the_run.failed;
        if (the_run.failed || todo.len == 0 || result->executions + result->cut >= limit)
            break;
        graph_load(&the_run.graph, todo.graphs[--todo.len]);
    }
    result->complete = !result->failed && todo.len == 0;
    while (todo.len)
        free(todo.graphs[--todo.len]);
    free(todo.graphs);
    todo.graphs = NULL;
    todo.cap = 0;
}

/* ---- identity -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t name_of(int id)
{
    const graph *g = &the_run.graph;
    return id == INITIAL ? 0 : (uint64_t)g->events[id].thread << 8 | g->events[id].index;
}

/* Of what reads read and in which order writes are; places by their addresses. */
uint64_t model_fingerprint(void)
{
    const graph *g = &the_run.graph;
    uint64_t hash = 1, sum = 0;
    for (int t = 0; t < the_run.threads_len; t++)
        for (int i = 0; i < g->threads_len[t]; i++) {
            const event *e = &g->events[g->threads[t][i]];
            hash = mix(mix(hash, e->kind), e->kind == EVENT_READ ? name_of(e->reads_from) : 0);
        }
    for (int p = 0; p < g->places_len; p++) {
        uint64_t of_place = mix(7, (uintptr_t)g->places[p].address);
        for (int i = 0; i < g->places[p].len; i++)
            of_place = mix(of_place, name_of(g->places[p].order[i]));
        sum += g->places[p].len ? of_place : 0;
    }
    return mix(hash, sum);
}
