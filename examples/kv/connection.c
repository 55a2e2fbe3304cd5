#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include <weft/net.h>

#include "connection_internal.h"

#define KV_RESUME_BYTES (KV_PAUSE_BYTES / 2)
#define KV_KEEP_BYTES   ((size_t)1024 * 1024) /* of shared memory, after an unusual reply */
#define KV_LINGER_NS    (500 * WEFT_MILLISECOND)
#define KV_STALL_CHECKS 4 /* while a client is waited for, in case it takes something */

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

void kv_connection_end(const kv_hub *hub, kv_connection *c)
{
    leave_queue(hub->clients, c);
    weft_timers_cancel(hub->loop->timers, c->timer);
    weft_io_remove(hub->loop->io, c->source);
    kv_connection_release(hub->clients, c);
    if (hub->clients->draining && weft_slab_len(&hub->clients->slab) == 0)
        weft_shutdown_trigger(hub->clients->shutdown);
}

void kv_connection_drop(const kv_hub *hub, kv_connection *c, const char *why)
{
    if (kv_budget_take_refusal(&hub->service->buffers))
        why = KV_OVER_BUDGET;
    kv_log_limited(&hub->clients->drop_log, hub->loop->clock->now_ns,
                   "dropped the client at %s (id %llu): %s", c->session.peer,
                   (unsigned long long)c->session.id, why);
    hub->service->stats.connections_dropped++;
    const struct linger forget = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(c->session.fd, SOL_SOCKET, SO_LINGER, &forget, sizeof forget);
    kv_connection_end(hub, c);
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
        kv_connection_end(hub, c);
    else if (c->blocked && event.now_ns - c->moved_ns >= stall_ns)
        kv_connection_drop(hub, c, "it does not read its replies");
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
    kv_connection_drop(hub, c, "there is no timer for it");
    return false;
}

/* Lets the timer see to it that the client takes its replies. The same. */
static bool watch(const kv_hub *hub, kv_connection *c)
{
    return arm_timer(hub, c, hub->clients->stall_ns / KV_STALL_CHECKS);
}

/* ---- replies to socket ---------------------------------------------------------------------- */

/* Writes once and keeps what the socket does not take. False if the connection has ended. */
static bool send_replies(const kv_hub *hub, kv_connection *c)
{
    kv_buffer *const out = kv_connection_replies(hub, c);
    if (out->refused) {
        kv_buffer_clear(out);
        kv_connection_drop(hub, c, "the replies it has not read are too much");
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
        kv_connection_end(hub, c);
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
        kv_connection_end(hub, c);
        return;
    }
    c->lingers = true;
    if (weft_io_set(hub->loop->io, c->source, WEFT_READABLE))
        kv_connection_end(hub, c);
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
        kv_connection_drop(
            hub, c, "it has most of the memory that --maxbuffers gives to all clients together");
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
        kv_connection_end(hub, c);
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
        kv_connection_discard(hub, c);
        return;
    }
    if (event.ready & WEFT_WRITABLE)
        c->blocked = false;
    /* One that has more has its turn when the queue comes to it. */
    const bool reads = event.ready & WEFT_READABLE && !c->has_more;
    if (!reads || kv_connection_receive(hub, c))
        settle(hub, c);
    end_turn(hub);
}
WEFT_FN(on_ready, BUNDLE(kv_hub), CTX(kv_connection_ref), IN(weft_io_event));

void kv_connection_next_turn(const kv_hub *hub)
{
    kv_connection *const c = hub->clients->waiting;
    leave_queue(hub->clients, c);
    kv_connection_execute_kept(hub, c);
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
