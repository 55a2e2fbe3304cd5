/* Fences: what a store is to be ordered by before a later load of something else. */
#ifndef WEFT_BASE_FENCE_H
#define WEFT_BASE_FENCE_H

/* A full fence. */
static inline void weft_fence(void)
{
    /* ThreadSanitizer does not see fences. Ours order who looks at what first; the data itself is
     * always handed over by a release that an acquire reads. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

/* The same directly behind an atomic read-modify-write, which is a full fence itself on x86. A
 * model that puts its own fence in the place of the compiler's is always told. */
static inline void weft_fence_after_rmw(void)
{
#if defined(__x86_64__) && !defined(__atomic_thread_fence)
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#else
    weft_fence();
#endif
}

#endif
