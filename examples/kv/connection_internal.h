/* What the files of a connection share. */
#ifndef KV_CONNECTION_INTERNAL_H
#define KV_CONNECTION_INTERNAL_H

#include "connection.h"

#define KV_PAUSE_BYTES ((size_t)256 * 1024) /* of unsent replies, from which nothing is read */
#define KV_OVER_BUDGET "the buffers of all clients would exceed --maxbuffers"

struct kv_connection {
    kv_session session; /* `closing`: nothing more is executed */
    kv_resp parser;
    kv_buffer in;  /* received, not executed */
    kv_buffer out; /* answered, not sent */
    weft_slab_id id;
    weft_io_id source;
    weft_timer_id timer;        /* while the socket takes nothing, and while it lingers */
    int64_t moved_ns;           /* when the client was last seen to take something */
    int queued_bytes;           /* by the kernel, for the client, when that was */
    size_t may_read;            /* bytes; limited when the server stops */
    bool has_more;              /* `in` begins with requests that can be executed */
    bool waits;                 /* is in the queue */
    bool blocked;               /* the socket is full */
    bool paused;                /* too much is unsent */
    bool at_end;                /* the client has ended its stream */
    bool lingers;               /* we have ended ours */
    kv_connection *prev, *next; /* in the queue */
};

typedef kv_connection *kv_connection_ref;

/* Ends it at once. */
void kv_connection_end(const kv_hub *hub, kv_connection *c);

/* Ends it because of what the client does; the kernel forgets what it has yet to send, too. */
void kv_connection_drop(const kv_hub *hub, kv_connection *c, const char *why);

/* Where replies go: behind what is unsent, else to the memory of the turn. */
static inline kv_buffer *kv_connection_replies(const kv_hub *hub, kv_connection *c)
{
    return kv_buffer_size(&c->out) > 0 ? &c->out : &hub->clients->out;
}

/* Reads what has come and executes it, so that it is answered in one piece, but not more than a
 * turn's share. False if the connection has ended. */
bool kv_connection_receive(const kv_hub *hub, kv_connection *c);

/* Executes what was left of what had come. */
void kv_connection_execute_kept(const kv_hub *hub, kv_connection *c);

/* After our stream's end: waits for the client to end its own. */
void kv_connection_discard(const kv_hub *hub, kv_connection *c);

#endif
