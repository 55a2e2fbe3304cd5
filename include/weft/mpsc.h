/* MPSC: a bounded queue from any number of threads to one.
 *
 *     WEFT_MPSC(Fill_queue, Fill);                        // a queue of Fills
 *
 *     Fill_queue fills;
 *     if (Fill_queue_init(&fills, NULL, 4096)) return 1;
 *
 *     if (Fill_queue_push(&fills, &fill) == WEFT_EFULL)       // any thread
 *         puts("full");
 *     Fill_queue_close(&fills);                               // any thread: no more of them
 *
 *     Fill fill;                                              // the consumer
 *     weft_status status;
 *     while ((status = Fill_queue_pop(&fills, &fill)) != WEFT_ECLOSED)
 *         if (status == WEFT_OK)
 *             book(&fill);
 *
 * The operations are those of spsc.h, and what is said there of copying and order holds here:
 * messages of one producer come out in its order, and those of a push_n side by side. The consumer
 * is one thread at a time.
 *
 * Closing is exact. Every push, claim or push_n falls before the close, and then its messages come
 * out before pop says WEFT_ECLOSED; or it falls behind it, gets WEFT_ECLOSED, and its messages stay
 * the caller's. Either side may close.
 *
 * A push takes its place in the queue first and then fills it. Pushing is lock-free: a producer
 * that is held up between the two does not hold up others, and they push on until the queue is
 * full. But the consumer waits: what comes behind the place, finished or not, comes out when the
 * place is filled; until then pop says WEFT_EAGAIN, also if the queue is closed. Popping is
 * wait-free.
 *
 * What this does not do: wait or wake (wake.h), count producers: who is the last of them closes;
 * messages of different sizes (bytes.h); end the messages that are left: pop them before `fini` if
 * they own something.
 */
#ifndef WEFT_MPSC_H
#define WEFT_MPSC_H

#include <weft/ring.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares what WEFT_SPSC does (spsc.h), with these differences:
 *     push, push_n, claim and commit are [any thread] [in signal handler]; they cost an atomic
 *         exchange. Unlike there, a claim that succeeded must be committed, by the thread that
 *         claimed: the consumer waits for it. Several may be claimed before the first is committed.
 *     void name_close(name *queue);                            [any thread] [in signal handler]
 *         There is no refuse: close is for the consumer too.
 *     name_len counts places that are claimed and not filled as well. */
#define WEFT_MPSC(name, T) WEFT_X_MPSC(name, T)

/* ---- internal from here on ------------------------------------------------------------------- */

#define WEFT_X_MPSC(name, T)                                                                     \
    WEFT_X_RING_COMMON(name, T);                                                                 \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_push(name *queue_, T const *message_)     \
    {                                                                                            \
        uint64_t at_ = 0;                                                                        \
        size_t count_;                                                                           \
        const weft_status status_ =                                                              \
            weft_x_mpsc_claim(&queue_->ring, sizeof(struct name##_slot), 1, &at_, &count_);      \
        if (status_)                                                                             \
            return status_;                                                                      \
        struct name##_slot *const slot_ = name##_x_slot(queue_, at_);                            \
        slot_->value = *message_;                                                                \
        weft_x_ring_publish(&slot_->word, at_);                                                  \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_push_n(name *queue_, T const *messages_,  \
                                                              size_t count_, size_t *count_out_) \
    {                                                                                            \
        uint64_t at_ = 0;                                                                        \
        size_t room_ = 0;                                                                        \
        if (WEFT_X_SELDOM(count_ == 0))                                                          \
            return WEFT_EINVAL;                                                                  \
        const weft_status status_ =                                                              \
            weft_x_mpsc_claim(&queue_->ring, sizeof(struct name##_slot), count_, &at_, &room_);  \
        if (status_)                                                                             \
            return status_;                                                                      \
        for (size_t i_ = 0; i_ < room_; i_++) {                                                  \
            struct name##_slot *const slot_ = name##_x_slot(queue_, at_ + i_);                   \
            slot_->value = messages_[i_];                                                        \
            weft_x_ring_publish(&slot_->word, at_ + i_);                                         \
        }                                                                                        \
        *count_out_ = room_;                                                                     \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_claim(name *queue_, T **message_out_)     \
    {                                                                                            \
        uint64_t at_ = 0;                                                                        \
        size_t count_;                                                                           \
        const weft_status status_ =                                                              \
            weft_x_mpsc_claim(&queue_->ring, sizeof(struct name##_slot), 1, &at_, &count_);      \
        if (!status_)                                                                            \
            *message_out_ = &name##_x_slot(queue_, at_)->value;                                  \
        return status_;                                                                          \
    }                                                                                            \
    WEFT_X_RING_INLINE void name##_commit(name *queue_, T *message_)                             \
    {                                                                                            \
        (void)queue_;                                                                            \
        weft_x_ring_publish_claimed(&name##_x_slot_of(message_)->word);                          \
    }                                                                                            \
    WEFT_X_RING_INLINE void name##_close(name *queue_)                                           \
    {                                                                                            \
        weft_x_mpsc_close(&queue_->ring);                                                        \
    }                                                                                            \
    struct name /* the ; is the user's */

#endif
