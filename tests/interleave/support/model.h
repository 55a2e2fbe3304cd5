/* Model: runs a small program of several threads in all executions that C11 allows, so that a test
 * about them is a proof for that program.
 *
 * The threads are coroutines over the real sources, whose atomic operations are redirected
 * (model_atomics.h), as are the system calls that wake and sleep (model_system.h). Each operation
 * reads any value and each write takes any place among the others that the memory model allows, so
 * what only ARM would do is found on x86. Every execution is made exactly once.
 *
 *     static int flag, data;
 *     static void producer(void) { data = 1; __atomic_store_n(&flag, 1, __ATOMIC_RELEASE); }
 *     static void consumer(void)
 *     {
 *         if (__atomic_load_n(&flag, __ATOMIC_ACQUIRE))
 *             MODEL_THAT(data == 1);
 *     }
 *     const model_program program = {
 *         .setup = reset, .threads = { { "producer", producer }, { "consumer", consumer } }
 *     };
 *     model_holds("data is seen with its flag", &program); // else prints what breaks it
 *
 * What ends an execution as a failure: MODEL_THAT of something false; a data race on plain memory;
 * touching what was freed; all threads asleep, or waiting, for good.
 *
 * A program must be deterministic but for the model's choices: what it keeps between executions,
 * `setup` resets. Loops that wait are written with MODEL_UNTIL, or sleep in the model's poll.
 *
 * Not modelled: executions in which a thread reads what depends on its own later writes (load
 * buffering: C11 allows it, with relaxed order alone), compare-exchanges that fail for no reason,
 * consume (it is acquire), one place accessed in several sizes.
 */
#ifndef WEFT_TEST_MODEL_H
#define WEFT_TEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>

enum { MODEL_THREADS = 6, MODEL_TEXT_BYTES = 32768 };

typedef struct model_thread {
    const char *name;
    void (*run)(void);
} model_thread;

typedef struct model_program {
    void (*setup)(void);                 /* before the threads */
    model_thread threads[MODEL_THREADS]; /* as many as have a name */
    void (*finish)(void);                /* behind them, if all have ended; may be NULL */
    /* A signal handler that runs once in the first thread: before its operation number
     * `interrupt_at`, from 1, or behind its last; or where it sleeps before that. 0: never. */
    void (*handler)(void);
    int interrupt_at;
    uint64_t limit;     /* of executions; 0: a million */
    bool interleavings; /* makes executions by brute force, many times each: to check the model */
} model_program;

typedef struct model_result {
    uint64_t executions; /* complete ones */
    uint64_t cut;        /* given up: a thread waited for what was there already */
    bool complete;       /* all were made, none failed */
    bool failed;
    bool interrupted;            /* in one of them it came to that operation */
    char text[MODEL_TEXT_BYTES]; /* why it failed, and the execution */
} model_result;

/* Runs the program in all its executions, or up to the first failure. */
void model_explore(const model_program *program, model_result *result);

/* The same; the test fails, and prints the execution, unless all were made and none failed. Returns
 * how many there were; model_holds prints that as well. */
uint64_t model_executions(const char *claim, const model_program *program);
uint64_t model_holds(const char *claim, const model_program *program);

/* The same with the handler before each operation of the first thread in turn. */
uint64_t model_holds_interrupted(const char *claim, const model_program *program);

/* A table of claims: rows that begin with their claim, a const char *, and what makes a program of
 * one. */
typedef struct model_table {
    const void *rows;
    size_t len, row_bytes;
    model_program (*program_of)(const void *row);
} model_table;

#define MODEL_TABLE(rows, program_of) \
    (&(const model_table){ (rows), sizeof(rows) / sizeof *(rows), sizeof *(rows), (program_of) })

/* model_holds for each row; and whether all of them hold, for what follows. */
void model_holds_all(const model_table *table);
bool model_all_hold(const model_table *table);

/* Whether the tests were asked for programs that take minutes: WEFT_MODEL_PATIENCE is set. */
bool model_is_patient(void);

/* ---- in the program -------------------------------------------------------------------------- */

#define MODEL_THAT(condition) model_that((condition), #condition, __FILE__, __LINE__)
void model_that(bool holds, const char *what, const char *file, int line);

/* Waits until an attempt succeeds. One that fails is made again at once if it has written
 * something, else only in other executions, those in which it reads something else. */
#define MODEL_UNTIL(attempt)                         \
    do {                                             \
        model_attempt();                             \
        if (attempt)                                 \
            break;                                   \
        model_give_up(#attempt, __FILE__, __LINE__); \
    } while (true)
void model_attempt(void);
void model_give_up(const char *what, const char *file, int line);

/* The same in a loop of the sources: the attempt is the thread's last operation, a load. */
void model_yield(const char *file, int line);

/* Memory of the program. An address is not used again in the same execution; it depends only on
 * the thread and on what that thread has allocated before. Freed memory may not be touched. */
extern const weft_allocator model_allocator;
size_t model_live_objects(void);

/* What identifies the execution that is being finished. */
uint64_t model_fingerprint(void);

/* Shared plain data that is accessed where the compiler does not report it. */
void model_plain_read(const void *from, size_t size_bytes);
void model_plain_write(void *to, size_t size_bytes);

/* ---- sites: where the sources have an atomic operation --------------------------------------- */

typedef struct model_site {
    const char *file;
    int line;
    const char *operation; /* "load", "compare_exchange" */
    const char *what;      /* "&wake->asleep" */
    int order;             /* as the source says */
    int weakened;          /* the order to use instead, or MODEL_NO_FENCE */
    bool is_weakened;
    bool known;
    struct model_site *next;
} model_site;

enum { MODEL_NO_FENCE = -1 };

/* All that any execution came to so far, newest first; those of a file, by line; and the weakest
 * order with which `holds` is true. */
model_site *model_sites(void);
size_t model_sites_of(const char *file, model_site **sites_out, size_t most);
int model_weakest_order(model_site *site, bool (*holds)(void));

/* What one operation of a source needs: it has that order, and with no weaker one do the claims
 * still hold, if it alone is weakened. */
typedef struct model_order {
    const char *operation, *what;
    int order, weakest;
} model_order;

/* The test fails unless these are all operations of the file that `holds` comes to, in the order of
 * its lines, and what they need; prints those that differ. `holds` explores programs and tells
 * whether all of them are without failure. */
void model_expect_orders(const char *file, bool (*holds)(void), const model_order *expected,
                         size_t len);

const char *model_order_name(int order);

/* ---- operations, behind model_atomics.h ------------------------------------------------------ */

typedef enum model_rmw_kind {
    MODEL_EXCHANGE,
    MODEL_ADD,
    MODEL_SUB,
    MODEL_OR,
    MODEL_AND,
    MODEL_XOR
} model_rmw_kind;

uint64_t model_load(model_site *site, const void *at, size_t size_bytes);
void model_store(model_site *site, void *at, size_t size_bytes, uint64_t value);
uint64_t model_rmw(model_site *site, void *at, size_t size_bytes, model_rmw_kind kind,
                   uint64_t operand, bool gives_new);
bool model_compare_exchange(model_site *site, void *at, size_t size_bytes, void *expected,
                            uint64_t desired, int failure_order);
void model_fence(model_site *site);

/* A load that blocks its thread while (value & mask) == unless. */
uint64_t model_wait(model_site *site, const void *at, size_t size_bytes, uint64_t mask,
                    uint64_t unless);

#endif
