#include "connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include <weft/net.h>

#include "pipeline.h"

#define KV_TURN_READS     4                    /* in one turn, while each gets all it can */
#define KV_TURN_REQUESTS  1024                 /* executed after one of them */
#define KV_PAUSE_BYTES    ((size_t)256 * 1024) /* of unsent replies, from which nothing is read */
#define KV_RESUME_BYTES   (KV_PAUSE_BYTES / 2)
#define KV_KEEP_BYTES     ((size_t)1024 * 1024) /* of shared memory, after an unusual reply */
#define KV_OVER_BUDGET    "the buffers of all clients would exceed --maxbuffers"
#define KV_LINGER_NS      (500 * WEFT_MILLISECOND)
#define KV_STALL_CHECKS   4 /* while a client is waited for, in case it takes something */
#define KV_MAX_READ_BYTES ((size_t)1024 * 1024) /* at a time, of one long argument */

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

/* ---- the end -------------------------------------------------------------------------------- */

void kv_connection_release(kv_clients *clients, kv_connection *c)
{
    close(c->session.fd);
    kv_session_fini(&c->session);
    kv_resp_fini(&c->parser);
    kv_buffer_fini(&c->in);
    kv_buffer_fini(&c->out);
    weft_slab_give(&clients->slab, c->id);
}

static void leave_queue(kv_clients *clients, kv_connection *c)
{
    if (!c->waits)
        return;
    DL_DELETE(clients->waiting, c);
    clients->waiting_count--;
    c->waits = false;
}

/* Ends the connection at once. */
static void end(const kv_hub *hub, kv_connection *c)
{
    leave_queue(hub->clients, c);
    weft_timers_cancel(hub->loop->timers, c->timer);
    weft_io_remove(hub->loop->io, c->source);
    kv_connection_release(hub->clients, c);
    if (hub->clients->draining && weft_slab_len(&hub->clients->slab) == 0)
        weft_shutdown_trigger(hub->clients->shutdown);
}

/* Ends it because of what the client does; the kernel forgets what it has yet to send, too. */
static void drop(const kv_hub *hub, kv_connection *c, const char *why)
{
    if (kv_budget_take_refusal(&hub->service->buffers))
        why = KV_OVER_BUDGET;
    kv_log_limited(&hub->clients->drop_log, hub->loop->clock->now_ns,
                   "dropped the client at %s (id %llu): %s", c->session.peer,
                   (unsigned long long)c->session.id, why);
    hub->service->stats.connections_dropped++;
    const struct linger forget = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(c->session.fd, SOL_SOCKET, SO_LINGER, &forget, sizeof forget);
    end(hub, c);
}

/* ---- the timer ------------------------------------------------------------------------------ */

/* Notes that the client takes something. */
static void note_progress(const kv_hub *hub, kv_connection *c)
{
    c->moved_ns = hub->loop->clock->now_ns;
    if (ioctl(c->session.fd, SIOCOUTQ, &c->queued_bytes))
        c->queued_bytes = 0;
}

/* A socket that was full takes something only when much of it is empty; until then, that the client
 * reads shows in what the kernel has left. */
static bool is_being_read(const kv_connection *c)
{
    int queued_bytes;
    return ioctl(c->session.fd, SIOCOUTQ, &queued_bytes) == 0 && queued_bytes < c->queued_bytes;
}

static void on_timer(kv_hub *hub, kv_connection_ref *ref, weft_timer_event event)
{
    kv_connection *const c = *ref;
    const int64_t stall_ns = hub->clients->stall_ns;
    if (!c->lingers && c->blocked && is_being_read(c))
        note_progress(hub, c);
    if (c->lingers)
        end(hub, c);
    else if (c->blocked && event.now_ns - c->moved_ns >= stall_ns)
        drop(hub, c, "it does not read its replies");
    else if (c->blocked)
        weft_timers_reschedule(hub->loop->timers, event.id,
                               event.now_ns + stall_ns / KV_STALL_CHECKS);
}
WEFT_FN(on_timer, BUNDLE(kv_hub), CTX(kv_connection_ref), IN(weft_timer_event));

/* Lets the timer run after wait_ns. False if that ended the connection: a client that nothing
 * watches could stay for ever. */
static bool arm_timer(const kv_hub *hub, kv_connection *c, int64_t wait_ns)
{
    weft_timers *const timers = hub->loop->timers;
    const int64_t at_ns = hub->loop->clock->now_ns + wait_ns;
    if (weft_timers_reschedule(timers, c->timer, at_ns) == WEFT_OK)
        return true;
    struct on_timer handler;
    if (on_timer_init(&handler, hub->clients->world, c) == WEFT_OK &&
        weft_timers_schedule(timers, at_ns, &handler.base, &c->timer) == WEFT_OK)
        return true;
    drop(hub, c, "there is no timer for it");
    return false;
}

/* Lets the timer see to it that the client takes its replies. The same. */
static bool watch(const kv_hub *hub, kv_connection *c)
{
    return arm_timer(hub, c, hub->clients->stall_ns / KV_STALL_CHECKS);
}

/* ---- requests to replies -------------------------------------------------------------------- */

/* Where replies go: behind what is unsent, else to the memory of the turn. */
static kv_buffer *replies_of(const kv_hub *hub, kv_connection *c)
{
    return kv_buffer_size(&c->out) > 0 ? &c->out : &hub->clients->out;
}

/* Executes what is whole in data[0 .. size_bytes), as far as the turn goes. Returns how much of it
 * is done with. */
static size_t execute(const kv_hub *hub, kv_connection *c, char *data, size_t size_bytes)
{
    static const kv_pipeline_limits turn = { .max_requests = KV_TURN_REQUESTS,
                                             .pause_bytes = KV_PAUSE_BYTES };
    const size_t done_bytes = kv_pipeline_run(&c->session, &c->parser, data, size_bytes, &turn,
                                              replies_of(hub, c), &c->has_more);
    if (!replies_of(hub, c)->refused && kv_budget_take_refusal(&hub->service->buffers))
        kv_log_limited(&hub->clients->drop_log, hub->loop->clock->now_ns,
                       "refused a request of the client at %s (id %llu): %s", c->session.peer,
                       (unsigned long long)c->session.id, KV_OVER_BUDGET);
    if (hub->service->shutdown_requested)
        weft_notify_signal(hub->clients->stop);
    return c->session.closing ? size_bytes : done_bytes;
}

static void execute_kept(const kv_hub *hub, kv_connection *c)
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
        execute_kept(hub, c);
        return true;
    }
    const size_t size_bytes = room->front_bytes + got_bytes;
    const size_t done_bytes = execute(hub, c, in, size_bytes);
    kv_buffer_consume(&c->in, room->front_bytes);
    if (!kv_buffer_append(&c->in, in + done_bytes, size_bytes - done_bytes)) {
        drop(hub, c, "there is no memory for its request");
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
        drop(hub, c, "there is no memory for its request");
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
        end(hub, c);
        return READ_ENDED;
    }
    hub->service->stats.input_bytes += got_bytes;
    if (hub->clients->draining)
        c->may_read -= got_bytes;
    if (!execute_new(hub, c, &room, got_bytes))
        return READ_ENDED;
    return got_bytes < cap_bytes ? READ_ALL : READ_SOME;
}

/* Reads what has come, so that it is answered in one piece, but not more than a turn's share. False
 * if the connection has ended. */
static bool receive(const kv_hub *hub, kv_connection *c)
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

/* After we ended our stream: waits for the client to end its own. */
static void discard(const kv_hub *hub, kv_connection *c)
{
    size_t got_bytes;
    const weft_status status =
        weft_read(c->session.fd, hub->clients->in, KV_READ_BYTES, &got_bytes);
    if (status != WEFT_OK && status != WEFT_EAGAIN)
        end(hub, c);
}

/* ---- replies to socket ---------------------------------------------------------------------- */

/* Writes once and keeps what the socket does not take. False if the connection has ended. */
static bool send_replies(const kv_hub *hub, kv_connection *c)
{
    kv_buffer *const out = replies_of(hub, c);
    if (out->refused) {
        kv_buffer_clear(out);
        drop(hub, c, "the replies it has not read are too much");
        return false;
    }
    const size_t size_bytes = kv_buffer_size(out);
    if (size_bytes == 0 || c->blocked)
        return true;
    size_t put_bytes = 0;
    const weft_status status =
        weft_write(c->session.fd, kv_buffer_data(out), size_bytes, &put_bytes);
    if (status != WEFT_OK && status != WEFT_EAGAIN) {
        kv_buffer_clear(out);
        end(hub, c);
        return false;
    }
    hub->service->stats.output_bytes += put_bytes;
    kv_buffer_consume(out, put_bytes);
    c->blocked = put_bytes < size_bytes;
    if (c->blocked)
        note_progress(hub, c);
    if (c->blocked && out != &c->out) {
        const kv_buffer unused = c->out;
        c->out = *out;
        *out = unused;
    }
    kv_buffer_trim(out, out == &c->out ? 0 : KV_KEEP_BYTES);
    return true;
}

/* All is sent: ends our stream, and waits a while for the client to end its own. */
static void end_in_good_order(const kv_hub *hub, kv_connection *c)
{
    if (c->at_end || shutdown(c->session.fd, SHUT_WR)) {
        end(hub, c);
        return;
    }
    c->lingers = true;
    if (weft_io_set(hub->loop->io, c->source, WEFT_READABLE))
        end(hub, c);
    else
        (void)arm_timer(hub, c, KV_LINGER_NS);
}

/* ---- memory of all together ----------------------------------------------------------------- */

static size_t held_bytes(const kv_connection *c)
{
    return c->in.cap_bytes + c->out.cap_bytes + kv_resp_held_bytes(&c->parser);
}

static kv_connection *largest(kv_clients *clients)
{
    kv_connection *found = NULL;
    kv_connection *c;
    for (uint32_t at = 0; (c = weft_slab_next(&clients->slab, &at));)
        if (held_bytes(c) > (found ? held_bytes(found) : 0))
            found = c;
    return found;
}

/* While all buffers together are short of memory, drops who has most of it, be it whose turn it
 * was, so that the others find some. */
static void make_room(const kv_hub *hub)
{
    const kv_budget *const budget = &hub->service->buffers;
    while (kv_budget_is_tight(budget)) {
        kv_buffer_trim(&hub->clients->out, 0);
        kv_connection *const c = largest(hub->clients);
        if (!c)
            return;
        drop(hub, c, "it has most of the memory that --maxbuffers gives to all clients together");
    }
}

/* ---- turns ---------------------------------------------------------------------------------- */

static void join_queue(kv_clients *clients, kv_connection *c)
{
    if (c->waits)
        return;
    DL_APPEND(clients->waiting, c);
    clients->waiting_count++;
    c->waits = true;
    weft_notify_signal(clients->more);
}

/* The end of a turn: sends, and finds out what the connection waits for now. */
static void settle(const kv_hub *hub, kv_connection *c)
{
    if (!send_replies(hub, c))
        return;
    const size_t unsent_bytes = kv_buffer_size(&c->out);
    c->paused = unsent_bytes >= (c->paused ? KV_RESUME_BYTES : KV_PAUSE_BYTES);
    if (c->may_read == 0 && !c->has_more)
        c->session.closing = true;
    if (c->session.closing && unsent_bytes == 0) {
        end_in_good_order(hub, c);
        return;
    }
    const bool reads = !c->session.closing && !c->paused && c->may_read > 0;
    const uint32_t interest =
        (reads ? WEFT_READABLE : 0) | (c->blocked ? WEFT_WRITABLE : UINT32_C(0));
    if (weft_io_set(hub->loop->io, c->source, interest)) {
        end(hub, c);
        return;
    }
    if (c->has_more && !c->paused)
        join_queue(hub->clients, c);
    if (c->blocked && !weft_timers_pending(hub->loop->timers, c->timer))
        (void)watch(hub, c);
}

/* What the turn leaves to be seen to, whether or not the connection is still there. */
static void end_turn(const kv_hub *hub)
{
    if (kv_budget_is_tight(&hub->service->buffers))
        make_room(hub);
    kv_expiry_update(hub->expiry, hub->service, hub->loop);
}

static void on_ready(kv_hub *hub, kv_connection_ref *ref, weft_io_event event)
{
    kv_connection *const c = *ref;
    kv_hub_take_time(hub);
    if (c->lingers) {
        discard(hub, c);
        return;
    }
    if (event.ready & WEFT_WRITABLE)
        c->blocked = false;
    /* One that has more has its turn when the queue comes to it. */
    const bool reads = event.ready & WEFT_READABLE && !c->has_more;
    if (!reads || receive(hub, c))
        settle(hub, c);
    end_turn(hub);
}
WEFT_FN(on_ready, BUNDLE(kv_hub), CTX(kv_connection_ref), IN(weft_io_event));

void kv_connection_next_turn(const kv_hub *hub)
{
    kv_connection *const c = hub->clients->waiting;
    leave_queue(hub->clients, c);
    execute_kept(hub, c);
    settle(hub, c);
    end_turn(hub);
}

/* ---- stopping ------------------------------------------------------------------------------- */

void kv_connection_drain(const kv_hub *hub, kv_connection *c)
{
    int arrived_bytes = 0;
    if (c->blocked) {
        note_progress(hub, c); /* the patience of a server that stops begins now */
        if (!watch(hub, c))
            return;
    }
    if (c->lingers || c->session.closing)
        return;
    (void)ioctl(c->session.fd, FIONREAD, &arrived_bytes);
    c->may_read = (size_t)arrived_bytes;
    settle(hub, c);
}

/* ---- the beginning -------------------------------------------------------------------------- */

weft_status kv_connections_init(weft_slab *slab, const weft_allocator *allocator)
{
    return weft_slab_init(slab, allocator, sizeof(kv_connection), _Alignof(kv_connection), 0);
}

static void describe(kv_session *session, int fd)
{
    weft_address address;
    char text[WEFT_ADDRESS_TEXT_BYTES];
    session->fd = fd;
    if (weft_peer_address(fd, &address) == WEFT_OK)
        snprintf(session->peer, sizeof session->peer, "%s",
                 weft_address_format(&address, text, sizeof text));
    if (weft_local_address(fd, &address) == WEFT_OK)
        snprintf(session->local, sizeof session->local, "%s",
                 weft_address_format(&address, text, sizeof text));
}

/* Replies go out at once, and a peer that has vanished is noticed some day. */
static void tune(int fd)
{
    const int on = 1;
    (void)weft_set_nodelay(fd);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

weft_status kv_connection_open(const kv_hub *hub, int fd)
{
    kv_clients *const clients = hub->clients;
    const weft_allocator *const allocator = &hub->service->buffers.base;
    const kv_settings *const settings = &hub->service->settings;
    weft_slab_id id;
    kv_connection *c = weft_slab_take(&clients->slab, &id);
    if (!c)
        return WEFT_ENOMEM;
    *c = (kv_connection){ .id = id, .may_read = SIZE_MAX };
    struct on_ready handler;
    weft_status status = on_ready_init(&handler, clients->world, c);
    if (!status)
        status = weft_io_add(hub->loop->io, fd, WEFT_READABLE, &handler.base, &c->source);
    if (status) {
        weft_slab_give(&clients->slab, id);
        return status;
    }
    tune(fd);
    kv_session_init(&c->session, hub->service);
    describe(&c->session, fd);
    c->session.input = &c->in;
    c->session.output = &c->out;
    const kv_resp_limits limits = { .max_bulk_bytes = hub->service->store.max_value_bytes,
                                    .max_request_bytes = settings->max_request_bytes };
    kv_resp_init(&c->parser, allocator, &limits);
    /* What follows a request, or its end, is read with it. */
    kv_buffer_init(&c->in, allocator, settings->max_request_bytes + KV_READ_BYTES);
    kv_buffer_init(&c->out, allocator, settings->max_output_bytes);
    return WEFT_OK;
}
