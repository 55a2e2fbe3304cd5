/* A part of bench-echo: the servers, one process each, pinned to a CPU and ended by its pid. */
#ifndef WEFT_BENCH_ECHO_SERVERS_H
#define WEFT_BENCH_ECHO_SERVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Either a program beside this one, with its arguments, or a function that serves the clients of a
 * listening socket and never returns. */
typedef struct echo_server {
    const char *name;
    const char *const *arguments; /* argv of weft-echo from --port on; NULL: run */
    const char *wanted;           /* the backend that weft-echo is to have; NULL: any */
    void (*run)(int listener);
    bool is_other; /* it has started, but with another backend */
    pid_t pid;
    uint16_t port;
} echo_server;

/* Starts it on a free port of 127.0.0.1. The bench ends if that fails. */
void echo_server_start(echo_server *server, int cpu);

/* Ends it. weft-echo must do so with status 0. */
void echo_server_stop(echo_server *server);

/* What our server is compared with: the same by hand. _busy never sleeps, _park sleeps whenever
 * there is nothing. _recv tries all its sockets in turn, without a poller. */
void echo_epoll_busy(int listener);
void echo_epoll_park(int listener);
void echo_recv_busy(int listener);

/* libuv's loop, with its cheapest calls. */
#if defined(WEFT_BENCH_HAVE_UV)
void echo_uv_busy(int listener);
void echo_uv_park(int listener);
#endif

#endif
