/* Notices, in builds without NDEBUG, a FINI that fails (world.h: weft_fail must not be called there).
 * A FINI is called without a world, so the count is the thread's. */
#ifndef WEFT_WORLD_ENDING_H
#define WEFT_WORLD_ENDING_H

#ifndef NDEBUG

extern __thread unsigned weft_endings; /* FINIs that run now, since the innermost weft_try */

static inline unsigned weft_endings_set(unsigned endings)
{
    const unsigned before = weft_endings;
    weft_endings = endings;
    return before;
}

static inline unsigned weft_endings_now(void)
{
    return weft_endings;
}

#else

static inline unsigned weft_endings_set(unsigned endings)
{
    return endings;
}

static inline unsigned weft_endings_now(void)
{
    return 0;
}

#endif

/* Before a FINI; what it returns is set again behind it. */
static inline unsigned weft_endings_begin(void)
{
    return weft_endings_set(weft_endings_now() + 1);
}

#endif
