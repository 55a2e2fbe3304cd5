/* Clients: what the connections of one server share.
 *
 * A connection that has used up its turn waits in a queue for its next one; the notification
 * `more` lets the queue run in the next pass of the loop, before what has become readable then.
 */
#ifndef KV_CLIENTS_H
#define KV_CLIENTS_H

#include <weft/fn.h>
#include <weft/loop.h>
#include <weft/slab.h>

#include "expiry.h"
#include "log.h"
#include "service.h"

typedef struct kv_connection kv_connection;

/* Read at a time, behind the beginning of a request that has come before. */
#define KV_READ_BYTES  ((size_t)64 * 1024)
#define KV_CARRY_BYTES ((size_t)4 * 1024)

typedef struct kv_clients {
    weft_slab slab;          /* of kv_connection */
    const weft_world *world; /* to bind each connection's handlers to */
    int64_t stall_ns;
    bool draining;          /* the last connection to go stops the loop */
    weft_notify *more;      /* runs the queue */
    weft_notify *stop;      /* a client said SHUTDOWN */
    kv_connection *waiting; /* the queue */
    size_t waiting_count;
    weft_shutdown *shutdown;
    kv_log_limit drop_log;
    /* What a turn needs only until it ends. A client gets memory of its own for what is left over:
     * half a request, replies that the socket does not take. So idle clients have none. */
    kv_buffer out;
    char in[KV_CARRY_BYTES + KV_READ_BYTES];
} kv_clients;

WEFT_RESOURCE_DECLARE(kv_clients);

/* What serving a client takes. */
WEFT_BUNDLE(kv_hub, MUT(weft_loop, loop), MUT(kv_clients, clients), MUT(kv_service, service),
            MUT(kv_expiry, expiry));

/* Makes the clients of `world` ready for connections. [loop] */
WEFT_CHECKED weft_status kv_clients_start(weft_world *world, int64_t stall_ns);

/* The commands work at the loop's time. Each handler does that first. */
static inline void kv_hub_take_time(const kv_hub *hub)
{
    kv_service_set_time(hub->service, hub->loop->clock->unix_ns);
}

#endif
