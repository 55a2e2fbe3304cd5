/* Sequence numbers: which event this is.
 *
 * A world counts the events that its drivers deliver, one number per event, advanced before the
 * handler runs. A handler reads it with SEQ or takes the counter itself with SEQ_MUT (fn.h).
 *
 *     static void on_order(Journal *journal, int64_t seq)
 *     {
 *         if (journal->last_seq != WEFT_SEQ_UNSET)
 *             journal->missed += weft_seq_since(seq, journal->last_seq) - 1;
 *         journal->last_seq = seq;
 *     }
 *     WEFT_FN(on_order, MUT(Journal), SEQ);
 *
 * Numbers are signed 64-bit. Two values never occur as the number of an event, so they can stand
 * for "no number" in a message: WEFT_SEQ_NULL (the null of the SBE wire format) and WEFT_SEQ_UNSET.
 * After INT64_MAX the count goes on at INT64_MIN + 1, and it steps over WEFT_SEQ_UNSET.
 *
 * What this does not do: count what is shared between threads. No function here accepts NULL.
 */
#ifndef WEFT_SEQ_H
#define WEFT_SEQ_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_SEQ_NULL  INT64_MIN
#define WEFT_SEQ_UNSET ((int64_t)-1)

/* A counter; zeroed it stands at 0. */
typedef struct weft_seq {
    int64_t value;
} weft_seq;

/* The number after `value`. Pure. */
static inline int64_t weft_seq_next(int64_t value)
{
    if (value == INT64_MAX)
        return INT64_MIN + 1;
    return value + 1 == WEFT_SEQ_UNSET ? 0 : value + 1;
}

/* How far `later` is after `earlier`, wrapping, as a signed difference: a number that was stepped
 * over between them counts. Pure. */
static inline int64_t weft_seq_since(int64_t later, int64_t earlier)
{
    return (int64_t)((uint64_t)later - (uint64_t)earlier);
}

/* The number at which it stands. [in handler] */
static inline int64_t weft_seq_get(const weft_seq *seq)
{
    return seq->value;
}

/* Steps to the next number and returns it. [in handler] */
static inline int64_t weft_seq_advance(weft_seq *seq)
{
    return seq->value = weft_seq_next(seq->value);
}

/* Forces a number; WEFT_SEQ_NULL and WEFT_SEQ_UNSET are the caller's responsibility.
 * [in handler] */
static inline void weft_seq_set(weft_seq *seq, int64_t value)
{
    seq->value = value;
}

#ifdef __cplusplus
}
#endif
#endif
