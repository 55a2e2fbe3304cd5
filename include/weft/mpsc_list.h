/* MPSC list: an unbounded queue of the program's own objects, from any number of threads to one.
 *
 *     typedef struct Job {
 *         weft_mpsc_link link;
 *         ...
 *     } Job;
 *
 *     weft_mpsc_list jobs;
 *     weft_mpsc_list_init(&jobs);
 *
 *     if (weft_mpsc_list_push(&jobs, &job->link))         // any thread
 *         free(job);                                      // closed: still ours
 *
 *     weft_mpsc_link *link;                               // the consumer
 *     while (weft_mpsc_list_pop(&jobs, &link) == WEFT_OK)
 *         run((Job *)link);                               // the link is its first member
 *
 * The list allocates nothing and copies nothing: an object brings its link, is in one list at a
 * time, and from push to pop belongs to the list. Objects come out in the order in which they went
 * in, and are seen with all that their producer did before.
 *
 * Pushing is lock-free, and so is popping: one load if there is nothing, an atomic exchange for all
 * that has come since the last, which is tried again only if somebody has pushed meanwhile. There
 * is no moment at which a held-up producer holds up others or the consumer.
 *
 * Closing is exact, as with mpsc.h: a push falls before it, and comes out before pop says
 * WEFT_ECLOSED, or behind it, gets WEFT_ECLOSED, and the object stays the caller's.
 *
 * Published: the stack is Treiber's ("Coping with Parallelism", 1986). As objects are only ever
 * taken all together, it has no ABA problem; the consumer turns what it takes round.
 *
 * What this does not do: wait or wake (wake.h), limit how many objects are in it, free what is
 * left, notice that an object is in it already, which must not be pushed again. Who does not know
 * keeps a flag in the object: who pushes sets it by an atomic exchange, and pushes if it was not
 * set; the consumer clears it by another, before it looks at the object.
 */
#ifndef WEFT_MPSC_LIST_H
#define WEFT_MPSC_LIST_H

#include <weft/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private field. */
typedef struct weft_mpsc_link {
    struct weft_mpsc_link *next;
} weft_mpsc_link;

/* Private fields. */
typedef struct weft_mpsc_list {
    uintptr_t top; /* atomic: the link pushed last, or 0; and WEFT_X_MPSC_LIST_CLOSED */
    char apart_1[WEFT_X_APART_BYTES];
    /* The consumer's: taken from the stack, oldest first. */
    weft_mpsc_link *first;
    weft_mpsc_link *last;
    size_t taken;
    char apart_2[WEFT_X_APART_BYTES];
} weft_mpsc_list;

/* An empty list; as good as a zeroed one. There is nothing to end. */
WEFT_API void weft_mpsc_list_init(weft_mpsc_list *list);

/* WEFT_ECLOSED after the close; the caller then sees what the closing thread did before. Keeps
 * errno. [any thread] [in signal handler] */
static inline WEFT_CHECKED weft_status weft_mpsc_list_push(weft_mpsc_list *list,
                                                           weft_mpsc_link *link);

/* WEFT_EAGAIN if there is no object, WEFT_ECLOSED if none will come. [consumer] */
WEFT_API WEFT_CHECKED weft_status weft_mpsc_list_pop(weft_mpsc_list *list,
                                                     weft_mpsc_link **link_out);

/* Takes what has been pushed so far over to the consumer's side, behind what is there, and returns
 * how many objects are there. Pop does it by itself when that side is empty. O(taken over).
 * [consumer] */
static inline size_t weft_mpsc_list_take(weft_mpsc_list *list);

/* The oldest object on the consumer's side, NULL if there is none: what was pushed since the last
 * take stays where it is. [consumer] */
static inline weft_mpsc_link *weft_mpsc_list_pop_taken(weft_mpsc_list *list);

/* Nothing can be pushed any more. Again does nothing. [any thread] [in signal handler] */
WEFT_API void weft_mpsc_list_close(weft_mpsc_list *list);

/* True if a pop would find nothing, be it closed or not. Two loads, the one of them sequentially
 * consistent: good for a last look behind a fence, before sleeping. [consumer] */
static inline bool weft_mpsc_list_is_empty(const weft_mpsc_list *list);

/* Verifies the invariants; on failure *why_out is a static sentence. O(objects). [consumer] */
WEFT_API bool weft_mpsc_list_check(const weft_mpsc_list *list, const char **why_out);

/* ---- internal from here on ------------------------------------------------------------------- */

/* Links have an even address. */
#define WEFT_X_MPSC_LIST_CLOSED ((uintptr_t)1)

/* Takes over what a look at the top has found. */
WEFT_API void weft_x_mpsc_list_take_over(weft_mpsc_list *list, uintptr_t top);

static inline weft_status weft_mpsc_list_push(weft_mpsc_list *list, weft_mpsc_link *link)
{
    uintptr_t top = __atomic_load_n(&list->top, __ATOMIC_ACQUIRE);
    do {
        if (top & WEFT_X_MPSC_LIST_CLOSED)
            return WEFT_ECLOSED;
        link->next = (weft_mpsc_link *)top;
    } while (!__atomic_compare_exchange_n(&list->top, &top, (uintptr_t)link, true, __ATOMIC_RELEASE,
                                          __ATOMIC_ACQUIRE));
    return WEFT_OK;
}

static inline size_t weft_mpsc_list_take(weft_mpsc_list *list)
{
    const uintptr_t top = __atomic_load_n(&list->top, __ATOMIC_SEQ_CST);
    if (top & ~WEFT_X_MPSC_LIST_CLOSED)
        weft_x_mpsc_list_take_over(list, top);
    return list->taken;
}

static inline weft_mpsc_link *weft_mpsc_list_pop_taken(weft_mpsc_list *list)
{
    weft_mpsc_link *const link = list->first;
    if (!link)
        return NULL;
    list->first = link->next;
    if (!list->first)
        list->last = NULL;
    list->taken--;
    return link;
}

static inline bool weft_mpsc_list_is_empty(const weft_mpsc_list *list)
{
    return !list->first &&
           !(__atomic_load_n(&list->top, __ATOMIC_SEQ_CST) & ~WEFT_X_MPSC_LIST_CLOSED);
}

#ifdef __cplusplus
}
#endif
#endif
