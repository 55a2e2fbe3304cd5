/* Time by the CPU's counter, held against the system's clock.
 *
 * Reading the counter (TSC, CNTVCT) is half of what clock_gettime does; the rest is to follow the
 * system's idea of its rate. Here a straight line stands for that, laid through the last two pairs
 * of counter and clock, and extended for a millisecond at most: the next reading beyond that takes
 * a new pair. So errors do not add up over time. There are three, all of them small:
 *
 *     <= 200 ns   a pair: the clock is read before and after the counter, at most 200 ns apart, and
 *                 the counter counts in steps of up to 100 ns
 *     <= 450 ns   the slope: two such pairs, 0.9 ms apart or more, tell what the next 1 ms will be
 *     <= 1000 ns  the rate: adjtimex may change it by 1000 ppm meanwhile, over that millisecond
 *
 * A line is trusted if its slope is that of the line before, within 0.1 %. What breaks the line
 * (a suspended or migrated machine, a counter that was set) makes a pair that lies elsewhere: the
 * counter is then not used until two slopes agree again.
 *
 * Only a counter that the kernel itself keeps time with is used: it watches that the counter is
 * steady and the same on all CPUs, and its own time changes with the counter's rate. The reading is
 * not ordered against loads before it: the counter may be read some nanoseconds early, never late.
 */
#ifndef WEFT_DRIVER_COUNTER_H
#define WEFT_DRIVER_COUNTER_H

#include <weft/clock.h>

enum {
    WEFT_COUNTER_SPAN_NS = 1000000, /* how far a line is extended */
    WEFT_COUNTER_APART_NS = 900000, /* two pairs give a slope if they are that far apart */
    WEFT_COUNTER_GAP_NS = 200,      /* a pair is good if the clock's readings are that near */
    WEFT_COUNTER_AGREE_SHIFT = 10,  /* slopes agree if they differ by less than 2^-10 */
};

#if defined(__x86_64__)
#define WEFT_COUNTER_CLOCKSOURCE "tsc"
static inline uint64_t weft_counter_read(void)
{
    return __builtin_ia32_rdtsc();
}
#elif defined(__aarch64__)
#define WEFT_COUNTER_CLOCKSOURCE "arch_sys_counter"
static inline uint64_t weft_counter_read(void)
{
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
static inline uint64_t weft_counter_read(void)
{
    return 0;
}
#endif

/* True if the line says what time `ticks` is; else the system knows. */
static inline bool weft_counter_says(const weft_counter *counter, uint64_t ticks, int64_t *ns_out)
{
    const uint64_t since = ticks - counter->ticks; /* huge if the counter went back */
    if (since >= counter->span_ticks)
        return false;
    *ns_out = counter->ns + (int64_t)(since * counter->scale >> 32);
    return true;
}

static inline bool weft_counter_slopes_agree(uint64_t a, uint64_t b)
{
    const uint64_t apart = a > b ? a - b : b - a;
    return apart < a >> WEFT_COUNTER_AGREE_SHIFT;
}

/* The counter's rate in 2^-32 ns per tick, 0 if these are no reasonable steps. */
static inline uint64_t weft_counter_slope(uint64_t ticks, int64_t ns)
{
    const double slope = (double)ns * 4294967296.0 / (double)ticks;
    /* From 0.01 to 100 ns per tick: a slower counter is too coarse. */
    return slope > 4.3e7 && slope < 4.3e11 ? (uint64_t)slope : 0;
}

/* Forgets the line and begins with a pair. */
static inline void weft_counter_begin(weft_counter *counter, uint64_t ticks, int64_t ns)
{
    *counter = (weft_counter){ .ticks = ticks, .ns = ns };
}

/* True if a pair at `ns` would be too near the last one to tell the slope. */
static inline bool weft_counter_waits(const weft_counter *counter, int64_t ns)
{
    return !counter->span_ticks && ns - counter->ns < WEFT_COUNTER_APART_NS;
}

/* Takes a good pair: at `ticks` it was `ns`. A line that ended before its time is broken. */
static inline void weft_counter_take(weft_counter *counter, uint64_t ticks, int64_t ns)
{
    if (weft_counter_waits(counter, ns))
        return;
    const int64_t since_ns = ns - counter->ns;
    const uint64_t former = counter->scale;
    uint64_t slope = 0;
    if (since_ns >= WEFT_COUNTER_APART_NS)
        slope = weft_counter_slope(ticks - counter->ticks, since_ns);
    weft_counter_begin(counter, ticks, ns);
    counter->scale = slope;
    if (slope && weft_counter_slopes_agree(slope, former))
        counter->span_ticks = ((uint64_t)WEFT_COUNTER_SPAN_NS << 32) / slope;
}

#endif
