/* A part of bench-echo: the one client for all servers. */
#ifndef WEFT_BENCH_ECHO_CLIENT_H
#define WEFT_BENCH_ECHO_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "support/bench.h"

/* What a turn found. */
typedef struct echo_figures {
    double p50_ns, p99_ns, p999_ns; /* of the round trips */
    double rate;                    /* messages per second */
} echo_figures;

/* One connection: sends a message, waits for it to come back, sends the next. Waiting, the client
 * sleeps, or, if it is `busy`, tries again and again. */
echo_figures echo_ping_pong(const bench *b, uint16_t port, size_t messages, bool busy);

/* Many connections, each with one message in flight: the client goes round, takes what came back
 * and sends the next. It does not poll and does not sleep: two system calls per message, fewer than
 * any server needs, so that the servers are what is measured. */
echo_figures echo_many(const bench *b, uint16_t port, size_t connections, size_t messages);

#endif
