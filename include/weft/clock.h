/* Clocks: what time it is, as a value that timers, loop and handlers share.
 *
 * All times are int64_t nanoseconds. A clock has two: `now_ns`, which in a realtime clock never
 * goes backwards and is what deadlines are made of, and `unix_ns`, the wall clock since 1970. Both
 * change only when somebody calls weft_clock_now; handlers read the fields. A loop calls it before
 * the handlers of a pass run (loop.h).
 *
 *     weft_clock clock;
 *     weft_clock_init_test(&clock, 0);
 *     weft_clock_advance(&clock, 5 * WEFT_MILLISECOND);
 *     weft_timers_poll(timers, world, weft_clock_now(&clock));
 *
 *     realtime    the machine's monotonic clock, and the wall clock calibrated against it
 *     test        stands still until it is told to move
 *     historical  walks from a start to an end: in steps, or from deadline to deadline
 *
 * A realtime clock asks the system, or with WEFT_CLOCK_COUNTER the CPU's own counter, which takes
 * half the time. It is held against the system's clock every millisecond, so it is no further than
 * WEFT_CLOCK_COUNTER_ERROR_NS from it, as long as the system slews its clock by 0.1 % at most, as
 * time daemons do; a larger change, or a counter that jumps, is seen within that millisecond. Where
 * it cannot be trusted, as the kernel itself keeps time by something else or the machine has just
 * been suspended or migrated, the system is asked.
 *
 * In test and historical clocks both times are the same.
 *
 * What this does not do: wait (a poller does), know calendars or time zones. A clock belongs to one
 * thread. NULL is accepted where a comment says so.
 */
#ifndef WEFT_CLOCK_H
#define WEFT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/world.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_MICROSECOND INT64_C(1000)
#define WEFT_MILLISECOND INT64_C(1000000)
#define WEFT_SECOND      INT64_C(1000000000)
#define WEFT_FOREVER     INT64_C(-1) /* as a timeout */

typedef enum weft_clock_kind {
    WEFT_CLOCK_REALTIME,
    WEFT_CLOCK_TEST,
    WEFT_CLOCK_HISTORICAL,
} weft_clock_kind;

typedef enum weft_clock_source {
    WEFT_CLOCK_SYSTEM,
    WEFT_CLOCK_COUNTER,
} weft_clock_source;

/* How far a clock on the CPU's counter may be from CLOCK_MONOTONIC. */
#define WEFT_CLOCK_COUNTER_ERROR_NS INT64_C(2000)

/* Private. A line through time by the CPU's counter: `scale` / 2^32 nanoseconds per tick, from
 * `ticks`, which was `ns`, for `span_ticks`. */
typedef struct weft_counter {
    uint64_t ticks;
    uint64_t span_ticks; /* 0: not to be trusted */
    uint64_t scale;
    int64_t ns;
    uint32_t misses; /* good pairs that could not be had, in a row */
} weft_counter;

/* now_ns and unix_ns are for everybody to read; the rest is private. */
typedef struct weft_clock {
    int64_t now_ns;
    int64_t unix_ns;
    weft_clock_kind kind;
    weft_clock_source source; /* realtime */
    weft_counter counter;     /* realtime */
    int64_t offset_ns;        /* realtime: unix_ns - now_ns */
    int64_t gap_ns;           /* realtime: how far off the offset may be */
    int64_t resync_at_ns;     /* realtime: calibrate again from then on */
    int64_t threshold_ns;     /* realtime: a gap up to this is accurate */
    int64_t interval_ns;      /* realtime: between calibrations */
    uint32_t max_attempts;    /* realtime: per calibration */
    int64_t start_ns;         /* historical */
    int64_t end_ns;           /* historical */
    int64_t step_ns;          /* historical; 0: jumps only */
    int64_t next_ns;          /* historical, test: what weft_clock_now will say */
} weft_clock;

WEFT_API WEFT_RESOURCE_DECLARE(weft_clock);

/* 0 means the default. */
typedef struct weft_realtime_desc {
    int64_t threshold_ns;       /* calibrate until the gap is at most this: 250 ns */
    uint32_t max_attempts;      /* or so many attempts were made: 20 */
    int64_t resync_interval_ns; /* follow steps of the wall clock this often: 1 hour */
    weft_clock_source source;   /* the system's clock, or the CPU's counter where it is good */
} weft_realtime_desc;

typedef struct weft_historical_desc {
    int64_t start_ns; /* the first time it says */
    int64_t end_ns;   /* the last; later than the start */
    int64_t step_ns;  /* added after each weft_clock_now; 0: time moves by weft_clock_jump only */
} weft_historical_desc;

/* The machine's time. The wall clock is read between two reads of the monotonic clock, several
 * times; the pair with the smallest gap counts. `desc` may be NULL. WEFT_EINVAL for negative
 * values and an unknown source. */
WEFT_API WEFT_CHECKED weft_status weft_clock_init_realtime(weft_clock *clock,
                                                           const weft_realtime_desc *desc);

/* A clock that stands at `start_ns`. */
WEFT_API void weft_clock_init_test(weft_clock *clock, int64_t start_ns);

/* A clock for replays. WEFT_EINVAL if the start is not before the end or the step is negative. */
WEFT_API WEFT_CHECKED weft_status weft_clock_init_historical(weft_clock *clock,
                                                             const weft_historical_desc *desc);

/* Registers a copy of `clock` as the world's clock (NULL: realtime) and returns it; handlers take
 * it as RES(weft_clock). NULL if that fails; the builder knows why. [before build] */
WEFT_API weft_clock *weft_clock_install(weft_builder *builder, const weft_clock *clock);

/* Looks at the time: stores it in the clock's fields and returns now_ns. A historical clock then
 * moves on by its step, up to its end. [loop] */
WEFT_API int64_t weft_clock_now(weft_clock *clock);

/* Moves a test clock; a realtime or historical one answers WEFT_EINVAL. The fields change at the
 * next weft_clock_now. Negative values move it back. */
WEFT_API weft_status weft_clock_advance(weft_clock *clock, int64_t by_ns);
WEFT_API weft_status weft_clock_set(weft_clock *clock, int64_t now_ns);

/* Historical: the next weft_clock_now says `to_ns`, or the end if that is earlier, instead of the
 * step that would come. A jump to before now_ns is ignored. A test clock jumps likewise, without an
 * end; realtime answers WEFT_EINVAL. */
WEFT_API weft_status weft_clock_jump(weft_clock *clock, int64_t to_ns);

/* True for test and historical clocks: nobody may wait for them, they do not move by themselves. */
static inline bool weft_clock_is_virtual(const weft_clock *clock)
{
    return clock->kind != WEFT_CLOCK_REALTIME;
}

/* Historical: true if it has no step, so that time moves by weft_clock_jump only. */
static inline bool weft_clock_only_jumps(const weft_clock *clock)
{
    return clock->kind == WEFT_CLOCK_HISTORICAL && clock->step_ns == 0;
}

/* Historical: true once its end was said. Others are never exhausted. */
WEFT_API bool weft_clock_exhausted(const weft_clock *clock);

/* Historical: back to the start; realtime: calibrates now; test: WEFT_EINVAL. */
WEFT_API weft_status weft_clock_reset(weft_clock *clock);

/* Realtime: the calibration's uncertainty, and whether it met the threshold; 0 and true for the
 * others. */
WEFT_API int64_t weft_clock_gap(const weft_clock *clock);
WEFT_API bool weft_clock_accurate(const weft_clock *clock);

#ifdef __cplusplus
}
#endif
#endif
