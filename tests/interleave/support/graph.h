/* An execution as a graph: what each thread did to shared places, in its own order; which write
 * each read reads; and per place the order of its writes. Reads, writes and fences are events; what
 * reads and writes in one step (exchange, fetch_add, a compare-exchange that succeeds) is two of
 * one thread, the write next behind the read and next behind what that read reads.
 */
#ifndef WEFT_TEST_GRAPH_H
#define WEFT_TEST_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum { EVENTS = 192, PLACES = 32, WORDS = EVENTS / 64, INITIAL = -1 };

/* Of each thread, how many of its events, from the first. */
typedef struct clock_of_threads {
    uint8_t events[MODEL_THREADS];
} clock_of_threads;

static inline void clock_join(clock_of_threads *clock, const clock_of_threads *other)
{
    for (int t = 0; t < MODEL_THREADS; t++)
        if (clock->events[t] < other->events[t])
            clock->events[t] = other->events[t];
}

typedef enum event_kind { EVENT_READ, EVENT_WRITE, EVENT_FENCE } event_kind;

typedef struct event {
    event_kind kind;
    uint8_t thread;
    uint8_t index;      /* among its thread's events, from 1 */
    uint8_t place;      /* not of a fence */
    bool exclusive;     /* the write of an operation that reads and writes */
    bool compares;      /* the read of a compare-exchange */
    int16_t reads_from; /* of a read: an event, or INITIAL */
    uint8_t position;   /* of a write: in its place's order, from 1; 0 is the initial value */
    int order;          /* __ATOMIC_RELAXED ... */
    int success_order, failure_order; /* of a read that compares */
    uint64_t expected;                /* the same */
    uint64_t value;                   /* read or written */
    uint64_t wait_mask; /* of a read that blocks while (value & wait_mask) == wait_while */
    uint64_t wait_while;
    model_site *site;
    /* What follows from the rest. An event is in its own clocks. */
    clock_of_threads causes; /* what it depends on: program order and reads-from */
    clock_of_threads before; /* what happens before it */
    clock_of_threads to_acquire, released;
    clock_of_threads message; /* of a write: what happens before whoever acquires from it */
} event;

typedef struct location {
    const void *address; /* NULL: free */
    uint8_t size_bytes;
    uint8_t len;
    uint64_t initial;
    int16_t order[EVENTS / 2]; /* its writes, order[0] at position 1 */
} location;

/* Events are in the order in which they were added. */
typedef struct graph {
    int len;
    int next_thread; /* who must go on; -1: as the explorer likes */
    int places_len;
    uint8_t threads_len[MODEL_THREADS];
    int16_t threads[MODEL_THREADS][EVENTS];
    event events[EVENTS];
    location places[PLACES];
} graph;

typedef struct bits {
    uint64_t word[WORDS];
} bits;

static inline bool has(const bits *set, int i)
{
    return set->word[i / 64] >> (i % 64) & 1;
}

static inline void put(bits *set, int i)
{
    set->word[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void unite(bits *set, const bits *other)
{
    for (int w = 0; w < WORDS; w++)
        set->word[w] |= other->word[w];
}

static inline bool acquires(const event *e)
{
    return e->order == __ATOMIC_ACQUIRE || e->order == __ATOMIC_CONSUME ||
           e->order == __ATOMIC_ACQ_REL || e->order == __ATOMIC_SEQ_CST;
}

static inline bool releases(const event *e)
{
    return e->order == __ATOMIC_RELEASE || e->order == __ATOMIC_ACQ_REL ||
           e->order == __ATOMIC_SEQ_CST;
}

/* Of a read that may block: whether it does, with the value it reads. */
static inline bool waits(const event *e)
{
    return e->wait_mask && (e->value & e->wait_mask) == e->wait_while;
}

/* Whether e, in the graph, is in a clock of another event. */
static inline bool in_clock(const event *e, const clock_of_threads *clock)
{
    return e->index <= clock->events[e->thread];
}

static inline bool touches(const event *e, int place)
{
    return e->kind != EVENT_FENCE && e->place == place;
}

/* The position of the write that a read reads, or of a write itself. */
static inline int position_of(const graph *g, const event *e)
{
    const event *write = e;
    if (e->kind == EVENT_READ) {
        if (e->reads_from == INITIAL)
            return 0;
        write = &g->events[e->reads_from];
    }
    return write->position;
}

/* The write at a position. */
static inline int write_at(const graph *g, int place, int position)
{
    return position == 0 ? INITIAL : g->places[place].order[position - 1];
}

static inline uint64_t value_at(const graph *g, int place, int write)
{
    return write == INITIAL ? g->places[place].initial : g->events[write].value;
}

/* The place at that address, or -1; and with a new one if there was none. */
int graph_find_place(const graph *g, const void *address);
int graph_place(graph *g, const void *address, size_t size_bytes, uint64_t initial);

/* Adds an event as the last of its thread, with its clocks but those of what it reads; of a write,
 * without a position. Returns its number. */
int graph_add(graph *g, const event *e);

/* Lets a read read that write, and sets its value and clocks. Nothing may depend on it yet. */
void graph_read_from(graph *g, int read, int write);

/* Puts a write that has no position yet at that one. */
void graph_insert(graph *g, int write, int position);

/* Takes its position from a write that nobody reads. */
void graph_take_out(graph *g, int write);

/* The lowest position that coherence lets event e read; a write goes behind it. */
int graph_coherent_floor(const graph *g, const event *e);

/* Whether a write may be put there: not between an exclusive write and what that one reads. */
bool graph_may_insert(const graph *g, const event *write, int position);

/* A copy without the events that `keep` lacks, which nothing in `keep` depends on. */
void graph_restrict(graph *to, const graph *from, const bits *keep);

/* The used part, as an object of its own to be freed, and back again. */
struct graph_copy *graph_save(const graph *g);
void graph_load(graph *g, struct graph_copy *copy);

/* Whether the sequentially consistent events fit into one order (total_order.c), if they did before
 * that event was added, on which no other depends but a read that reads it. */
bool graph_total_order_exists(const graph *g, int added);

#endif
