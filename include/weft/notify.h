/* Notify: other threads and signal handlers tell the loop that there is something to do.
 *
 *     static void on_mail(Mailbox *mailbox)
 *     {
 *         for (Letter *letter; (letter = mailbox_take(mailbox));)
 *             read_letter(letter);
 *     }
 *     WEFT_FN(on_mail, MUT(Mailbox));
 *
 *     weft_notifies *notifies = weft_notifies_install(builder, NULL);  // before the world is built
 *
 *     struct on_mail mail;                           // afterwards
 *     weft_notify *notify;
 *     if (on_mail_init(&mail, world) || weft_notify_new(notifies, &mail.base, &notify)) return 1;
 *     start_thread(weft_notify_retain(notify));
 *
 *     mailbox_put(mailbox, letter);                  // in the thread
 *     weft_notify_signal(notify);
 *     weft_notify_release(notify);                   // at its end
 *
 *     weft_notifies_poll(notifies, world);           // each pass of the loop
 *
 * A notification has no content: it says "look". So it coalesces, exactly: the handler runs once
 * for all signals since its last run began. A signal is never lost: what its thread did before
 * weft_notify_signal is seen by a run that begins afterwards. A signal that comes while the handler
 * runs gives one more run. Handlers run in the order in which their notifications were first
 * signalled. A signal wakes a sleeping loop (wake.h).
 *
 * Signalling takes no lock, no memory and no time worth mentioning: two atomic operations, and one
 * system call if the loop sleeps. If a handler fails (weft_fail), those behind it come first in the
 * next poll, and the loop does not sleep before. The event's sequence number is advanced before
 * each handler.
 *
 * What this does not do: carry data (put it in a queue of your own), count signals. NULL is
 * accepted where a comment says so.
 */
#ifndef WEFT_NOTIFY_H
#define WEFT_NOTIFY_H

#include <weft/handler.h>
#include <weft/mpsc_list.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One thing that can be signalled. Reference counted: the loop has one reference from
 * weft_notify_new until weft_notify_close or the end of the world, other threads have their own. */
typedef struct weft_notify weft_notify;

/* Private: what other threads reach; outlives the world with them. */
typedef struct weft_notify_queue {
    weft_mpsc_list signalled; /* closed at the world's end */
    size_t references;        /* atomic */
    weft_shutdown *shutdown;  /* for its wake */
    weft_allocator allocator;
} weft_notify_queue;

/* Private fields. */
typedef struct weft_notifies {
    const weft_world *world;
    weft_notify_queue *queue;
    weft_notify *open; /* newest first */
    size_t len;
    uint32_t limit;
    bool ending;
} weft_notifies;

WEFT_API WEFT_RESOURCE_DECLARE(weft_notifies);

/* What a notification's handler gets, if it wants it. */
typedef struct weft_notify_event {
    weft_notify *notify;
} weft_notify_event;

typedef struct weft_notifies_desc {
    uint32_t limit; /* handlers run per poll at most, the rest comes first in the next; 0: none */
} weft_notifies_desc;

/* Registers the notifications as a resource, MUT(weft_notifies) for handlers, and returns them.
 * `desc` may be NULL. NULL if that fails; the builder knows why. [before build] */
WEFT_API weft_notifies *weft_notifies_install(weft_builder *builder,
                                              const weft_notifies_desc *desc);

/* A notification that runs a copy of `handler`, which takes IN(weft_notify_event) or nothing. Its
 * reference is the loop's: retain it for each thread that is to signal it. WEFT_ETYPE, WEFT_ENOMEM,
 * WEFT_ESTALE while the world ends: reported, and the handler is still the caller's.
 * [loop] [in handler] */
WEFT_API WEFT_CHECKED weft_status weft_notify_new(weft_notifies *notifies,
                                                  const weft_handler *handler,
                                                  weft_notify **notify_out);

/* Lets the handler run in a poll that begins from now on, once however often it is called before.
 * Does nothing after the close. The caller has a reference. Keeps errno.
 * [any thread] [in handler] [in signal handler] */
WEFT_API void weft_notify_signal(weft_notify *notify);

/* One more reference; returns its argument. [any thread] */
WEFT_API weft_notify *weft_notify_retain(weft_notify *notify);

/* Gives a reference up; the last one frees it with the world's allocator, in the thread that does
 * so. NULL does nothing. [any thread] */
WEFT_API void weft_notify_release(weft_notify *notify);

/* Ends it and gives up the loop's reference: the handler does not run any more and is destroyed,
 * once it has returned if it is running. Who has a reference may go on signalling to no effect.
 * The world's end closes what is still open. WEFT_ESTALE if it was closed before, which only a
 * caller with a reference of its own may ask. [loop] [in handler] */
WEFT_API weft_status weft_notify_close(weft_notify *notify);

/* Runs the handlers of what was signalled before the poll began. Returns how many ran, or
 * WEFT_EWORLD, reported, if they are another world's notifications. One load if there were none.
 * [loop] [in handler] */
WEFT_API int weft_notifies_poll(weft_notifies *notifies, weft_world *world);

/* True if a poll would find something: one load, as a rule. [loop] */
static inline bool weft_notifies_pending(const weft_notifies *notifies)
{
    return !weft_mpsc_list_is_empty(&notifies->queue->signalled);
}

/* How many are open. [loop] */
static inline size_t weft_notifies_len(const weft_notifies *notifies)
{
    return notifies->len;
}

/* Verifies the invariants; on failure *why_out is a static sentence. O(all). [loop] */
WEFT_API bool weft_notifies_check(const weft_notifies *notifies, const char **why_out);

#ifdef __cplusplus
}
#endif
#endif
