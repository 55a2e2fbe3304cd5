/* How the files of net.h tell what the system answered. */
#ifndef WEFT_DRIVER_NET_STATUS_H
#define WEFT_DRIVER_NET_STATUS_H

#include <errno.h>

#include <weft/status.h>

static inline weft_status weft_net_status(int error)
{
    switch (error) {
    case EAGAIN: return WEFT_EAGAIN;
    case EMFILE:
    case ENFILE: return WEFT_ELIMIT;
    case ENOMEM:
    case ENOBUFS: return WEFT_ENOMEM;
    case EADDRINUSE: return WEFT_EEXISTS;
    case EMSGSIZE: return WEFT_ETOOBIG;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ETIMEDOUT: return WEFT_ECLOSED;
    default: return WEFT_ESYSTEM;
    }
}

/* An argument is out of its range. */
static inline weft_status weft_net_invalid(void)
{
    errno = EINVAL;
    return WEFT_EINVAL;
}

#endif
