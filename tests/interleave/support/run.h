/* One execution under way: the threads, and how far each has come in the graph. */
#ifndef WEFT_TEST_RUN_H
#define WEFT_TEST_RUN_H

#include "graph.h"

typedef enum thread_state {
    THREAD_RUNS,
    THREAD_ASKS,   /* its request is no event yet */
    THREAD_HOLDS,  /* its next event reads what has not been executed yet */
    THREAD_SLEEPS, /* given up waiting, in this execution */
    THREAD_ENDED
} thread_state;

/* What a thread is about to do. */
typedef struct request {
    event event; /* without a place */
    void *at;
    size_t size_bytes;
} request;

typedef struct run {
    const model_program *program;
    graph graph;
    int threads_len;
    int current; /* the thread that runs, or -1 */
    thread_state states[MODEL_THREADS];
    request requests[MODEL_THREADS];
    uint8_t done[MODEL_THREADS];          /* events executed */
    uint8_t attempt_begin[MODEL_THREADS]; /* events executed when it began, of who sleeps */
    const char *sleeps_in[MODEL_THREADS];
    bool executed[EVENTS];
    int16_t log[EVENTS]; /* events in the order of their execution */
    int log_len;
    int16_t newest[PLACES]; /* of the executed writes, the one whose value is in memory */
    bool touched[PLACES];   /* by an event that was executed */
    int operations;         /* of the first thread */
    bool in_handler, handled, interrupted;
    bool failed;
    char *text; /* MODEL_TEXT_BYTES; why it failed */
} run;

extern run the_run;

/* Starts the program anew; runs all threads as far as the graph says. */
void run_begin(const model_program *program);
void run_replay(void);
void run_finish(void);

/* Ends the execution with a sentence, and the caller with it. */
_Noreturn void run_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for the explorer, who goes on. */
void run_note_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is in memory where the request wants to go. */
uint64_t run_peek(const request *asked);

/* Whether an address is on the running thread's stack, or its errno. */
bool run_is_its_own(const void *at);

/* The running thread writes to places by plain accesses: its next operation comes behind events
 * that do the same. */
void run_plain_write(const void *at, size_t size_bytes);
void run_plain_writes_done(void);

/* Plain memory (plain.c). Accesses by events are told here too. */
void plain_begin(void);
void plain_atomic(const event *e, const void *at, size_t size_bytes);

void plain_free(const void *at, size_t size_bytes);

/* Forgets the descriptors (system.c). */
void system_begin(void);

/* The last event of a thread's program order that was executed, or NULL. */
const event *run_last(int thread);

/* Writes the execution behind `text` (trace.c). */
void trace_append(char *text, size_t cap_bytes);

/* The line of a program counter, into a static buffer (trace.c). */
const char *trace_line_of(const void *pc);

#endif
