/* What the commands work on: the data, the clients' sessions, the figures. No I/O and no clock:
 * the server says what time it is, once per turn of its loop. */
#ifndef KV_SERVICE_H
#define KV_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/resource.h>

#include "budget.h"
#include "buffer.h"
#include "store.h"

/* The release whose protocol and replies this server follows. */
#define KV_REDIS_VERSION "7.0.15"

typedef struct kv_service kv_service;

/* One client's state as far as commands know it; embedded in its connection. */
typedef struct kv_session {
    kv_service *service;
    uint64_t id;
    kv_db *db;
    bool closing; /* nothing more is read; close when what was answered is sent */
    int fd;       /* what CLIENT LIST says of it, filled in by the connection */
    char peer[56];
    char local[56];
    const kv_buffer *input;
    const kv_buffer *output;
    char name[65];
    const char *last_command;
    int64_t connected_ms;
    int64_t active_ms;
    struct kv_session *previous, *next; /* private */
} kv_session;

/* What it was started with; CONFIG GET shows it. */
typedef struct kv_settings {
    unsigned port;
    char bind[56];
    size_t max_clients;
    size_t max_request_bytes;
    size_t max_output_bytes;
    size_t max_buffers_bytes; /* of all clients together; 0 is no limit */
    const char *poller;       /* its name, for INFO; NULL: there is none */
} kv_settings;

typedef struct kv_stats {
    uint64_t commands;
    uint64_t errors;
    uint64_t connections;
    uint64_t connections_rejected; /* clients that were sent away before they were served */
    uint64_t connections_dropped;  /* clients that read too little or needed too much memory */
    uint64_t keyspace_hits;
    uint64_t keyspace_misses;
    uint64_t input_bytes;
    uint64_t output_bytes;
} kv_stats;

struct kv_service {
    kv_store store;
    kv_settings settings;
    kv_stats stats;
    kv_budget buffers; /* what requests and replies are kept in */
    int64_t now_ms;    /* the last whole millisecond: what has a deadline up to here is gone */
    int64_t next_ms;   /* the next one, from which new deadlines count: none comes early */
    int64_t started_ms;
    uint64_t random_id;
    bool shutdown_requested;                  /* a client said SHUTDOWN */
    kv_session *first_session, *last_session; /* in order of their ids */
    size_t session_count;
    uint64_t last_id;
};

WEFT_RESOURCE_DECLARE(kv_service);

/* An empty service at now_ns (of the UNIX epoch). The buffers come from the store's allocator, too.
 * It must not be moved. */
void kv_service_init(kv_service *service, int64_t now_ns, const kv_store_desc *store,
                     const kv_settings *settings);

/* Gives the memory back. All sessions must have ended. A zeroed service is accepted. */
void kv_service_fini(kv_service *service);

/* Says what time it is. */
void kv_service_set_time(kv_service *service, int64_t now_ns);

/* Begins a session, in database 0. It must stay where it is until kv_session_fini. */
void kv_session_init(kv_session *session, kv_service *service);
void kv_session_fini(kv_session *session);

#endif
