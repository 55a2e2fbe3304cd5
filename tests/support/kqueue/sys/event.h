/* As much of kqueue(2) as the poller uses, for systems that have none: kqueue_emulation.c. The
 * values are FreeBSD's. */
#ifndef WEFT_TEST_SYS_EVENT_H
#define WEFT_TEST_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

#define EVFILT_READ  (-1)
#define EVFILT_WRITE (-2)

#define EV_ADD      0x0001
#define EV_DELETE   0x0002
#define EV_ENABLE   0x0004
#define EV_DISABLE  0x0008
#define EV_CLEAR    0x0020
#define EV_DISPATCH 0x0080
#define EV_EOF      0x8000

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    int64_t data;
    void *udata;
};

#define EV_SET(event, ident_, filter_, flags_, fflags_, data_, udata_) \
    (*(event) = (struct kevent){ (ident_), (filter_), (flags_), (fflags_), (data_), (udata_) })

int kqueue(void);
int kevent(int kq, const struct kevent *changes, int change_count, struct kevent *events,
           int event_count, const struct timespec *timeout);

#endif
