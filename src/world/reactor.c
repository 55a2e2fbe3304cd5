/* Reactors themselves, and their dispatch. What goes on is told in reactor_parts.h. */
#include "reactor_parts.h"

static weft_slab_id place_of(weft_reactor_id id)
{
    return (weft_slab_id){ id.index, id.generation };
}

weft_reactor *weft_reactor_find(const weft_reactors *reactors, weft_reactor_id id)
{
    weft_reactor *reactor = weft_slab_get(&reactors->reactors, place_of(id));
    return reactor && !reactor->removed ? reactor : NULL;
}

/* Destroys a removed reactor's handler and gives its place back. The FINI that runs here may call
 * any function, also with the id of the reactor that ends. */
static void release(weft_reactors *reactors, weft_reactor *reactor)
{
    weft_handler_fini(&reactor->handler.base);
    weft_slab_give(&reactors->reactors, place_of(reactor->event.id));
}

/* ---- life ------------------------------------------------------------------------------------ */

static void reactors_fini(weft_reactors *reactors)
{
    reactors->ending = true;
    weft_reactor *reactor;
    for (uint32_t at = 0; (reactor = weft_slab_next(&reactors->reactors, &at));)
        if (!reactor->removed)
            weft_reactors_remove(reactors, reactor->event.id);
    weft_sources_fini(reactors);
    weft_keys_fini(reactors);
    weft_slab_fini(&reactors->links);
    weft_slab_fini(&reactors->reactors);
    /* What ends after this may still hold ids. They find nothing. */
    *reactors = (weft_reactors){ .world = reactors->world, .ending = true };
}

WEFT_RESOURCE_DEFINE(weft_reactors, FINI(reactors_fini));

static weft_status slabs_init(weft_reactors *reactors, const weft_reactors_desc *desc)
{
    const weft_allocator *from = weft_world_allocator(reactors->world);
    weft_status status = weft_slab_init(&reactors->reactors, from, sizeof(weft_reactor),
                                        REACTOR_ALIGN_BYTES, desc->reactors);
    if (status == WEFT_OK)
        status = weft_sources_init(reactors, desc->sources);
    if (status == WEFT_OK)
        status = weft_slab_init(&reactors->links, from, sizeof(weft_link), _Alignof(weft_link), 0);
    return status;
}

weft_reactors *weft_reactors_install(weft_builder *builder, const weft_reactors_desc *desc)
{
    const weft_world *world = weft_builder_world(builder);
    const weft_reactors_desc defaults = { .reactors = 0 };
    if (!desc)
        desc = &defaults;
    if (WEFT_REGISTER_DEFAULT(builder, weft_reactors))
        return NULL;
    weft_reactors *reactors = WEFT_GET(world, weft_reactors);
    reactors->world = world;
    if (slabs_init(reactors, desc)) {
        reactors->ending = true;
        weft_report(world, WEFT_ENOMEM, "no memory for %u reactors and %u sources", desc->reactors,
                    desc->sources);
        return NULL;
    }
    return reactors;
}

/* ---- spawning and removing ------------------------------------------------------------------- */

/* A new reactor without a handler; `name` is for the sentence. */
static weft_status take(weft_reactors *reactors, const char *name, weft_reactor **reactor_out)
{
    if (reactors->ending)
        return weft_report(reactors->world, WEFT_ESTALE, "%s comes too late: the world ends", name);
    weft_slab_id id;
    weft_reactor *reactor = weft_slab_take(&reactors->reactors, &id);
    if (!reactor) {
        const bool full = weft_slab_full(&reactors->reactors);
        return weft_report(
            reactors->world, full ? WEFT_EFULL : WEFT_ENOMEM,
            full ? "no reactor for %s: all %u are taken; raise weft_reactors_desc.reactors"
                 : "no memory for a reactor for %s beside the %u that there are",
            name, weft_slab_len(&reactors->reactors));
    }
    *reactor =
        (weft_reactor){ .ran = WEFT_REACTOR_UNFILLED, .event = { { id.index, id.generation } } };
    reactors->len++;
    *reactor_out = reactor;
    return WEFT_OK;
}

static weft_status fill(weft_reactors *reactors, weft_reactor *reactor, const weft_handler *handler)
{
    const weft_status status =
        weft_flex_set(&reactor->handler.base, REACTOR_HANDLER_BYTES, reactors->world, handler);
    if (status == WEFT_OK)
        reactor->ran = 0;
    return status;
}

static weft_status expect(const weft_reactors *reactors, const weft_handler *handler)
{
    return weft_handler_expect(handler, reactors->world, "a reactor",
                               WEFT_EVENT(weft_reactor_event));
}

weft_status weft_reactors_spawn(weft_reactors *reactors, const weft_handler *handler,
                                weft_reactor_id *id_out)
{
    weft_reactor *reactor = NULL;
    weft_status status = expect(reactors, handler);
    if (status == WEFT_OK)
        status = take(reactors, weft_handler_name(handler), &reactor);
    if (status)
        return status;
    status = fill(reactors, reactor, handler);
    if (status) {
        reactors->len--;
        weft_slab_give(&reactors->reactors, place_of(reactor->event.id));
        return status;
    }
    if (id_out)
        *id_out = reactor->event.id;
    return WEFT_OK;
}

weft_status weft_reactors_reserve(weft_reactors *reactors, weft_reactor_id *id_out)
{
    weft_reactor *reactor = NULL;
    const weft_status status = take(reactors, "a reserved id", &reactor);
    if (status == WEFT_OK)
        *id_out = reactor->event.id;
    return status;
}

weft_status weft_reactors_fill(weft_reactors *reactors, weft_reactor_id id,
                               const weft_handler *handler)
{
    const weft_status status = expect(reactors, handler);
    if (status)
        return status;
    weft_reactor *reactor = weft_reactor_find(reactors, id);
    if (!reactor)
        return weft_report(reactors->world, WEFT_ESTALE,
                           "%s cannot be filled in: its id was not reserved, or was removed since",
                           weft_handler_name(handler));
    if (reactor->ran != WEFT_REACTOR_UNFILLED)
        return weft_report(reactors->world, WEFT_EEXISTS,
                           "%s cannot be filled in: this reactor is %s already",
                           weft_handler_name(handler), weft_handler_name(&reactor->handler.base));
    return fill(reactors, reactor, handler);
}

weft_status weft_reactors_remove(weft_reactors *reactors, weft_reactor_id id)
{
    weft_reactor *reactor = weft_reactor_find(reactors, id);
    if (!reactor)
        return WEFT_ESTALE;
    weft_reactor_unlink(reactors, reactor);
    reactor->removed = true;
    reactors->len--;
    if (weft_reactor_is_running(reactors, reactor))
        reactors->disturbed = true; /* whoever runs it releases it */
    else
        release(reactors, reactor);
    return WEFT_OK;
}

bool weft_reactors_has(const weft_reactors *reactors, weft_reactor_id id)
{
    return weft_reactor_find(reactors, id) != NULL;
}

/* ---- dispatching ----------------------------------------------------------------------------- */

/* Makes what is marked due. What is due already was left over, or is an outer dispatch's. */
static inline void take_marks(weft_reactors *reactors)
{
    reactors->pass++;
    if (reactors->due.head < reactors->due.len) {
        weft_sources_merge(reactors);
        return;
    }
    weft_source **const items = reactors->due.items;
    reactors->due.items = reactors->marked.items;
    reactors->due.head = 0;
    reactors->due.len = reactors->marked.len;
    reactors->marked.items = items;
    reactors->marked.len = 0;
    reactors->side ^= 1;
}

/* Begins the next turn; false if none is due. */
static inline bool next_turn(weft_reactors *reactors)
{
    while (reactors->due.head < reactors->due.len) {
        weft_source *source = reactors->due.items[reactors->due.head++];
        if (!source)
            continue;
        const weft_turn *turn = &source->turns[reactors->side ^ 1];
        reactors->turn.source = source;
        reactors->turn.at = 0;
        reactors->turn.to = turn->to;
        reactors->turn.pass = turn->pass;
        return true;
    }
    reactors->turn.source = NULL;
    return false;
}

/* The running body has returned, or was given up by weft_fail. */
static __attribute__((noinline)) void run_over(weft_reactors *reactors, weft_dispatch *dispatch)
{
    weft_reactor *reactor = dispatch->running;
    dispatch->running = NULL;
    reactors->disturbed = false;
    if (reactor && reactor->removed && !weft_reactor_is_running(reactors, reactor))
        release(reactors, reactor);
}

/* Runs a turn to its end: true; or until a body has disturbed it: then reactors->turn is what is
 * left of it, or of another one, or none. */
static inline bool run_turn(weft_reactors *reactors, weft_dispatch *dispatch, weft_world *world)
{
    weft_reactor *const *const row = reactors->turn.source->subscribers;
    weft_reactor *const *const end = row + reactors->turn.to;
    const uint64_t due = reactors->turn.pass;
    const uint64_t pass = reactors->pass;
    for (weft_reactor *const *next = row + reactors->turn.at; next != end;) {
        weft_reactor *reactor = *next++;
        if (!reactor || reactor->ran >= due)
            continue;
        reactor->ran = pass;
        reactors->turn.at = (uint32_t)(next - row);
        dispatch->running = reactor;
        dispatch->count++;
        weft_run(&reactor->handler.base, world, &reactor->event);
        if (__builtin_expect(reactors->disturbed, false)) {
            run_over(reactors, dispatch);
            return false;
        }
    }
    return true;
}

static void dispatch_over(weft_reactors *reactors, weft_dispatch *dispatch)
{
    reactors->dispatches = dispatch->outer;
    run_over(reactors, dispatch);
    reactors->disturbed = true; /* for the outer one */
}

static void dispatch_failed(void *arg)
{
    weft_dispatch *dispatch = arg;
    dispatch_over(dispatch->reactors, dispatch);
}

size_t weft_reactors_dispatch(weft_reactors *reactors, weft_world *world)
{
    if (!weft_reactors_marked(reactors))
        return 0;
    weft_dispatch dispatch = { .reactors = reactors, .outer = reactors->dispatches };
    weft_cleanup on_failure = { .run = dispatch_failed, .arg = &dispatch };
    take_marks(reactors);
    reactors->dispatches = &dispatch;
    reactors->disturbed = false;
    weft_cleanup_push(world, &on_failure);
    bool more = reactors->turn.source || next_turn(reactors);
    while (more)
        more =
            (!run_turn(reactors, &dispatch, world) && reactors->turn.source) || next_turn(reactors);
    weft_cleanup_pop(world, &on_failure);
    dispatch_over(reactors, &dispatch);
    return dispatch.count;
}
