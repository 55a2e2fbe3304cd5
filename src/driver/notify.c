/* Who signals first pushes the object on the list of those that are to run (mpsc_list.h).
 *
 * `pending` says who may touch an object's link: whoever turned it from false to true pushes the
 * object, once; the loop pops it and then makes it false again, before the handler runs. Both are
 * exchanges, so each run sees what happened before every signal that it answers.
 *
 * A closed object stays pending for ever: signalling it stops at the exchange. The loop's reference
 * goes to whoever ends its stay in the queue: the close if it is not pending, else the poll that
 * pops it, else, if its signaller finds the queue closed, the signaller.
 */
#include <weft/notify.h>

#include <limits.h>

#include <weft/storage.h>

#include "deliver.h"

enum { CACHE_LINE_BYTES = 64 };

struct weft_notify {
    bool pending;      /* atomic */
    size_t references; /* atomic */
    weft_mpsc_link link;
    weft_notify_queue *queue;
    /* The rest is the loop's. */
    weft_flex_64 handler __attribute__((aligned(CACHE_LINE_BYTES)));
    weft_notifies *notifies;
    weft_notify *newer, *older;
    uint32_t running; /* runs under way; more than one if its handler polls */
    bool closed;
    bool dequeued; /* closed and not in the queue: the loop's reference is due when no run is */
};

static weft_notify *notify_of(weft_mpsc_link *link)
{
    return (weft_notify *)(void *)((char *)link - offsetof(weft_notify, link));
}

/* ---- references ------------------------------------------------------------------------------ */

static void queue_release(weft_notify_queue *queue)
{
    if (__atomic_sub_fetch(&queue->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    weft_shutdown_release(queue->shutdown);
    const weft_allocator from = queue->allocator;
    weft_free(&from, queue, sizeof *queue, _Alignof(weft_notify_queue));
}

weft_notify *weft_notify_retain(weft_notify *notify)
{
    __atomic_fetch_add(&notify->references, 1, __ATOMIC_RELAXED);
    return notify;
}

void weft_notify_release(weft_notify *notify)
{
    if (!notify || __atomic_sub_fetch(&notify->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    weft_notify_queue *queue = notify->queue;
    weft_free(&queue->allocator, notify, sizeof *notify, _Alignof(weft_notify));
    queue_release(queue);
}

/* ---- signalling ------------------------------------------------------------------------------ */

void weft_notify_signal(weft_notify *notify)
{
    if (__atomic_exchange_n(&notify->pending, true, __ATOMIC_ACQ_REL))
        return;
    if (weft_mpsc_list_push(&notify->queue->signalled, &notify->link))
        weft_notify_release(notify); /* the loop's reference; the caller's is another one */
    else
        weft_wake_signal_after_rmw(weft_shutdown_wake(notify->queue->shutdown));
}

/* ---- the loop's side ------------------------------------------------------------------------- */

static void unlink_open(weft_notify *notify)
{
    weft_notifies *notifies = notify->notifies;
    if (notify->newer)
        notify->newer->older = notify->older;
    else
        notifies->open = notify->older;
    if (notify->older)
        notify->older->newer = notify->newer;
    notifies->len--;
}

/* Of a closed object that does not run: its handler ends, once, and the loop's reference does if
 * the object is out of the queue. It counts as running meanwhile: what a destructor polls lets the
 * context be that it is in. */
static void retire(weft_notify *notify)
{
    notify->running++;
    weft_handler_fini(&notify->handler.base);
    notify->running--;
    if (notify->dequeued)
        weft_notify_release(notify);
}

weft_status weft_notify_close(weft_notify *notify)
{
    if (notify->closed)
        return WEFT_ESTALE;
    notify->closed = true;
    unlink_open(notify);
    notify->dequeued = !__atomic_exchange_n(&notify->pending, true, __ATOMIC_ACQ_REL);
    if (!notify->running)
        retire(notify);
    return WEFT_OK;
}

weft_status weft_notify_new(weft_notifies *notifies, const weft_handler *handler,
                            weft_notify **notify_out)
{
    const weft_world *world = notifies->world;
    weft_status status =
        weft_handler_expect(handler, world, "weft_notify", WEFT_EVENT(weft_notify_event));
    if (status)
        return status;
    if (notifies->ending)
        return weft_report(world, WEFT_ESTALE, "%s comes too late: the world ends",
                           weft_handler_name(handler));
    const weft_allocator *from = weft_world_allocator(world);
    weft_notify *notify = weft_alloc(from, sizeof *notify, _Alignof(weft_notify));
    if (!notify)
        return weft_report(world, WEFT_ENOMEM, "no memory for a notification for %s",
                           weft_handler_name(handler));
    *notify = (weft_notify){
        .references = 1, .queue = notifies->queue, .notifies = notifies, .older = notifies->open
    };
    status = weft_flex_set(&notify->handler.base, sizeof notify->handler, world, handler);
    if (status) {
        weft_free(from, notify, sizeof *notify, _Alignof(weft_notify));
        return status;
    }
    __atomic_fetch_add(&notify->queue->references, 1, __ATOMIC_RELAXED);
    if (notifies->open)
        notifies->open->newer = notify;
    notifies->open = notify;
    notifies->len++;
    *notify_out = notify;
    return WEFT_OK;
}

/* ---- polling --------------------------------------------------------------------------------- */

/* What is left for the next poll must not wait until somebody signals again. */
static void stay_awake(const weft_notifies *notifies)
{
    if (notifies->queue->signalled.taken)
        weft_wake_signal(weft_shutdown_wake(notifies->queue->shutdown));
}

static void run_over(void *arg)
{
    weft_notify *notify = arg;
    if (--notify->running == 0 && notify->closed)
        retire(notify);
}

/* The same when weft_fail gave its handler up, and the poll with it. */
static void run_failed(void *arg)
{
    const weft_notifies *notifies = ((weft_notify *)arg)->notifies;
    run_over(arg);
    stay_awake(notifies);
}

/* A closed object has left the queue. */
static void drop(weft_notify *notify)
{
    notify->dequeued = true;
    if (!notify->running)
        weft_notify_release(notify); /* its handler went with the close */
}

static void run(weft_notify *notify, weft_world *world)
{
    const weft_notify_event event = { notify };
    (void)__atomic_exchange_n(&notify->pending, false, __ATOMIC_ACQ_REL);
    notify->running++;
    weft_deliver(world, &notify->handler.base, &event, run_over, run_failed, notify);
}

int weft_notifies_poll(weft_notifies *notifies, weft_world *world)
{
    if (world != notifies->world)
        return weft_report(world, WEFT_EWORLD, "the notifications polled belong to another world");
    weft_mpsc_list *signalled = &notifies->queue->signalled;
    const int limit = notifies->limit && notifies->limit < INT_MAX ? (int)notifies->limit : INT_MAX;
    int count = 0;
    for (size_t left = weft_mpsc_list_take(signalled); left > 0 && count < limit; left--) {
        weft_mpsc_link *link = weft_mpsc_list_pop_taken(signalled);
        if (!link)
            break; /* a handler has polled */
        weft_notify *notify = notify_of(link);
        if (notify->closed) {
            drop(notify);
        } else {
            run(notify, world);
            count++;
        }
    }
    stay_awake(notifies);
    return count;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void notifies_fini(weft_notifies *notifies)
{
    if (!notifies->queue)
        return;
    notifies->ending = true;
    while (notifies->open)
        weft_notify_close(notifies->open);
    weft_mpsc_list_close(&notifies->queue->signalled);
    weft_mpsc_list_take(&notifies->queue->signalled);
    for (weft_mpsc_link *link; (link = weft_mpsc_list_pop_taken(&notifies->queue->signalled));)
        drop(notify_of(link));
    queue_release(notifies->queue);
}

WEFT_RESOURCE_DEFINE(weft_notifies, FINI(notifies_fini));

weft_notifies *weft_notifies_install(weft_builder *builder, const weft_notifies_desc *desc)
{
    const weft_world *world = weft_builder_world(builder);
    if (WEFT_REGISTER_DEFAULT(builder, weft_notifies))
        return NULL;
    const weft_allocator *from = weft_world_allocator(world);
    weft_notify_queue *queue = weft_alloc(from, sizeof *queue, _Alignof(weft_notify_queue));
    if (!queue) {
        weft_report(world, WEFT_ENOMEM, "no memory for the queue of notifications");
        return NULL;
    }
    *queue = (weft_notify_queue){ .references = 1,
                                  .shutdown = weft_shutdown_retain(world->shutdown),
                                  .allocator = *from };
    weft_notifies *notifies = WEFT_GET(world, weft_notifies);
    *notifies = (weft_notifies){ .world = world, .queue = queue, .limit = desc ? desc->limit : 0 };
    return notifies;
}

/* ---- inspection ------------------------------------------------------------------------------ */

static const char *open_fault(const weft_notifies *notifies)
{
    size_t count = 0;
    const weft_notify *newer = NULL;
    for (const weft_notify *notify = notifies->open; notify; notify = notify->older) {
        if (notify->closed)
            return "a closed notification is among the open ones";
        if (notify->newer != newer)
            return "the open notifications are linked wrongly";
        if (notify->notifies != notifies || notify->queue != notifies->queue)
            return "a notification belongs to another world";
        if (__atomic_load_n(&notify->references, __ATOMIC_RELAXED) == 0)
            return "an open notification has lost the loop's reference";
        newer = notify;
        count++;
    }
    return count == notifies->len ? NULL : "the open notifications do not add up";
}

static const char *signalled_fault(const weft_notifies *notifies)
{
    const char *why;
    if (!weft_mpsc_list_check(&notifies->queue->signalled, &why))
        return why;
    for (weft_mpsc_link *link = notifies->queue->signalled.first; link; link = link->next) {
        if (!__atomic_load_n(&notify_of(link)->pending, __ATOMIC_RELAXED))
            return "a notification is ready, but not pending";
    }
    return NULL;
}

bool weft_notifies_check(const weft_notifies *notifies, const char **why_out)
{
    const char *why = open_fault(notifies);
    if (!why)
        why = signalled_fault(notifies);
    if (why)
        *why_out = why;
    return !why;
}
