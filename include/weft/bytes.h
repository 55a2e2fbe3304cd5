/* Bytes: a bounded queue of messages of different sizes, written and read in place.
 *
 *     weft_bytes journal;
 *     if (weft_bytes_init(&journal, NULL, 65536, WEFT_BYTES_MPSC)) return 1;
 *
 *     void *room;                                             // a producer
 *     if (weft_bytes_claim(&journal, sizeof(Line) + 80, &room) == WEFT_OK) {
 *         const size_t size_bytes = write_line(room);
 *         if (size_bytes)
 *             weft_bytes_commit(&journal, room, size_bytes);  // as much as was written
 *         else
 *             weft_bytes_abort(&journal, room);               // nobody sees it
 *     }
 *
 *     weft_bytes_message message;                             // the consumer
 *     while (weft_bytes_peek(&journal, &message) == WEFT_OK) {
 *         save(message.data, message.size_bytes);
 *         weft_bytes_release(&journal);
 *     }
 *
 * A message is 0 to weft_bytes_max_message() bytes in one piece, at a multiple of 8. One of the
 * largest fits whenever the ring is empty, wherever in the ring that is; it is half of the ring, as
 * what does not fit before the ring's end goes to its beginning and leaves the end unused. Each
 * message takes 8 bytes more than its size, rounded up to a multiple of 8.
 *
 * With WEFT_BYTES_SPSC the producer is one thread at a time, and every operation is wait-free. With
 * WEFT_BYTES_MPSC any thread may produce, and signal handlers; claiming is lock-free and fixes the
 * order; a claim that is neither committed nor aborted holds up what is behind it, as in mpsc.h,
 * and releasing costs in addition the zeroing of the message's bytes. The consumer is one thread at
 * a time in both.
 *
 * Closing is that of spsc.h and mpsc.h: what was committed before it comes out, and with several
 * producers also what was claimed before it and is committed behind it; then WEFT_ECLOSED does. A
 * claim behind it gets WEFT_ECLOSED.
 *
 * What this does not do: wait or wake (wake.h), grow, several consumers.
 */
#ifndef WEFT_BYTES_H
#define WEFT_BYTES_H

#include <weft/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weft_bytes_kind {
    WEFT_BYTES_SPSC, /* one producer */
    WEFT_BYTES_MPSC  /* any number of them */
} weft_bytes_kind;

/* A message in its place; the consumer may also write to it. */
typedef struct weft_bytes_message {
    void *data;
    size_t size_bytes;
} weft_bytes_message;

/* Private fields. */
typedef struct weft_bytes {
    /* Written seldom. */
    unsigned char *bytes;
    uint32_t mask;  /* bytes in the ring - 1 */
    uint32_t state; /* atomic: a weft_x_ring_state */
    weft_bytes_kind kind;
    weft_allocator allocator;
    char apart_1[WEFT_X_APART_BYTES];
    /* The consumer's. */
    uint64_t head; /* atomic: position of the record to be read next */
    char apart_2[WEFT_X_APART_BYTES];
    /* The producers'. */
    uint64_t tail;      /* atomic: position behind the last record, and WEFT_X_RING_ENDED */
    uint64_t head_seen; /* with several producers atomic: a head of the past */
    char apart_3[WEFT_X_APART_BYTES];
} weft_bytes;

#define WEFT_BYTES_ALIGN 8

#define WEFT_BYTES_LEAST 32 /* bytes in a ring */
#define WEFT_BYTES_MOST  (UINT32_C(1) << 31)

/* An empty ring of at least `capacity_bytes`, rounded up to a power of two; allocated now, with a
 * NULL allocator by malloc. WEFT_EINVAL for a capacity of 0 or more than WEFT_BYTES_MOST, or an
 * unknown kind; WEFT_ENOMEM. The queue is then zeroed. [before build] */
WEFT_API WEFT_CHECKED weft_status weft_bytes_init(weft_bytes *queue,
                                                  const weft_allocator *allocator,
                                                  size_t capacity_bytes, weft_bytes_kind kind);

/* Frees the ring; nobody uses it any more. Accepts NULL and a zeroed queue. */
WEFT_API void weft_bytes_fini(weft_bytes *queue);

/* The largest message in bytes: half of the ring, less 8. [any thread] */
static inline size_t weft_bytes_max_message(const weft_bytes *queue)
{
    return ((size_t)queue->mask + 1) / 2 - WEFT_BYTES_ALIGN;
}

/* The ring's bytes: what was asked for, rounded up. [any thread] */
static inline size_t weft_bytes_capacity(const weft_bytes *queue)
{
    return (size_t)queue->mask + 1;
}

/* How many bytes of the ring messages take up, with what surrounds them, as of a moment ago.
 * [any thread] */
WEFT_API size_t weft_bytes_used(const weft_bytes *queue);

/* ---- producers: one thread, or with WEFT_BYTES_MPSC [any thread] [in signal handler] --------- */

/* Room for a message of up to `size_bytes`, to be filled in place; its contents are arbitrary.
 * WEFT_ETOOBIG if no message may be that large, WEFT_ECLOSED, WEFT_EFULL. With one producer there
 * is one claim at a time, and the next takes the place of one that was not committed. With several,
 * each must be committed or aborted, by the thread that claimed it. */
WEFT_API WEFT_CHECKED weft_status weft_bytes_claim(weft_bytes *queue, size_t size_bytes,
                                                   void **data_out);

/* Sends the first `size_bytes` of what was claimed; no more than that. With one producer not after
 * a close or a WEFT_ECLOSED, which give up a claim that is open (asserted). */
WEFT_API void weft_bytes_commit(weft_bytes *queue, void *data, size_t size_bytes);

/* Gives up what was claimed: the consumer does not see it. With several producers its bytes are
 * free again when the consumer has come by. */
WEFT_API void weft_bytes_abort(weft_bytes *queue, void *data);

/* Claims, copies and commits; fails as the claim. */
WEFT_API WEFT_CHECKED weft_status weft_bytes_push(weft_bytes *queue, const void *data,
                                                  size_t size_bytes);

/* Nothing is sent any more. With one producer, it is the producer who says so; with several,
 * anybody may. Again does nothing. */
WEFT_API void weft_bytes_close(weft_bytes *queue);

/* ---- the consumer ---------------------------------------------------------------------------- */

/* The oldest message, which stays where it is. WEFT_EAGAIN if there is none, WEFT_ECLOSED if none
 * will come. */
WEFT_API WEFT_CHECKED weft_status weft_bytes_peek(weft_bytes *queue,
                                                  weft_bytes_message *message_out);

/* Takes away the message that peek gave; its bytes are the producers' again. */
WEFT_API void weft_bytes_release(weft_bytes *queue);

/* Copies the oldest message out and takes it away. Fails as peek, or with WEFT_ETOOBIG if it has
 * more than `most_bytes`: then it stays. */
WEFT_API WEFT_CHECKED weft_status weft_bytes_pop(weft_bytes *queue, void *data_out,
                                                 size_t most_bytes, size_t *size_out);

/* The consumer wants no more: claims get WEFT_ECLOSED. With one producer, peek says WEFT_ECLOSED
 * after the producer has noticed, as in spsc.h; with several, this is the close. */
WEFT_API void weft_bytes_refuse(weft_bytes *queue);

/* Verifies the invariants; on failure *why_out is a static sentence. O(bytes). While nobody
 * produces or consumes, and no claim is open. */
WEFT_API bool weft_bytes_check(const weft_bytes *queue, const char **why_out);

/* ---- internal from here on ------------------------------------------------------------------- */

/* Sets an empty ring to a position, a multiple of 8, for tests of what happens there. */
WEFT_API void weft_x_bytes_start_at(weft_bytes *queue, uint64_t position);

#ifdef __cplusplus
}
#endif
#endif
