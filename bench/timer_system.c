#define _GNU_SOURCE
#include "timer_system.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

static bool stopped;
int64_t timer_system_ns;

void timer_system_stop(void)
{
    stopped = true;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *ts)
{
    static int (*real)(clockid_t, struct timespec *);
    if (stopped && id != CLOCK_MONOTONIC_RAW) { /* which is what the bench itself looks at */
        *ts = (struct timespec){ timer_system_ns / 1000000000, timer_system_ns % 1000000000 };
        return 0;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(id, ts);
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict zone)
{
    struct timespec ts;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    *tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
    return 0;
}

__attribute__((visibility("default"))) int epoll_wait(int fd, struct epoll_event *events, int most,
                                                      int timeout_ms)
{
    (void)fd, (void)events, (void)most, (void)timeout_ms;
    return 0;
}

__attribute__((visibility("default"))) int epoll_pwait(int fd, struct epoll_event *events, int most,
                                                       int timeout_ms, const sigset_t *mask)
{
    (void)fd, (void)events, (void)most, (void)timeout_ms, (void)mask;
    return 0;
}
