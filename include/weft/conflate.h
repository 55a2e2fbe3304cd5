/* Conflate: many threads say which of a set of numbered things has news, one thread hears of each
 * once, however often it was said.
 *
 *     weft_conflate *queue;
 *     if (weft_conflate_new(&(weft_conflate_desc){ .tokens = 64 }, &queue)) return 1;
 *
 *     store_price(&prices[7], price);                          // any thread
 *     weft_conflate_notify(queue, 7);
 *
 *     uint32_t tokens[16];                                     // the receiving thread
 *     size_t count;
 *     if (weft_conflate_receive(queue, tokens, 16, timeout_ns, &count) == WEFT_OK)
 *         for (size_t i = 0; i < count; i++)
 *             read_price(&prices[tokens[i]]);
 *
 * A token is in the queue once or not at all, so the queue is bounded by the number of tokens and
 * notifying cannot fail for want of room. Tokens come out in the order in which they were first
 * notified. Coalescing is exact: what a thread did before weft_conflate_notify is seen by whoever
 * takes the token out afterwards, also if it was in the queue already; and once it is out, the next
 * notification puts it in again.
 *
 * Notifying is lock-free: two atomic operations, a look at whether the receiver sleeps, and one
 * system call if it does. The receiver is one thread at a time. It polls, or sleeps in
 * weft_conflate_receive; or a loop polls it, and is woken through the weft_wake that the queue was
 * given: weft_shutdown_wake(weft_world_shutdown(world)) for a world's.
 *
 * What this does not do: carry data, several receivers, run handlers (notify.h).
 */
#ifndef WEFT_CONFLATE_H
#define WEFT_CONFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>
#include <weft/wake.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_conflate weft_conflate;

typedef struct weft_conflate_desc {
    uint32_t tokens;                 /* 0 to tokens - 1; at least one */
    weft_wake *wake;                 /* whom to wake; NULL: whoever is in weft_conflate_receive */
    const weft_allocator *allocator; /* NULL: malloc and free; copied */
} weft_conflate_desc;

/* An empty queue. WEFT_EINVAL for no tokens, or 2^32 - 1; WEFT_ENOMEM. The wake outlives it. */
WEFT_API WEFT_CHECKED weft_status weft_conflate_new(const weft_conflate_desc *desc,
                                                    weft_conflate **queue_out);

/* Nobody uses the queue any more. NULL does nothing. */
WEFT_API void weft_conflate_free(weft_conflate *queue);

/* Puts the token into the queue, last, unless it is there, and wakes the receiver if it sleeps.
 * WEFT_EINVAL for a number that is no token. Keeps errno. [any thread] [in signal handler] */
WEFT_API weft_status weft_conflate_notify(weft_conflate *queue, uint32_t token);

/* Moves up to `most` tokens out without waiting and returns how many; the rest stays, ahead of what
 * is notified later. One load if there is nothing. [receiver] */
WEFT_API size_t weft_conflate_poll(weft_conflate *queue, uint32_t *tokens_out, size_t most);

/* The same, but waits for at least one, up to timeout_ns; 0 does not wait, less than 0 waits for
 * ever. WEFT_EAGAIN if none came. WEFT_EINVAL if `most` is 0, or the queue has a wake of somebody
 * else's, who does the sleeping. WEFT_ELIMIT or WEFT_ESYSTEM if the system gives no descriptor to
 * sleep on, which only the first wait asks for. [receiver] */
WEFT_API WEFT_CHECKED weft_status weft_conflate_receive(weft_conflate *queue, uint32_t *tokens_out,
                                                        size_t most, int64_t timeout_ns,
                                                        size_t *count_out);

/* How many tokens there are. [any thread] */
WEFT_API uint32_t weft_conflate_tokens(const weft_conflate *queue);

/* Verifies the invariants; on failure *why_out is a static sentence. O(tokens). While nobody
 * notifies. [receiver] */
WEFT_API bool weft_conflate_check(const weft_conflate *queue, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
