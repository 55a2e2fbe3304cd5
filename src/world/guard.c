#include <weft/guard.h>

#include "copy.h"

struct weft_guarded {
    weft_handler *inner;
    uint64_t failures;
    const weft_allocator *allocator; /* the world's */
    size_t references;               /* one for the handler, and the retained ones */
};

/* One run, as the argument of weft_try. */
struct attempt {
    weft_handler *inner;
    const void *event;
    bool result;
};

static void attempt_run(weft_world *world, void *arg)
{
    struct attempt *attempt = arg;
    attempt->result = weft_run(attempt->inner, world, attempt->event);
}

static bool guard_run(weft_handler *self, weft_world *world, const void *event)
{
    struct weft_guarded *guarded = ((weft_guard *)self)->guarded;
    if (!guarded->inner)
        return false; /* ended, and retained */
    struct attempt attempt = { guarded->inner, event, false };
    if (weft_try(world, attempt_run, &attempt) == WEFT_OK)
        return attempt.result;
    guarded->failures++;
    return false;
}

static const weft_handler *guard_inner(const weft_handler *self)
{
    return ((const weft_guard *)self)->guarded->inner;
}

static void unref(struct weft_guarded *guarded)
{
    if (--guarded->references == 0)
        weft_free(guarded->allocator, guarded, sizeof *guarded, _Alignof(struct weft_guarded));
}

static void guard_fini(weft_handler *self)
{
    struct weft_guarded *guarded = ((weft_guard *)self)->guarded;
    weft_handler *inner = guarded->inner;
    if (!inner)
        return;
    guarded->inner = NULL;
    weft_copy_free(inner, guarded->allocator);
    unref(guarded);
}

static const weft_fn guard_fn = { .name = "weft_guard",
                                  .shape = "guard",
                                  .size_bytes = sizeof(weft_guard),
                                  .align_bytes = _Alignof(weft_guard),
                                  .run = guard_run,
                                  .fini = guard_fini,
                                  .inner = guard_inner };

weft_status weft_guard_init(weft_guard *guard, const weft_handler *inner, const weft_world *world)
{
    const weft_status unbound = weft_copy_check(inner, world, "a guard");
    if (unbound)
        return unbound;
    const weft_allocator *from = weft_world_allocator(world);
    struct weft_guarded *guarded = weft_alloc(from, sizeof *guarded, _Alignof(struct weft_guarded));
    if (!guarded)
        return weft_report(world, WEFT_ENOMEM, "no memory for a guard of %s",
                           weft_handler_name(inner));
    *guarded = (struct weft_guarded){ weft_copy_new(inner, world), 0, from, 1 };
    if (!guarded->inner) {
        weft_free(from, guarded, sizeof *guarded, _Alignof(struct weft_guarded));
        return WEFT_ENOMEM;
    }
    *guard = (weft_guard){ { guard_run, &guard_fn }, guarded };
    return WEFT_OK;
}

void weft_guard_retain(weft_guard *guard)
{
    guard->guarded->references++;
}

void weft_guard_release(weft_guard *guard)
{
    if (guard && guard->guarded)
        unref(guard->guarded);
}

uint64_t weft_guard_failures(const weft_guard *guard)
{
    return guard->guarded->failures;
}
