/* The half of a connection that reads: from the socket to the replies. */
#include <errno.h>
#include <string.h>

#include <weft/net.h>

#include "connection_internal.h"
#include "pipeline.h"

#define KV_TURN_READS     4                     /* in one turn, while each gets all it can */
#define KV_TURN_REQUESTS  1024                  /* executed after one of them */
#define KV_MAX_READ_BYTES ((size_t)1024 * 1024) /* at a time, of one long argument */

/* ---- requests to replies -------------------------------------------------------------------- */

/* Executes what is whole in data[0 .. size_bytes), as far as the turn goes. Returns how much of it
 * is done with. */
static size_t execute(const kv_hub *hub, kv_connection *c, char *data, size_t size_bytes)
{
    static const kv_pipeline_limits turn = { .max_requests = KV_TURN_REQUESTS,
                                             .pause_bytes = KV_PAUSE_BYTES };
    const size_t done_bytes = kv_pipeline_run(&c->session, &c->parser, data, size_bytes, &turn,
                                              kv_connection_replies(hub, c), &c->has_more);
    if (!kv_connection_replies(hub, c)->refused && kv_budget_take_refusal(&hub->service->buffers))
        kv_log_limited(&hub->clients->drop_log, hub->loop->clock->now_ns,
                       "refused a request of the client at %s (id %llu): %s", c->session.peer,
                       (unsigned long long)c->session.id, KV_OVER_BUDGET);
    if (hub->service->shutdown_requested)
        weft_notify_signal(hub->clients->stop);
    return c->session.closing ? size_bytes : done_bytes;
}

void kv_connection_execute_kept(const kv_hub *hub, kv_connection *c)
{
    const size_t done_bytes = execute(hub, c, kv_buffer_data(&c->in), kv_buffer_size(&c->in));
    kv_buffer_consume(&c->in, done_bytes);
    kv_buffer_trim(&c->in, 0);
}

/* ---- socket to requests --------------------------------------------------------------------- */

/* Where the next bytes go, and how many. */
typedef struct read_room {
    char *at; /* NULL if there is no memory */
    size_t cap_bytes;
    size_t front_bytes; /* of `in`, which have been copied to before `at`, in the turn's memory */
} read_room;

/* Behind the beginning of a request, unless that is long, there is room in the turn's memory, too.
 */
static read_room room_to_read(const kv_hub *hub, kv_connection *c)
{
    const size_t front_bytes = kv_buffer_size(&c->in);
    const size_t wanted_bytes = kv_resp_wanted(&c->parser);
    if (front_bytes <= KV_CARRY_BYTES && wanted_bytes <= KV_READ_BYTES) {
        if (front_bytes > 0)
            memcpy(hub->clients->in, kv_buffer_data(&c->in), front_bytes);
        return (read_room){ hub->clients->in + front_bytes, KV_READ_BYTES, front_bytes };
    }
    const size_t missing_bytes = wanted_bytes > front_bytes ? wanted_bytes - front_bytes : 0;
    size_t cap_bytes = KV_READ_BYTES;
    if (missing_bytes > KV_READ_BYTES)
        cap_bytes = missing_bytes < KV_MAX_READ_BYTES ? missing_bytes : KV_MAX_READ_BYTES;
    return (read_room){ kv_buffer_reserve(&c->in, cap_bytes), cap_bytes, 0 };
}

/* Executes what has come with what was there. False if the connection has ended. */
static bool execute_new(const kv_hub *hub, kv_connection *c, const read_room *room,
                        size_t got_bytes)
{
    char *const in = hub->clients->in;
    if (room->at != in + room->front_bytes) {
        kv_buffer_commit(&c->in, got_bytes);
        kv_connection_execute_kept(hub, c);
        return true;
    }
    const size_t size_bytes = room->front_bytes + got_bytes;
    const size_t done_bytes = execute(hub, c, in, size_bytes);
    kv_buffer_consume(&c->in, room->front_bytes);
    if (!kv_buffer_append(&c->in, in + done_bytes, size_bytes - done_bytes)) {
        kv_connection_drop(hub, c, "there is no memory for its request");
        return false;
    }
    kv_buffer_trim(&c->in, 0);
    return true;
}

typedef enum read_result { READ_ENDED, READ_ALL, READ_SOME } read_result;

/* Reads once and executes. READ_ENDED if the connection has, READ_SOME if there may be more to
 * read. */
static read_result read_once(const kv_hub *hub, kv_connection *c)
{
    const read_room room = room_to_read(hub, c);
    if (!room.at) {
        kv_connection_drop(hub, c, "there is no memory for its request");
        return READ_ENDED;
    }
    size_t got_bytes;
    const size_t cap_bytes = room.cap_bytes < c->may_read ? room.cap_bytes : c->may_read;
    const weft_status status = weft_read(c->session.fd, room.at, cap_bytes, &got_bytes);
    if (status == WEFT_EAGAIN)
        return READ_ALL;
    if (status == WEFT_ECLOSED && errno == 0) {
        c->at_end = true;
        c->session.closing = true;
        return READ_ALL;
    }
    if (status) {
        kv_connection_end(hub, c);
        return READ_ENDED;
    }
    hub->service->stats.input_bytes += got_bytes;
    if (hub->clients->draining)
        c->may_read -= got_bytes;
    if (!execute_new(hub, c, &room, got_bytes))
        return READ_ENDED;
    return got_bytes < cap_bytes ? READ_ALL : READ_SOME;
}

bool kv_connection_receive(const kv_hub *hub, kv_connection *c)
{
    for (size_t reads = KV_TURN_READS; reads > 0; reads--) {
        const read_result result = read_once(hub, c);
        if (result == READ_ENDED)
            return false;
        if (result == READ_ALL || c->has_more || c->session.closing || c->may_read == 0)
            break;
    }
    return true;
}

void kv_connection_discard(const kv_hub *hub, kv_connection *c)
{
    size_t got_bytes;
    const weft_status status =
        weft_read(c->session.fd, hub->clients->in, KV_READ_BYTES, &got_bytes);
    if (status != WEFT_OK && status != WEFT_EAGAIN)
        kv_connection_end(hub, c);
}
