/* Connection: one client, from its first byte to its last.
 *
 *     socket -> requests -> replies -> socket
 *
 * A turn reads what has come, executes what is whole, and writes once. It ends early after so many
 * requests, bytes of requests or bytes of replies; then the connection waits for its next turn
 * behind the others. What the socket does not take is kept. While that is much, nothing is read:
 * the client feels it. A client whose replies exceed settings.max_output_bytes, or that takes none
 * of them for stall_ns, is dropped.
 *
 * A connection ends in good order: everything that was answered is sent, then the end of the
 * stream, and what the client still sends is read and thrown away for a while, because closing on
 * unread bytes would cut off replies that are on their way.
 */
#ifndef KV_CONNECTION_H
#define KV_CONNECTION_H

#include "clients.h"

/* An empty slab of connections. */
WEFT_CHECKED weft_status kv_connections_init(weft_slab *slab, const weft_allocator *allocator);

/* Serves the client at descriptor `fd`, which is then the connection's; on failure it is still the
 * caller's. WEFT_ENOMEM, and those of weft_io_add. [loop] */
WEFT_CHECKED weft_status kv_connection_open(const kv_hub *hub, int fd);

/* Answers what has arrived by now, and then ends in good order. */
void kv_connection_drain(const kv_hub *hub, kv_connection *c);

/* Gives the connection in the queue that waits longest its turn. */
void kv_connection_next_turn(const kv_hub *hub);

/* Frees everything, when the world ends. */
void kv_connection_release(kv_clients *clients, kv_connection *c);

#endif
