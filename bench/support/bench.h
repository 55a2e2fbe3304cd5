/* Measuring: what all benches share.
 *
 *     int main(int argc, char **argv)
 *     {
 *         bench *b = bench_open("call", argc, argv);        // reads --json, --only, --cpu
 *         const bench_side sides[] = {
 *             { BENCH_OURS, "f_call", .run = ours, .arg = &t },
 *             { BENCH_BASELINE, "by hand", .run = by_hand, .arg = &t },
 *         };
 *         bench_compare(b, &(bench_contest){ "call.typed.1", "typed call", N, 0, sides, 2 });
 *         return bench_close(b);
 *     }
 *
 * A side is a function that does some thousand operations; it is timed as a whole. The sides of a
 * contest take turns (A B C A B C ...), so that what the machine does meanwhile hits all of them,
 * and nobody finds the branch predictors as its own last turn left them. The minimum and the median
 * of the turns are reported; a ratio is minimum by minimum.
 *
 * Time is the CPU's time-stamp counter where it is steady, calibrated against the system's clock
 * when the bench is opened, else that clock itself. The thread is pinned to one CPU.
 */
#ifndef WEFT_BENCH_SUPPORT_BENCH_H
#define WEFT_BENCH_SUPPORT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bench bench;

/* ---- measuring ------------------------------------------------------------------------------- */

typedef enum bench_role {
    BENCH_OURS,
    BENCH_BASELINE, /* the hand-written C that does the same */
    BENCH_PEER,     /* another library */
} bench_role;

typedef struct bench_side {
    bench_role role;
    const char *name;           /* what this side is, in a few words */
    const char *suffix;         /* for a second of ours or a second peer: its row is ID.SUFFIX */
    void (*prepare)(void *arg); /* before each turn, not timed; may be NULL */
    void (*run)(void *arg);
    void *arg;
} bench_side;

typedef struct bench_contest {
    const char *id;
    const char *what;
    double operations; /* in one run */
    unsigned turns;    /* 0: as many as are usual; at least 5 */
    const bench_side *sides;
    size_t side_count;
} bench_contest;

/* Parses the command line, pins, warms up, calibrates. Ends the program on a wrong command line
 * (2) and on --help (0). */
bench *bench_open(const char *area, int argc, char **argv);

/* True unless --only names other rows. An `id` that is the beginning of a row's, up to a dot,
 * counts as wanted, and so does every row below the one that --only names. */
bool bench_wants(const bench *b, const char *id);

/* Times a contest and prints its rows: one for the first of ours against the baseline and the first
 * peer, and one for each further side of ours or peer, against the same. Does nothing if none of
 * them is wanted. */
void bench_compare(bench *b, const bench_contest *contest);

/* What a program measured by other means. A time has `ns` and `median_ns`; a rate or a size has
 * `unit` instead, and its value in `ns`, the peer's in `peer_ns`; 0 and NULL where there is none.
 */
typedef struct bench_row {
    const char *id;
    const char *what;
    const char *unit;
    double ns, median_ns;
    const char *baseline;
    double baseline_ns, baseline_median_ns;
    const char *peer;
    double peer_ns, peer_median_ns;
} bench_row;

/* Prints the row and keeps it for the JSON, if it is wanted. The texts are copied. */
void bench_record(bench *b, const bench_row *row);

/* Prints a line under the table: what a reader of the figures has to know. */
void bench_note(bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the JSON, frees; the program's exit status. */
int bench_close(bench *b);

/* ---- time ------------------------------------------------------------------------------------ */

/* A point in time, in ticks; all work before it is done, none behind it has begun. */
uint64_t bench_ticks(void);
double bench_ns(const bench *b, uint64_t ticks);

/* Sorts. The smallest of the values is then values[0]; the result is their median. */
double bench_median(double *values, size_t count);

/* ---- keeping the compiler honest ------------------------------------------------------------- */

/* A loop to be timed: not inlined, and at the same place in a cache line as its rivals. */
#if defined(__clang__)
#define BENCH_LOOP __attribute__((noinline, aligned(64)))
#else
#define BENCH_LOOP __attribute__((noinline, noclone, aligned(64)))
#endif

/* All memory may have changed, and may be read: nothing is kept in registers across it. */
static inline __attribute__((always_inline)) void bench_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

/* The value is needed, in a register or in memory. */
#define BENCH_KEEP(value) __asm__ volatile("" : "+r"(value))

/* The object behind the pointer is needed and may have changed; everything else may be kept. */
#define BENCH_TOUCH(pointer) __asm__ volatile("" : "+m"(*(pointer)) : "r"(pointer))

/* ---- random numbers -------------------------------------------------------------------------- */

/* The same numbers on every run (splitmix64). */
static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A number below `limit` (> 0). */
static inline uint64_t bench_below(uint64_t *state, uint64_t limit)
{
    return bench_random(state) % limit;
}

/* Memory that the bench cannot go on without: zeroed, or the program ends with a sentence. */
void *bench_alloc(size_t count, size_t size_bytes);

/* Ends the program with a sentence unless `good`: a bench that does not do what it says must not
 * print a figure. */
void bench_must(bool good, const char *what);

#endif
