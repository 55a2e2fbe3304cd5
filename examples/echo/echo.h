/* What the files of weft-echo share: its options, its server, its clients. */
#ifndef ECHO_H
#define ECHO_H

#include <weft/loop.h>
#include <weft/net.h>

typedef struct echo_options {
    uint16_t port;
    uint32_t max_clients;
    weft_backend backend;
    weft_loop_mode mode;
} echo_options;

/* Reads the command line. True if the server is to run; else *status_out is the program's, and the
 * help or a sentence was printed. */
bool echo_options_parse(echo_options *options, int *status_out, int argc, char **argv);

#define ECHO_READ_BYTES ((size_t)16 * 1024)

typedef struct echo_server {
    weft_listener listener;
    weft_io_id source;
    weft_slab clients; /* of echo_client */
    const weft_world *world;
    weft_shutdown *shutdown;
    uint64_t served;
    uint64_t turned_away;
    bool stopping; /* the last client to go stops the loop */
    char bytes[ECHO_READ_BYTES];
} echo_server;

WEFT_RESOURCE_DECLARE(echo_server);

/* Listens at the port until SIGTERM or SIGINT. On failure a sentence went to stderr. [loop] */
WEFT_CHECKED weft_status echo_server_start(weft_world *world, const echo_options *options);

typedef struct echo_client echo_client;

/* An empty slab of clients, at most `max`, whose memory is laid aside here. */
WEFT_CHECKED weft_status echo_clients_init(weft_slab *clients, uint32_t max);
void echo_clients_fini(weft_slab *clients);

/* Serves the client at `fd`, which is then the client's; on failure it is still the caller's.
 * WEFT_EFULL, WEFT_ENOMEM, WEFT_ELIMIT, WEFT_ESYSTEM. [loop] */
WEFT_CHECKED weft_status echo_client_open(echo_server *server, weft_io *io, int fd);

/* Lets it end once all that has arrived is sent back, when the server stops. [loop] */
void echo_client_drain(echo_server *server, weft_io *io, echo_client *c);

#endif
