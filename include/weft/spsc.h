/* SPSC: a bounded queue from one thread to one other.
 *
 *     WEFT_SPSC(Order_queue, Order);                      // a queue of Orders
 *
 *     Order_queue orders;
 *     if (Order_queue_init(&orders, NULL, 1024)) return 1;
 *
 *     if (Order_queue_push(&orders, &order) == WEFT_EFULL)    // the producer
 *         puts("full");
 *     Order_queue_close(&orders);                             // nothing comes any more
 *
 *     Order order;                                            // the consumer
 *     weft_status status;
 *     while ((status = Order_queue_pop(&orders, &order)) != WEFT_ECLOSED)
 *         if (status == WEFT_OK)
 *             execute(&order);
 *
 * The producer is one thread at a time, and so is the consumer; they may be the same. Messages are
 * copied by assignment, come out in the order in which they went in, and are seen with all that
 * their producer did before. Every operation is wait-free: a few instructions, no lock, no system
 * call.
 *
 * Closing loses nothing. What was pushed comes out, and then WEFT_ECLOSED does, for ever: the
 * producer says so with `close`. A consumer that wants no more says `refuse`: the next push gets
 * WEFT_ECLOSED, and its message stays the caller's. Where the stream ends is the producer's
 * decision in this case too: what it pushed before it noticed is in the queue, and pop says
 * WEFT_ECLOSED only after the producer has noticed, by a push, a claim or a close.
 *
 * What this does not do: wait or wake (wake.h), several producers (mpsc.h), messages of different
 * sizes (bytes.h), end the messages that are left: pop them before `fini` if they own something.
 */
#ifndef WEFT_SPSC_H
#define WEFT_SPSC_H

#include <weft/ring.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares, for messages of type T, any type that can be assigned:
 *     typedef struct name { ... } name;                   private fields; it is not to be copied
 *     weft_status name_init(name *queue, const weft_allocator *allocator, size_t capacity);
 *         an empty queue for exactly `capacity` messages, 1 to 2^31. Its slots, as many as the next
 *         power of two, are allocated now; a NULL allocator is malloc. WEFT_EINVAL, WEFT_ENOMEM;
 *         the queue is then zeroed. [before build]
 *     void name_fini(name *queue);
 *         frees the slots; nobody uses the queue any more. Accepts NULL and a zeroed queue.
 *
 *     weft_status name_push(name *queue, const T *message);                          [producer]
 *         WEFT_EFULL if there are `capacity` messages, WEFT_ECLOSED after close or refuse.
 *     weft_status name_push_n(name *queue, const T *messages, size_t count, size_t *count_out);
 *         the first of them, as many as there is room for, at least one; or a failure as push.
 *         WEFT_EINVAL for a count of 0.                                              [producer]
 *     weft_status name_claim(name *queue, T **message_out);                          [producer]
 *         the place of the next message, to be filled there; it holds an older one, or zeroes.
 *         Fails as push. Nothing is sent until the commit; without one, the next claim gets the
 *         same place.
 *     void name_commit(name *queue, T *message);                                     [producer]
 *         sends what was claimed last. Not after a close or a WEFT_ECLOSED, which give up a claim
 *         that is open (asserted): the consumer may have been told that nothing comes any more.
 *     void name_close(name *queue);                                                  [producer]
 *
 *     weft_status name_pop(name *queue, T *message_out);                             [consumer]
 *         WEFT_EAGAIN if there is no message, WEFT_ECLOSED if none will come.
 *     weft_status name_pop_n(name *queue, T *messages_out, size_t most, size_t *count_out);
 *         as many as there are, at most `most`, at least one; or a failure as pop. WEFT_EINVAL for
 *         0 of them.                                                                 [consumer]
 *     weft_status name_peek(name *queue, T **message_out);                           [consumer]
 *         the oldest message, in its place, where it stays. Fails as pop.
 *     void name_release(name *queue);                                                [consumer]
 *         takes away the message that peek gave.
 *     void name_refuse(name *queue);                                                 [consumer]
 *
 *     size_t name_len(const name *queue);                 messages, as of a moment ago [any thread]
 *     size_t name_capacity(const name *queue);                                     [any thread]
 *     bool name_check(const name *queue, const char **why_out);
 *         verifies the invariants; on failure *why_out is a static sentence. O(slots). While nobody
 *         pushes or pops. */
#define WEFT_SPSC(name, T) WEFT_X_SPSC(name, T)

/* ---- internal from here on ------------------------------------------------------------------- */

#define WEFT_X_SPSC(name, T)                                                                     \
    WEFT_X_RING_COMMON(name, T);                                                                 \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_claim(name *queue_, T **message_out_)     \
    {                                                                                            \
        const uint64_t at_ = __atomic_load_n(&queue_->ring.tail, __ATOMIC_RELAXED);              \
        const weft_status status_ =                                                              \
            weft_x_spsc_claim(&queue_->ring, sizeof(struct name##_slot), at_);                   \
        if (!status_)                                                                            \
            *message_out_ = &name##_x_slot(queue_, at_)->value;                                  \
        return status_;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE void name##_commit(name *queue_, T *message_)                             \
    {                                                                                            \
        const uint64_t at_ = __atomic_load_n(&queue_->ring.tail, __ATOMIC_RELAXED);              \
        struct name##_slot *const slot_ = name##_x_slot_of(message_);                            \
        assert(slot_ == name##_x_slot(queue_, at_));                                             \
        assert(!weft_x_spsc_is_closed(&queue_->ring));                                           \
        weft_x_spsc_advance(&queue_->ring, at_ + 1);                                             \
        weft_x_ring_publish(&slot_->word, at_);                                                  \
    }                                                                                            \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_push(name *queue_, T const *message_)     \
    {                                                                                            \
        const uint64_t at_ = __atomic_load_n(&queue_->ring.tail, __ATOMIC_RELAXED);              \
        const weft_status status_ =                                                              \
            weft_x_spsc_claim(&queue_->ring, sizeof(struct name##_slot), at_);                   \
        if (status_)                                                                             \
            return status_;                                                                      \
        struct name##_slot *const slot_ = name##_x_slot(queue_, at_);                            \
        slot_->value = *message_;                                                                \
        weft_x_spsc_advance(&queue_->ring, at_ + 1);                                             \
        weft_x_ring_publish(&slot_->word, at_);                                                  \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_push_n(name *queue_, T const *messages_,  \
                                                              size_t count_, size_t *count_out_) \
    {                                                                                            \
        if (WEFT_X_SELDOM(count_ == 0))                                                          \
            return WEFT_EINVAL;                                                                  \
        size_t sent_ = 0;                                                                        \
        const weft_status status_ = name##_push(queue_, &messages_[0]);                          \
        if (status_)                                                                             \
            return status_;                                                                      \
        do                                                                                       \
            sent_++;                                                                             \
        while (sent_ < count_ && name##_push(queue_, &messages_[sent_]) == WEFT_OK);             \
        *count_out_ = sent_;                                                                     \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE void name##_close(name *queue_)                                           \
    {                                                                                            \
        __atomic_store_n(&queue_->ring.state, (uint32_t)WEFT_X_RING_CLOSED, __ATOMIC_RELEASE);   \
    }                                                                                            \
    WEFT_X_RING_INLINE void name##_refuse(name *queue_)                                          \
    {                                                                                            \
        weft_x_spsc_refuse(&queue_->ring);                                                       \
    }                                                                                            \
    struct name /* the ; is the user's */

#endif
