#include <weft/handler.h>

#include <string.h>

static const weft_handler *innermost(const weft_handler *handler)
{
    while (handler->fn->inner) {
        const weft_handler *inner = handler->fn->inner(handler);
        if (!inner)
            break;
        handler = inner;
    }
    return handler;
}

const char *weft_handler_name(const weft_handler *handler)
{
    return innermost(handler)->fn->name;
}

/* The parameter that takes the event, or NULL. */
static const weft_param *input_of(const weft_fn *fn)
{
    return fn->input_count ? &fn->params[fn->param_count - 1] : NULL;
}

bool weft_handler_takes(const weft_handler *handler, weft_event event)
{
    const weft_fn *fn = innermost(handler)->fn;
    const weft_param *input = input_of(fn);
    return !input || (fn->input_count == 1 && input->size_bytes == event.size_bytes &&
                      strcmp(input->type_name, event.name) == 0);
}

weft_status weft_handler_expect(const weft_handler *handler, const weft_world *world,
                                const char *source, weft_event event)
{
    if (weft_handler_takes(handler, event))
        return WEFT_OK;
    const weft_fn *fn = innermost(handler)->fn;
    if (fn->input_count > 1)
        return weft_report(world, WEFT_ETYPE, "%s takes %zu inputs, but %s gives one, a %s",
                           fn->name, fn->input_count, source, event.name);
    return weft_report(
        world, WEFT_ETYPE, "%s takes IN(%s), but %s gives %s: write IN(%s), REF(%s), or no input",
        fn->name, input_of(fn)->type_name, source, event.name, event.name, event.name);
}

void weft_handler_fini(weft_handler *handler)
{
    if (handler && handler->fn && handler->fn->fini)
        handler->fn->fini(handler);
}

weft_status weft_handler_bind(weft_handler *handler, const weft_fn *fn, const weft_world *world)
{
    if (!fn->bind)
        return weft_report(world, WEFT_EINVAL,
                           "%s wraps another handler and cannot be bound by its table", fn->name);
    memset(handler, 0, fn->size_bytes);
    *handler = (weft_handler){ fn->run, fn };
    return fn->bind((char *)handler + fn->state_offset, world);
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
