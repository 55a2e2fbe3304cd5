#include <weft/mpsc_list.h>

#include <string.h>

void weft_mpsc_list_init(weft_mpsc_list *list)
{
    memset(list, 0, sizeof *list);
}

void weft_x_mpsc_list_take_over(weft_mpsc_list *list, uintptr_t top)
{
    /* A list that is closed meanwhile stays closed. */
    while (!__atomic_compare_exchange_n(&list->top, &top, top & WEFT_X_MPSC_LIST_CLOSED, true,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        continue;
    weft_mpsc_link *const newest = (weft_mpsc_link *)(top & ~WEFT_X_MPSC_LIST_CLOSED);
    weft_mpsc_link *oldest = NULL;
    size_t count = 0;
    for (weft_mpsc_link *link = newest, *older; link; link = older) {
        older = link->next;
        link->next = oldest;
        oldest = link;
        count++;
    }
    if (list->last)
        list->last->next = oldest;
    else
        list->first = oldest;
    list->last = newest;
    list->taken += count;
}

weft_status weft_mpsc_list_pop(weft_mpsc_list *list, weft_mpsc_link **link_out)
{
    if (!list->first) {
        const uintptr_t top = __atomic_load_n(&list->top, __ATOMIC_ACQUIRE);
        if (top == 0)
            return WEFT_EAGAIN;
        if (top == WEFT_X_MPSC_LIST_CLOSED)
            return WEFT_ECLOSED;
        weft_x_mpsc_list_take_over(list, top);
    }
    *link_out = weft_mpsc_list_pop_taken(list);
    return WEFT_OK;
}

void weft_mpsc_list_close(weft_mpsc_list *list)
{
    (void)__atomic_fetch_or(&list->top, WEFT_X_MPSC_LIST_CLOSED, __ATOMIC_ACQ_REL);
}

/* A stack that is linked to itself, which an object pushed twice leads to, has no end: it is walked
 * by two, one of them twice as fast. */
static bool runs_in_circles(const weft_mpsc_link *slow)
{
    const weft_mpsc_link *fast = slow;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
        if (slow == fast)
            return true;
    }
    return false;
}

bool weft_mpsc_list_check(const weft_mpsc_list *list, const char **why_out)
{
    const uintptr_t top = __atomic_load_n(&list->top, __ATOMIC_ACQUIRE) & ~WEFT_X_MPSC_LIST_CLOSED;
    const weft_mpsc_link *last = NULL;
    size_t taken = 0;
    for (const weft_mpsc_link *link = list->first; link && taken <= list->taken;
         link = link->next, taken++)
        last = link;
    const char *why = NULL;
    if (taken != list->taken || last != list->last)
        why = "the objects that were taken are linked wrongly";
    else if (runs_in_circles((const weft_mpsc_link *)top))
        why = "an object is in the list twice";
    if (why)
        *why_out = why;
    return !why;
}
