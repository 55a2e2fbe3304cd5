/* The kqueue poller, where the library is built without it, on an emulated kqueue. */
#if defined(__linux__)
#include "driver/poller_kqueue.c" /* NOLINT: it is the code under test */
#endif
