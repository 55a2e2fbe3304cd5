/* Batches: items that are collected, then run one after the other through one function or pipeline.
 *
 *     WEFT_BATCH(order_batch, Order, on_order);           // on_order: a WEFT_FN or WEFT_PIPELINE
 *
 *     struct on_order one;
 *     struct order_batch orders;
 *     if (on_order_init(&one, world) || order_batch_init(&orders, &one, 64, world)) return 1;
 *     if (order_batch_push(&orders, &order)) puts("full");
 *     order_batch_run(&orders, world);                    // every item, in order; then it is empty
 *     order_batch_fini(&orders);
 *
 *     order_batch_each(&one.state, world, array, count);  // the same over your own array
 *
 * The buffer has the capacity that was asked for and never grows; running allocates nothing. What
 * becomes of one item (an error, none, a guard that stops it) does not touch the others. The
 * sequence does not advance: one batch is one event.
 *
 * If a step fails (weft_fail), the item it worked on is used up; the items behind it stay, and the
 * next run goes on with them: none is lost, none runs twice.
 *
 * A step may push to the batch that runs it: those items wait for the next run. Running a batch
 * from its own step does nothing.
 *
 * What this does not do: grow, give a result per item, run items in parallel.
 */
#ifndef WEFT_BATCH_H
#define WEFT_BATCH_H

#include <weft/fit.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Declares, for items of type E and a function or pipeline f that takes them:
 *     struct name { struct f handler; weft_batch queue; };
 *     weft_status name_init(struct name *batch, const struct f *bound, size_t capacity,
 *                           const weft_world *world);
 *         with a copy of `bound`, which owns its context from then on. WEFT_EINVAL if `bound` was
 *         not bound or the capacity is 0, WEFT_ENOMEM; reported, and `bound` is still the caller's.
 *         Memory is the world's allocator's.
 *     void name_fini(struct name *batch);
 *         ends the copy and frees the buffer; items in it are dropped. Accepts NULL, and a batch
 *         that is zeroed or was not initialised successfully. Not while it runs.
 *     weft_status name_push(struct name *batch, const E *item);
 *         copies the item to the end, or WEFT_EFULL.
 *     weft_status name_fill(struct name *batch, const E *items, size_t count);
 *         copies all of them to the end, or none: WEFT_EFULL.
 *     size_t name_len(const struct name *batch);                  items that wait
 *     size_t name_run(struct name *batch, weft_world *world);     returns how many it ran
 *     size_t name_each(struct f_state *state, weft_world *world, const E *items, size_t count);
 *         runs f on the caller's items, and returns count; if f fails, those behind are not run.
 *
 * All [loop] [in handler]. */
#ifdef __cplusplus
#define WEFT_BATCH(...) static_assert(false, "WEFT_BATCH is for C files")
#else
#define WEFT_BATCH(name, E, f) WEFT_X_BATCH(name, E, f)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields. */
typedef struct weft_batch {
    void *items;
    size_t len;
    size_t capacity;
    size_t item_bytes;
    size_t item_align;
    bool running;
    const weft_allocator *allocator; /* the world's */
} weft_batch;

/* ---- internal from here on ----------------------------------------------------------------- */

/* A run under way, for the cleanup: `next` is behind the item that is being run. A pointer to char,
 * so that the compiler knows that no resource's numbers are stored there, and a loop whose steps
 * cannot fail keeps it in a register. */
typedef struct weft_x_batch_run {
    weft_batch *batch;
    const char *next;
} weft_x_batch_run;

WEFT_API weft_status weft_x_batch_init(weft_batch *batch, const char *name,
                                       const weft_handler *bound, size_t capacity,
                                       size_t item_bytes, size_t item_align,
                                       const weft_world *world);
WEFT_API void weft_x_batch_fini(weft_batch *batch);

/* Moves what is behind the first `count` items to the front. Ends a run that failed: a
 * weft_cleanup.
 */
WEFT_API void weft_x_batch_keep(weft_batch *batch, size_t count);
WEFT_API void weft_x_batch_failed(void *run);

#ifdef __cplusplus
}
#endif

#define WEFT_X_BATCH(name, E, f)                                                                 \
    WEFT_X_FIT_INPUT(name##_##f, f, E)                                                           \
    _Static_assert(WEFT_X_TAKES_ONE(f, E) || WEFT_X_TAKES_NONE(f),                               \
                   #name ": " #f " does not take " WEFT_X_STR(E));                               \
    _Static_assert(sizeof(E) > 0, #name ": " WEFT_X_STR(E) " takes no room");                    \
    _Static_assert(f##_is_handler,                                                               \
                   #name ": " #f " ends in a value, which a batch would drop; end it in void");  \
    struct name {                                                                                \
        struct f handler;                                                                        \
        weft_batch queue;                                                                        \
    };                                                                                           \
    WEFT_X_INLINE WEFT_CHECKED weft_status name##_init(                                          \
        struct name *batch_, const struct f *bound_, size_t capacity_, const weft_world *world_) \
    {                                                                                            \
        const weft_status status_ =                                                              \
            weft_x_batch_init(&batch_->queue, #name, (const weft_handler *)bound_, capacity_,    \
                              sizeof(E), _Alignof(E), world_);                                   \
        if (status_)                                                                             \
            batch_->handler.base = (weft_handler){ NULL, NULL };                                 \
        else                                                                                     \
            batch_->handler = *bound_;                                                           \
        return status_;                                                                          \
    }                                                                                            \
    WEFT_X_INLINE void name##_fini(struct name *batch_)                                          \
    {                                                                                            \
        if (!batch_)                                                                             \
            return;                                                                              \
        weft_handler_fini(&batch_->handler.base);                                                \
        batch_->handler.base = (weft_handler){ NULL, NULL };                                     \
        weft_x_batch_fini(&batch_->queue);                                                       \
    }                                                                                            \
    WEFT_X_INLINE WEFT_CHECKED weft_status name##_push(struct name *batch_, const E *item_)      \
    {                                                                                            \
        if (batch_->queue.len == batch_->queue.capacity)                                         \
            return WEFT_EFULL;                                                                   \
        ((E *)batch_->queue.items)[batch_->queue.len++] = *item_;                                \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_INLINE WEFT_CHECKED weft_status name##_fill(struct name *batch_, const E *items_,     \
                                                       size_t count_)                            \
    {                                                                                            \
        if (count_ > batch_->queue.capacity - batch_->queue.len)                                 \
            return WEFT_EFULL;                                                                   \
        if (count_ > 0)                                                                          \
            memcpy((E *)batch_->queue.items + batch_->queue.len, items_, count_ * sizeof(E));    \
        batch_->queue.len += count_;                                                             \
        return WEFT_OK;                                                                          \
    }                                                                                            \
    WEFT_X_INLINE size_t name##_len(const struct name *batch_)                                   \
    {                                                                                            \
        return batch_->queue.len;                                                                \
    }                                                                                            \
    WEFT_X_INLINE size_t name##_each(struct f##_state *state_, weft_world *world_,               \
                                     const E *items_, size_t count_)                             \
    {                                                                                            \
        for (size_t i_ = 0; i_ < count_; i_++)                                                   \
            (void)f##_feed(&state_->slots, f##_ctx_of(state_), world_, &items_[i_]);             \
        return count_;                                                                           \
    }                                                                                            \
    WEFT_X_INLINE size_t name##_run(struct name *batch_, weft_world *world_)                     \
    {                                                                                            \
        const size_t count_ = batch_->queue.running ? 0 : batch_->queue.len;                     \
        if (count_ == 0)                                                                         \
            return 0;                                                                            \
        struct f##_state *const state_ = &batch_->handler.state;                                 \
        const E *const items_ = (const E *)batch_->queue.items;                                  \
        weft_x_batch_run run_ = { &batch_->queue, (const char *)items_ };                        \
        weft_cleanup cleanup_ = { weft_x_batch_failed, &run_, NULL };                            \
        batch_->queue.running = true;                                                            \
        weft_cleanup_push(world_, &cleanup_);                                                    \
        for (size_t i_ = 0; i_ < count_; i_++) {                                                 \
            run_.next = (const char *)&items_[i_ + 1];                                           \
            (void)f##_feed(&state_->slots, f##_ctx_of(state_), world_, &items_[i_]);             \
        }                                                                                        \
        weft_cleanup_pop(world_, &cleanup_);                                                     \
        if (batch_->queue.len > count_) /* a step has pushed */                                  \
            weft_x_batch_keep(&batch_->queue, count_);                                           \
        else                                                                                     \
            batch_->queue.len = 0;                                                               \
        batch_->queue.running = false;                                                           \
        return count_;                                                                           \
    }                                                                                            \
    _Static_assert(1, #name)

#endif
