#include <weft/handler.h>

#include <string.h>

#include "copy.h"
#include "ending.h"

static bool is_bound(const weft_handler *handler)
{
    return handler && handler->fn && handler->run;
}

const weft_handler *weft_handler_inner(const weft_handler *handler)
{
    while (is_bound(handler) && handler->fn->inner) {
        const weft_handler *inner = handler->fn->inner(handler);
        if (!inner)
            break;
        handler = inner;
    }
    return handler;
}

const char *weft_handler_name(const weft_handler *handler)
{
    return is_bound(handler) ? weft_handler_inner(handler)->fn->name : "unbound";
}

/* The one event that an innermost handler takes; a NULL name if it takes none, or several. */
static weft_event event_of(const weft_handler *handler)
{
    const weft_fn *fn = handler->fn;
    if (fn->event)
        return fn->event(handler);
    if (fn->input_count != 1)
        return (weft_event){ NULL, 0 };
    const weft_param *input = &fn->params[fn->param_count - 1];
    return (weft_event){ input->type_name, input->size_bytes };
}

bool weft_handler_takes(const weft_handler *handler, weft_event event)
{
    if (!is_bound(handler))
        return false;
    const weft_handler *inner = weft_handler_inner(handler);
    const weft_event taken = event_of(inner);
    if (!taken.name)
        return inner->fn->input_count == 0;
    return taken.size_bytes == event.size_bytes && strcmp(taken.name, event.name) == 0;
}

weft_status weft_copy_check(const weft_handler *handler, const weft_world *world,
                            const char *source)
{
    if (is_bound(handler))
        return WEFT_OK;
    return weft_report(world, WEFT_EINVAL,
                       "a handler that was not bound, or could not be, was given to %s", source);
}

weft_status weft_handler_expect(const weft_handler *handler, const weft_world *world,
                                const char *source, weft_event event)
{
    const weft_status unbound = weft_copy_check(handler, world, source);
    if (unbound)
        return unbound;
    if (weft_handler_takes(handler, event))
        return WEFT_OK;
    const weft_handler *inner = weft_handler_inner(handler);
    if (inner->fn->input_count > 1)
        return weft_report(world, WEFT_ETYPE, "%s takes %zu inputs, but %s gives one, a %s",
                           inner->fn->name, inner->fn->input_count, source, event.name);
    return weft_report(
        world, WEFT_ETYPE, "%s takes IN(%s), but %s gives %s: write IN(%s), REF(%s), or no input",
        inner->fn->name, event_of(inner).name, source, event.name, event.name, event.name);
}

void weft_handler_fini(weft_handler *handler)
{
    if (!handler || !handler->fn || !handler->fn->fini)
        return;
    const unsigned before = weft_endings_begin();
    handler->fn->fini(handler);
    weft_endings_set(before);
}

weft_status weft_handler_bind(weft_handler *handler, const weft_fn *fn, const weft_world *world)
{
    memset(handler, 0, fn->size_bytes);
    if (!fn->bind)
        return weft_report(world, WEFT_EINVAL,
                           "%s cannot be bound by its table alone; use its own init function",
                           fn->name);
    const weft_status status = fn->bind((char *)handler + fn->state_offset, world);
    if (status)
        memset(handler, 0, fn->size_bytes); /* so that nobody runs it or ends its context */
    else
        *handler = (weft_handler){ fn->run, fn };
    return status;
}

static void startup_run(weft_world *world, void *arg)
{
    weft_handler *handler = arg;
    handler->run(handler, world, NULL);
}

weft_status weft_world_startup(weft_world *world, const weft_fn *fn)
{
    if (fn->input_count || fn->has_ctx)
        return weft_report(world, WEFT_EINVAL,
                           "%s is no start-up function: it takes %s, and nobody gives it one",
                           fn->name, fn->input_count ? "an input" : "a context");
    const weft_allocator *from = weft_world_allocator(world);
    weft_handler *handler = weft_alloc(from, fn->size_bytes, fn->align_bytes);
    if (!handler)
        return weft_report(world, WEFT_ENOMEM, "no memory to run start-up function %s", fn->name);
    weft_status status = weft_handler_bind(handler, fn, world);
    if (status == WEFT_OK)
        status = weft_try(world, startup_run, handler);
    if (status == WEFT_EFAILED)
        weft_report(world, status, "start-up function %s failed: %s", fn->name,
                    weft_world_failure(world));
    weft_free(from, handler, fn->size_bytes, fn->align_bytes);
    return status;
}
