/* Who notifies a token first pushes it on a stack without locks (Treiber, "Coping with
 * Parallelism", 1986); the receiver takes the whole stack at once and turns it round behind what it
 * took before. As tokens are only ever taken all together, the stack has no ABA problem.
 *
 * `pending` says who may touch a token's link: whoever turned it from false to true pushes the
 * token, once; the receiver reads the link and then makes it false again. Both are exchanges, not a
 * store: the receiver's has to read the last notifier's to see what that one did before.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif
#include <weft/conflate.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef WEFT_CONFLATE_SPINS
#define WEFT_CONFLATE_SPINS 200 /* looks at the stack before a receiver sleeps */
#endif

enum { CACHE_LINE_BYTES = 64, SECOND_NS = 1000000000 };

/* Links and heads hold token + 1; 0 ends a chain. */
typedef struct place {
    uint32_t next;
    bool pending; /* atomic */
} place;

struct weft_conflate {
    uint32_t tokens;
    weft_wake *wake;
    weft_allocator allocator;
    /* The receiver's: taken from the stack, in order, still to be given out. */
    uint32_t first __attribute__((aligned(CACHE_LINE_BYTES)));
    uint32_t last;
    weft_wake own;
    uint32_t top __attribute__((aligned(CACHE_LINE_BYTES))); /* atomic: notified last */
    place places[] __attribute__((aligned(CACHE_LINE_BYTES)));
};

static size_t queue_bytes(uint32_t tokens)
{
    return sizeof(weft_conflate) + tokens * sizeof(place);
}

weft_status weft_conflate_new(const weft_conflate_desc *desc, weft_conflate **queue_out)
{
    if (desc->tokens == 0 || desc->tokens == UINT32_MAX)
        return WEFT_EINVAL;
    const weft_allocator from = weft_allocator_or_default(desc->allocator);
    weft_conflate *queue = weft_alloc(&from, queue_bytes(desc->tokens), _Alignof(weft_conflate));
    if (!queue)
        return WEFT_ENOMEM;
    *queue = (weft_conflate){ .tokens = desc->tokens, .wake = desc->wake, .allocator = from };
    memset(queue->places, 0, desc->tokens * sizeof(place));
    weft_wake_init(&queue->own);
    if (!queue->wake)
        queue->wake = &queue->own;
    *queue_out = queue;
    return WEFT_OK;
}

void weft_conflate_free(weft_conflate *queue)
{
    if (!queue)
        return;
    weft_wake_fini(&queue->own);
    const weft_allocator from = queue->allocator;
    weft_free(&from, queue, queue_bytes(queue->tokens), _Alignof(weft_conflate));
}

weft_status weft_conflate_notify(weft_conflate *queue, uint32_t token)
{
    if (token >= queue->tokens)
        return WEFT_EINVAL;
    place *at = &queue->places[token];
    if (__atomic_exchange_n(&at->pending, true, __ATOMIC_ACQ_REL))
        return WEFT_OK; /* whoever made it pending wakes the receiver */
    uint32_t top = __atomic_load_n(&queue->top, __ATOMIC_RELAXED);
    do {
        at->next = top;
    } while (!__atomic_compare_exchange_n(&queue->top, &top, token + 1, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
    weft_wake_signal(queue->wake);
    return WEFT_OK;
}

/* Moves the stack behind what was taken before, oldest first. */
static void take_all(weft_conflate *queue)
{
    const uint32_t newest = __atomic_exchange_n(&queue->top, 0, __ATOMIC_ACQUIRE);
    uint32_t oldest = 0;
    for (uint32_t link = newest, older; link; link = older) {
        place *at = &queue->places[link - 1];
        older = at->next;
        at->next = oldest;
        oldest = link;
    }
    if (queue->last)
        queue->places[queue->last - 1].next = oldest;
    else
        queue->first = oldest;
    queue->last = newest;
}

size_t weft_conflate_poll(weft_conflate *queue, uint32_t *tokens_out, size_t most)
{
    if (__atomic_load_n(&queue->top, __ATOMIC_RELAXED))
        take_all(queue);
    size_t count = 0;
    while (count < most && queue->first) {
        const uint32_t link = queue->first;
        place *at = &queue->places[link - 1];
        queue->first = at->next;
        if (!queue->first)
            queue->last = 0;
        (void)__atomic_exchange_n(&at->pending, false, __ATOMIC_ACQ_REL);
        tokens_out[count++] = link - 1;
    }
    return count;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A receiver that is kept busy seldom finds the queue empty for long. */
static void spin(const weft_conflate *queue)
{
    for (int i = 0; i < WEFT_CONFLATE_SPINS; i++) {
        if (__atomic_load_n(&queue->top, __ATOMIC_RELAXED))
            return;
        spin_pause();
    }
}

/* Waits for it, for ever if left_ns is negative. True if it is readable. */
static bool wait_for(int fd, int64_t left_ns)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
#if defined(WEFT_PORTABLE)
    const int64_t ms = left_ns / 1000000 + (left_ns % 1000000 ? 1 : 0);
    return poll(&ready, 1, left_ns < 0 ? -1 : ms > INT_MAX ? INT_MAX : (int)ms) > 0;
#else
    const struct timespec left = { .tv_sec = (time_t)(left_ns / SECOND_NS),
                                   .tv_nsec = (long)(left_ns % SECOND_NS) };
    return ppoll(&ready, 1, left_ns < 0 ? NULL : &left, NULL) > 0;
#endif
}

/* Blocks until somebody notifies, or left_ns are over, or for no reason. */
static weft_status sleep_once(weft_conflate *queue, int64_t left_ns)
{
    int fd;
    const weft_status status = weft_wake_fd(&queue->own, &fd);
    if (status)
        return status;
    if (weft_wake_sleep(&queue->own)) {
        uint64_t wakes;
        /* Read before the rouse: a wake that this read swallows is one whose work is seen by the
         * poll that follows. */
        if (wait_for(fd, left_ns))
            while (read(fd, &wakes, sizeof wakes) < 0 && errno == EINTR)
                continue;
    }
    weft_wake_rouse(&queue->own);
    return WEFT_OK;
}

weft_status weft_conflate_receive(weft_conflate *queue, uint32_t *tokens_out, size_t most,
                                  int64_t timeout_ns, size_t *count_out)
{
    if (most == 0 || queue->wake != &queue->own)
        return WEFT_EINVAL;
    int64_t deadline_ns = INT64_MAX;
    if (timeout_ns > 0 && __builtin_add_overflow(now_ns(), timeout_ns, &deadline_ns))
        deadline_ns = INT64_MAX;
    int64_t left_ns = timeout_ns;
    for (;;) {
        const size_t count = weft_conflate_poll(queue, tokens_out, most);
        if (count > 0) {
            *count_out = count;
            return WEFT_OK;
        }
        if (timeout_ns >= 0 && left_ns <= 0)
            return WEFT_EAGAIN;
        spin(queue);
        const weft_status status = sleep_once(queue, timeout_ns < 0 ? -1 : left_ns);
        if (status)
            return status;
        if (timeout_ns > 0)
            left_ns = deadline_ns - now_ns();
    }
}

/* ---- inspection ------------------------------------------------------------------------------ */

uint32_t weft_conflate_tokens(const weft_conflate *queue)
{
    return queue->tokens;
}

/* Counts a chain's tokens; more than there are if it is broken. */
static uint32_t chain_len(const weft_conflate *queue, uint32_t link, uint32_t *last_out)
{
    uint32_t len = 0;
    *last_out = 0;
    for (; link && len <= queue->tokens; link = queue->places[link - 1].next) {
        if (link > queue->tokens ||
            !__atomic_load_n(&queue->places[link - 1].pending, __ATOMIC_RELAXED))
            return queue->tokens + 1;
        *last_out = link;
        len++;
    }
    return len;
}

bool weft_conflate_check(const weft_conflate *queue, const char **why_out)
{
    uint32_t last, pending = 0;
    const uint32_t taken = chain_len(queue, queue->first, &last);
    if (taken > queue->tokens || last != queue->last) {
        *why_out = "the tokens that were taken are linked wrongly, or one of them is not pending";
        return false;
    }
    const uint32_t stacked =
        chain_len(queue, __atomic_load_n(&queue->top, __ATOMIC_ACQUIRE), &last);
    if (stacked > queue->tokens) {
        *why_out = "the stack is linked wrongly, or a token on it is not pending";
        return false;
    }
    for (uint32_t i = 0; i < queue->tokens; i++)
        pending += __atomic_load_n(&queue->places[i].pending, __ATOMIC_RELAXED);
    if (pending != taken + stacked) {
        *why_out = "a pending token is in no chain, or in two";
        return false;
    }
    return true;
}
