/* A part of bench-timer: a system whose time stands still, and whose epoll has nothing.
 *
 * Linked into a program, it answers in the C library's place, also to the shared libraries that the
 * program uses. Only CLOCK_MONOTONIC_RAW, which the bench looks at, goes on. */
#ifndef WEFT_BENCH_TIMER_SYSTEM_H
#define WEFT_BENCH_TIMER_SYSTEM_H

#include <stdint.h>

/* The time, from timer_system_stop on. */
extern int64_t timer_system_ns;

void timer_system_stop(void);

#endif
