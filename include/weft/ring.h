/* Ring: the engine behind spsc.h and mpsc.h, which programs include instead.
 *
 * Messages have positions, counted from 0 and never reused; position p lies in slot p modulo the
 * number of slots, a power of two. Each slot begins with a turn: p + 1 (its lower 32 bits) once the
 * message of position p is in it, and an older number before. So the consumer learns from the slot
 * alone that a message is there: the number and the message come in one cache line.
 *
 * The consumer never writes to slots. It publishes how far it has come (`head`), and the producers
 * look at that only when what they last saw of it (`head_seen`) leaves no room.
 *
 *     slots        ... | 40 G | 41 H | 34 - | 35 - | 36 C | 37 D | 38 E | 39 F |
 *     (8 of them)               tail ^              ^ head: 35
 *
 * Here the positions 35 to 40 are full (C to H); slots 34 and 35 modulo 8 are free and have the
 * turns of their messages before.
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
    uint64_t tail;      /* atomic: position of the next message to come in, and WEFT_X_RING_ENDED */
    uint64_t head_seen; /* with several producers atomic: a head of the past */
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

/* What pop says if the slot of position `at`, whose turn is `turn`, was not ready, and the ring is
 * not open: WEFT_OK if it is ready now. */
WEFT_API weft_status weft_x_ring_not_ready(const weft_ring *ring, const uint32_t *turn,
                                           uint64_t at);

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

/* Position `*at_out` and those behind it, `*count_out` in all, 1 to `most`, are the producer's to
 * fill and publish. */
WEFT_X_RING_INLINE weft_status weft_x_spsc_claim(weft_ring *ring, size_t most, uint64_t *at_out,
                                                 size_t *count_out)
{
    if (WEFT_X_SELDOM(__atomic_load_n(&ring->state, __ATOMIC_ACQUIRE) != WEFT_X_RING_OPEN)) {
        weft_x_spsc_refused(ring);
        return WEFT_ECLOSED;
    }
    const uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    uint64_t room = ring->capacity - (tail - ring->head_seen);
    if (WEFT_X_SELDOM(room < most)) {
        ring->head_seen = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        room = ring->capacity - (tail - ring->head_seen);
        if (room == 0)
            return WEFT_EFULL;
    }
    *at_out = tail;
    *count_out = most == 1 || room > most ? most : (size_t)room;
    return WEFT_OK;
}

/* Says how far a single producer has come; before it publishes, so that no consumer finds itself
 * ahead of it. */
WEFT_X_RING_INLINE void weft_x_spsc_advance(weft_ring *ring, uint64_t tail)
{
    __atomic_store_n(&ring->tail, tail, __ATOMIC_RELAXED);
}

/* The same among several producers, and it advances. Lock-free: it tries again only if another
 * producer has moved the tail meanwhile. */
WEFT_X_RING_INLINE weft_status weft_x_mpsc_claim(weft_ring *ring, size_t most, uint64_t *at_out,
                                                 size_t *count_out)
{
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
    size_t count;
    do {
        if (WEFT_X_SELDOM(tail & WEFT_X_RING_ENDED))
            return WEFT_ECLOSED;
        /* Who saw the head passes on what it saw: the slots are free to all who read it here. The
         * tail may be older than the head; then it has moved, and the exchange fails. */
        uint64_t used = tail - __atomic_load_n(&ring->head_seen, __ATOMIC_ACQUIRE);
        if (WEFT_X_SELDOM((int64_t)used > (int64_t)ring->capacity - (int64_t)most)) {
            const uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
            used = tail - head;
            if ((int64_t)used >= (int64_t)ring->capacity)
                return WEFT_EFULL;
            __atomic_store_n(&ring->head_seen, head, __ATOMIC_RELEASE);
        }
        const uint64_t room = ring->capacity - used;
        count = most == 1 || room > most ? most : (size_t)room;
    } while (WEFT_X_SELDOM(!__atomic_compare_exchange_n(&ring->tail, &tail, tail + count, true,
                                                        __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)));
    *at_out = tail;
    *count_out = count;
    return WEFT_OK;
}

/* The message of position `at` is in the slot with this turn. */
WEFT_X_RING_INLINE void weft_x_ring_publish(uint32_t *turn, uint64_t at)
{
    __atomic_store_n(turn, (uint32_t)at + 1, __ATOMIC_RELEASE);
}

/* The same for a slot of which only the turn is known: one that is claimed has the turn of the
 * message before, one round back. */
WEFT_X_RING_INLINE void weft_x_ring_publish_claimed(const weft_ring *ring, uint32_t *turn)
{
    const uint32_t before = __atomic_load_n(turn, __ATOMIC_RELAXED);
    __atomic_store_n(turn, before + ring->mask + 1, __ATOMIC_RELEASE);
}

WEFT_X_RING_INLINE uint64_t weft_x_ring_head(const weft_ring *ring)
{
    return __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
}

/* Whether the slot with this turn has the message of position `at`: WEFT_OK, WEFT_EAGAIN,
 * WEFT_ECLOSED. */
WEFT_X_RING_INLINE weft_status weft_x_ring_ready(const weft_ring *ring, const uint32_t *turn,
                                                 uint64_t at)
{
    if (__atomic_load_n(turn, __ATOMIC_ACQUIRE) == (uint32_t)at + 1)
        return WEFT_OK;
    if (__atomic_load_n(&ring->state, __ATOMIC_ACQUIRE) == WEFT_X_RING_OPEN)
        return WEFT_EAGAIN;
    return weft_x_ring_not_ready(ring, turn, at);
}

/* The messages before `head` are out of their slots. */
WEFT_X_RING_INLINE void weft_x_ring_release(weft_ring *ring, uint64_t head)
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
        uint32_t turn;                                                                            \
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
        const uint64_t at_ = weft_x_ring_head(&queue_->ring);                                     \
        struct name##_slot *const slot_ = name##_x_slot(queue_, at_);                             \
        const weft_status status_ = weft_x_ring_ready(&queue_->ring, &slot_->turn, at_);          \
        if (!status_)                                                                             \
            *message_out_ = &slot_->value;                                                        \
        return status_;                                                                           \
    }                                                                                             \
    WEFT_X_RING_INLINE void name##_release(name *queue_)                                          \
    {                                                                                             \
        const uint64_t at_ = weft_x_ring_head(&queue_->ring);                                     \
        assert(__atomic_load_n(&name##_x_slot(queue_, at_)->turn, __ATOMIC_RELAXED) ==            \
               (uint32_t)at_ + 1);                                                                \
        weft_x_ring_release(&queue_->ring, at_ + 1);                                              \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_pop(name *queue_, T *message_out_)         \
    {                                                                                             \
        const uint64_t at_ = weft_x_ring_head(&queue_->ring);                                     \
        const struct name##_slot *const slot_ = name##_x_slot(queue_, at_);                       \
        const weft_status status_ = weft_x_ring_ready(&queue_->ring, &slot_->turn, at_);          \
        if (status_)                                                                              \
            return status_;                                                                       \
        *message_out_ = slot_->value;                                                             \
        weft_x_ring_release(&queue_->ring, at_ + 1);                                              \
        return WEFT_OK;                                                                           \
    }                                                                                             \
    WEFT_X_RING_INLINE WEFT_CHECKED weft_status name##_pop_n(name *queue_, T *messages_out_,      \
                                                             size_t most_, size_t *count_out_)    \
    {                                                                                             \
        if (WEFT_X_SELDOM(most_ == 0))                                                            \
            return WEFT_EINVAL;                                                                   \
        const uint64_t head_ = weft_x_ring_head(&queue_->ring);                                   \
        const struct name##_slot *slot_ = name##_x_slot(queue_, head_);                           \
        const weft_status status_ = weft_x_ring_ready(&queue_->ring, &slot_->turn, head_);        \
        if (status_)                                                                              \
            return status_;                                                                       \
        size_t count_ = 0;                                                                        \
        do {                                                                                      \
            messages_out_[count_] = slot_->value;                                                 \
            count_++;                                                                             \
            slot_ = name##_x_slot(queue_, head_ + count_);                                        \
        } while (count_ < most_ && __atomic_load_n(&slot_->turn, __ATOMIC_ACQUIRE) ==             \
                                       (uint32_t)(head_ + count_) + 1);                           \
        weft_x_ring_release(&queue_->ring, head_ + count_);                                       \
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
