/* Ring: the engine behind spsc.h and mpsc.h, which programs include instead. Internal; nothing here
 * is for users.
 *
 * Messages have positions, counted from 0 and never reused; position p lies in slot p modulo the
 * number of slots, a power of two. Each slot begins with a word:
 *
 *     p                  free, for the message of position p
 *     p + 1              the message of position p is in it
 *     p + slots          that message is out again: free for the next one
 *
 * (the lower 32 bits of these). So the consumer learns of a message and gets it in one cache line,
 * and neither side reads how far the other one is: no cache line goes to and fro but those of the
 * messages, in order, as processors fetch them ahead.
 *
 * There is room for position p if the message of position p - capacity is out of its slot. Messages
 * leave in order, so then all before it are out too, among them the one that was in p's slot. That
 * makes the capacity exact, although the slots are a power of two, and at least two: of one slot,
 * p + 1 and p + slots would be the same.
 *
 * Published: words of this kind are Vyukov's ("Bounded MPMC queue", 2010).
 */
#ifndef WEFT_RING_H
#define WEFT_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* So much lies between what one side writes and what the other side reads: two cache lines, as
 * processors fetch them in pairs. */
#define WEFT_X_APART_BYTES 128

/* Private fields. */
typedef struct weft_ring {
    /* Written seldom. */
    void *slots;
    uint32_t mask;     /* slots - 1 */
    uint32_t capacity; /* messages at most; no more than slots */
    uint32_t state;    /* atomic: a weft_x_ring_state */
    uint32_t slot_bytes;
    uint32_t slot_align;
    weft_allocator allocator;
    char apart_1[WEFT_X_APART_BYTES];
    /* The consumer's. */
    uint64_t head; /* atomic: position of the next message to come out */
    char apart_2[WEFT_X_APART_BYTES];
    /* The producers'. */
    uint64_t tail; /* atomic: position of the next message to come in, and WEFT_X_RING_ENDED */
    char apart_3[WEFT_X_APART_BYTES];
} weft_ring;

/* ---- internal from here on ------------------------------------------------------------------- */

#define WEFT_X_RING_INLINE static inline __attribute__((always_inline, unused))

#define WEFT_X_SELDOM(condition) __builtin_expect(!!(condition), 0)

typedef enum weft_x_ring_state {
    WEFT_X_RING_OPEN,
    WEFT_X_RING_REFUSED, /* the consumer wants no more, a single producer has not noticed yet */
    WEFT_X_RING_CLOSED   /* nothing is pushed any more; what was is still there */
} weft_x_ring_state;

/* In a tail of several producers: it does not move any more. */
#define WEFT_X_RING_ENDED (UINT64_C(1) << 63)

#define WEFT_X_RING_MOST (UINT32_C(1) << 31) /* slots */

WEFT_API WEFT_CHECKED weft_status weft_x_ring_init(weft_ring *ring, const weft_allocator *allocator,
                                                   size_t capacity, size_t slot_bytes,
                                                   size_t slot_align);
WEFT_API void weft_x_ring_fini(weft_ring *ring);

/* Sets an empty ring to a position, for tests of what happens after so many messages. */
WEFT_API void weft_x_ring_start_at(weft_ring *ring, uint64_t position);

/* True if the ring is closed and all positions before `at` are all there ever were. */
WEFT_API bool weft_x_ring_is_over(const weft_ring *ring, uint64_t at);

/* A single producer has found the ring not to be open. */
WEFT_API void weft_x_spsc_refused(weft_ring *ring);

WEFT_API void weft_x_spsc_refuse(weft_ring *ring);
WEFT_API void weft_x_mpsc_close(weft_ring *ring);
WEFT_API bool weft_x_ring_check(const weft_ring *ring, const char **why_out);

WEFT_X_RING_INLINE size_t weft_x_ring_len(const weft_ring *ring)
{
    const uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
    const uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) & ~WEFT_X_RING_ENDED;
    /* Between the two loads, messages may have come and gone. */
    const uint64_t len = tail - head;
    return (size_t)(len < ring->capacity ? len : ring->capacity);
}

/* The word of the slot of position `at`. */
WEFT_X_RING_INLINE uint32_t *weft_x_ring_word(const weft_ring *ring, size_t slot_bytes, uint64_t at)
{
    const size_t slot = (uint32_t)at & ring->mask;
    return (uint32_t *)(void *)((char *)ring->slots + slot * slot_bytes);
}

/* 0 if there is room for position `at`, less if there is not yet, more if it has been taken. */
WEFT_X_RING_INLINE int32_t weft_x_ring_room(const weft_ring *ring, size_t slot_bytes, uint64_t at)
{
    const uint64_t behind = at - ring->capacity;
    const uint32_t *const word = weft_x_ring_word(ring, slot_bytes, behind);
    const uint32_t when_out = (uint32_t)behind + ring->mask + 1;
    return (int32_t)(__atomic_load_n(word, __ATOMIC_ACQUIRE) - when_out);
}

/* Whether a single producer may fill the slot of position `at`, its tail: WEFT_OK, WEFT_EFULL,
 * WEFT_ECLOSED. */
WEFT_X_RING_INLINE weft_status weft_x_spsc_claim(weft_ring *ring, size_t slot_bytes, uint64_t at)
{
    if (WEFT_X_SELDOM(__atomic_load_n(&ring->state, __ATOMIC_ACQUIRE) != WEFT_X_RING_OPEN)) {
        weft_x_spsc_refused(ring);
        return WEFT_ECLOSED;
    }
    return WEFT_X_SELDOM(weft_x_ring_room(ring, slot_bytes, at)) ? WEFT_EFULL : WEFT_OK;
}

/* For the single producer, who alone closes. */
WEFT_X_RING_INLINE bool weft_x_spsc_is_closed(const weft_ring *ring)
{
    return __atomic_load_n(&ring->state, __ATOMIC_RELAXED) == WEFT_X_RING_CLOSED;
}

/* Says how far a single producer has come; before it publishes, so that a consumer that finds the
 * ring closed finds the tail final. */
WEFT_X_RING_INLINE void weft_x_spsc_advance(weft_ring *ring, uint64_t tail)
{
    __atomic_store_n(&ring->tail, tail, __ATOMIC_RELAXED);
}

/* For a moment, leaves the tail to whoever has just moved it: in that time it gets several messages
 * in, without the line going to and fro for each. */
WEFT_X_RING_INLINE void weft_x_ring_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Claims positions among several producers: `*at_out` and those behind it, `*count_out` in all, 1
 * to `most`, are the caller's to fill and publish. Lock-free: it tries again only if another
 * producer has moved the tail meanwhile. */
WEFT_X_RING_INLINE weft_status weft_x_mpsc_claim(weft_ring *ring, size_t slot_bytes, size_t most,
                                                 uint64_t *at_out, size_t *count_out)
{
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
    for (;;) {
        if (WEFT_X_SELDOM(tail & WEFT_X_RING_ENDED))
            return WEFT_ECLOSED;
        const int32_t room = weft_x_ring_room(ring, slot_bytes, tail);
        if (WEFT_X_SELDOM(room < 0))
            return WEFT_EFULL;
        if (WEFT_X_SELDOM(room > 0)) {
            tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
            continue;
        }
        size_t count = 1;
        while (count < most && weft_x_ring_room(ring, slot_bytes, tail + count) == 0)
            count++;
        if (__atomic_compare_exchange_n(&ring->tail, &tail, tail + count, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE)) {
            *at_out = tail;
            *count_out = count;
            return WEFT_OK;
        }
        weft_x_ring_pause();
    }
}

/* The message of position `at` is in the slot with this word. */
WEFT_X_RING_INLINE void weft_x_ring_publish(uint32_t *word, uint64_t at)
{
    __atomic_store_n(word, (uint32_t)at + 1, __ATOMIC_RELEASE);
}

/* The same for a slot that is claimed, whose word says its position. */
WEFT_X_RING_INLINE void weft_x_ring_publish_claimed(uint32_t *word)
{
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

WEFT_X_RING_INLINE uint64_t weft_x_ring_head(const weft_ring *ring)
{
    return __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
}

/* True if the message of position `at` is in the slot with this word. */
WEFT_X_RING_INLINE bool weft_x_ring_is_there(const uint32_t *word, uint64_t at)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE) == (uint32_t)at + 1;
}

/* The message of position `at` is out of the slot with this word. */
WEFT_X_RING_INLINE void weft_x_ring_empty(const weft_ring *ring, uint32_t *word, uint64_t at)
{
    __atomic_store_n(word, (uint32_t)at + ring->mask + 1, __ATOMIC_RELEASE);
}

/* Says how far the consumer has come. */
WEFT_X_RING_INLINE void weft_x_ring_advance(weft_ring *ring, uint64_t head)
{
    __atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#endif

/* The parts that both kinds of queue have. */
#define WEFT_X_RING_COMMON(name, T)                                                               \
    typedef struct name {                                                                         \
        weft_ring ring;                                                                           \
    } name;                                                                                       \
    struct name##_slot {                                                                          \
        uint32_t word;                                                                            \
        T value;                                                                                  \
    };                                                                                            \
    static_assert(sizeof(struct name##_slot) < (1U << 31), #name ": " #T " is too large");        \
    WEFT_X_RING_INLINE struct name##_slot *name##_x_slot(const name *queue_, uint64_t at_)        \
    {                                                                                             \
        return (struct name##_slot *)queue_->ring.slots + ((uint32_t)at_ & queue_->ring.mask);    \
    }                                                                                             \
    WEFT_X_RING_INLINE struct name##_slot *name##_x_slot_of(T *message_)                          \
    {                                                                                             \
        return (struct name##_slot *)(void *)((char *)message_ -                                  \
                                              offsetof(struct name##_slot, value));               \
    }                                                                                             \
    /* The slot of the oldest message, or why there is none. */                                   \
    WEFT_X_RING_INLINE weft_status name##_x_oldest(name *queue_, uint64_t at_,                    \
                                                   struct name##_slot **slot_out_)                \
    {                                                                                             \
        struct name##_slot *const slot_ = name##_x_slot(queue_, at_);                             \
        *slot_out_ = slot_;                                                                       \
        if (weft_x_ring_is_there(&slot_->word, at_))                                              \
            return WEFT_OK;                                                                       \
        if (__atomic_load_n(&queue_->ring.state, __ATOMIC_ACQUIRE) == WEFT_X_RING_OPEN)           \
            return WEFT_EAGAIN;                                                                   \
        /* What was pushed ahead of the close is seen after it. */                                \
        const bool over_ = weft_x_ring_is_over(&queue_->ring, at_);                               \
        if (weft_x_ring_is_there(&slot_->word, at_))                                              \
            return WEFT_OK;                                                                       \
        return over_ ? WEFT_ECLOSED : WEFT_EAGAIN;                                                \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_init(                                      \
        name *queue_, const weft_allocator *allocator_, size_t capacity_)                         \
    {                                                                                             \
        return weft_x_ring_init(&queue_->ring, allocator_, capacity_, sizeof(struct name##_slot), \
                                __alignof__(struct name##_slot));                                 \
    }                                                                                             \
    WEFT_X_RING_INLINE void name##_fini(name *queue_)                                             \
    {                                                                                             \
        weft_x_ring_fini(queue_ ? &queue_->ring : NULL);                                          \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_peek(name *queue_, T **message_out_)       \
    {                                                                                             \
        struct name##_slot *slot_;                                                                \
        const weft_status status_ =                                                               \
            name##_x_oldest(queue_, weft_x_ring_head(&queue_->ring), &slot_);                     \
        if (!status_)                                                                             \
            *message_out_ = &slot_->value;                                                        \
        return status_;                                                                           \
    }                                                                                             \
    WEFT_X_RING_INLINE void name##_release(name *queue_)                                          \
    {                                                                                             \
        const uint64_t at_ = weft_x_ring_head(&queue_->ring);                                     \
        uint32_t *const word_ = &name##_x_slot(queue_, at_)->word;                                \
        assert(weft_x_ring_is_there(word_, at_));                                                 \
        weft_x_ring_empty(&queue_->ring, word_, at_);                                             \
        weft_x_ring_advance(&queue_->ring, at_ + 1);                                              \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_pop(name *queue_, T *message_out_)         \
    {                                                                                             \
        const uint64_t at_ = weft_x_ring_head(&queue_->ring);                                     \
        struct name##_slot *slot_;                                                                \
        const weft_status status_ = name##_x_oldest(queue_, at_, &slot_);                         \
        if (status_)                                                                              \
            return status_;                                                                       \
        *message_out_ = slot_->value;                                                             \
        weft_x_ring_empty(&queue_->ring, &slot_->word, at_);                                      \
        weft_x_ring_advance(&queue_->ring, at_ + 1);                                              \
        return WEFT_OK;                                                                           \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_pop_n(name *queue_, T *messages_out_,      \
                                                             size_t most_, size_t *count_out_)    \
    {                                                                                             \
        if (WEFT_X_SELDOM(most_ == 0))                                                            \
            return WEFT_EINVAL;                                                                   \
        const uint64_t head_ = weft_x_ring_head(&queue_->ring);                                   \
        struct name##_slot *slot_;                                                                \
        const weft_status status_ = name##_x_oldest(queue_, head_, &slot_);                       \
        if (status_)                                                                              \
            return status_;                                                                       \
        size_t count_ = 0;                                                                        \
        do {                                                                                      \
            messages_out_[count_] = slot_->value;                                                 \
            weft_x_ring_empty(&queue_->ring, &slot_->word, head_ + count_);                       \
            count_++;                                                                             \
            slot_ = name##_x_slot(queue_, head_ + count_);                                        \
        } while (count_ < most_ && weft_x_ring_is_there(&slot_->word, head_ + count_));           \
        weft_x_ring_advance(&queue_->ring, head_ + count_);                                       \
        *count_out_ = count_;                                                                     \
        return WEFT_OK;                                                                           \
    }                                                                                             \
    WEFT_X_RING_INLINE size_t name##_len(const name *queue_)                                      \
    {                                                                                             \
        return weft_x_ring_len(&queue_->ring);                                                    \
    }                                                                                             \
    WEFT_X_RING_INLINE size_t name##_capacity(const name *queue_)                                 \
    {                                                                                             \
        return queue_->ring.capacity;                                                             \
    }                                                                                             \
    WEFT_X_RING_INLINE bool name##_check(const name *queue_, const char **why_out_)               \
    {                                                                                             \
        return weft_x_ring_check(&queue_->ring, why_out_);                                        \
    }                                                                                             \
    struct name##_slot /* the ; is the user's */

#endif
