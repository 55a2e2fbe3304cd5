/* Server: listens, takes clients in, and ends everything in good order. */
#ifndef KV_SERVER_H
#define KV_SERVER_H

#include <weft/loop.h>
#include <weft/net.h>

#include "log.h"

typedef struct kv_server {
    weft_listener listener;
    weft_io_id source;
    bool stopping;
    kv_log_limit refused_log;
} kv_server;

WEFT_RESOURCE_DECLARE(kv_server);

/* Listens where service->settings says, and handles SIGTERM, SIGINT and SHUTDOWN. *address_out is
 * where it listens. On failure one sentence went to stderr. [loop] */
WEFT_CHECKED weft_status kv_server_start(weft_world *world, weft_address *address_out);

#endif
