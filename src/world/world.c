#include "ending.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A builder is its world before it is handed out, so addresses survive building. */
struct weft_builder {
    weft_world world;
    bool built; /* the world is handed out, and this block is its */
};

/* After building nothing may be added. */
static weft_status refuse_late(const weft_builder *builder, const char *what, const char *name)
{
    return weft_report(&builder->world, WEFT_EINVAL,
                       "%s%s comes too late: the world is built, and its resources are fixed", what,
                       name);
}

/* ---- building ------------------------------------------------------------------------------- */

weft_builder *weft_builder_new(const weft_world_desc *desc)
{
    const weft_world_desc with = desc ? *desc : (weft_world_desc){ 0 };
    const weft_allocator from = weft_allocator_or_default(with.allocator);
    weft_builder *builder = weft_alloc(&from, sizeof *builder, _Alignof(weft_builder));
    if (!builder)
        return NULL;
    builder->built = false;
    builder->world = (weft_world){ .shutdown = weft_shutdown_new(&from) };
    if (!builder->world.shutdown || !weft_registry_init(&builder->world.registry, &with)) {
        weft_shutdown_release(builder->world.shutdown);
        weft_free(&from, builder, sizeof *builder, _Alignof(weft_builder));
        return NULL;
    }
    return builder;
}

void weft_builder_free(weft_builder *builder)
{
    if (builder && !builder->built)
        weft_world_free(&builder->world);
}

weft_status weft_builder_register(weft_builder *builder, const weft_type *type, const void *value)
{
    if (builder->built)
        return refuse_late(builder, "resource ", type->name);
    return weft_registry_add(&builder->world, type, value);
}

weft_status weft_builder_ensure(weft_builder *builder, const weft_type *type, const void *value)
{
    if (builder->built || !weft_world_find(&builder->world, type))
        return weft_builder_register(builder, type, value);
    return value ? weft_registry_destroy_value(&builder->world, type, value) : WEFT_OK;
}

weft_status weft_builder_plugin(weft_builder *builder, const weft_plugin *plugin)
{
    if (builder->built)
        return refuse_late(builder, "plugin ", plugin->name);
    const weft_status status = plugin->install(builder, plugin->arg);
    if (status > 0)
        return weft_report(&builder->world, WEFT_EINVAL,
                           "plugin %s could not be installed: it returned %d, which is no status; "
                           "0 is success, failures are negative",
                           plugin->name, (int)status);
    if (status)
        weft_report(&builder->world, status, "plugin %s could not be installed: %s", plugin->name,
                    weft_status_sentence(status));
    return status;
}

weft_status weft_builder_build(weft_builder *builder, weft_world **world_out)
{
    weft_world *world = &builder->world;
    if (builder->built)
        return refuse_late(builder, "a second weft_builder_build", "");
    if (world->registry.first_error != WEFT_OK)
        return world->registry.first_error;
    builder->built = true;
    *world_out = world;
    return WEFT_OK;
}

const weft_world *weft_builder_world(const weft_builder *builder)
{
    return &builder->world;
}

const weft_allocator *weft_world_allocator(const weft_world *world)
{
    return &world->registry.allocator;
}

void weft_world_free(weft_world *world)
{
    if (!world)
        return;
    const weft_allocator from = world->registry.allocator;
    weft_registry_fini(&world->registry);
    weft_shutdown_release(world->shutdown);
    weft_free(&from, world, sizeof(weft_builder), _Alignof(weft_builder));
}

/* ---- running -------------------------------------------------------------------------------- */

void weft_world_run(weft_world *world, void (*turn)(weft_world *world, void *arg), void *arg)
{
    while (!weft_world_stopping(world))
        turn(world, arg);
}

/* ---- failing -------------------------------------------------------------------------------- */

#ifndef NDEBUG
__thread unsigned weft_endings;
#endif

struct weft_try_frame {
    jmp_buf env;
    struct weft_try_frame *outer;
    weft_cleanup *cleanups; /* those that were there before the try */
    unsigned endings;       /* likewise the FINIs that ran (ending.h) */
};

static void try_leave(weft_world *world, const struct weft_try_frame *frame)
{
    world->trying = frame->outer;
    weft_endings_set(frame->endings);
}

/* There is nobody to return to. */
static __attribute__((noreturn, cold)) void end_program(const weft_world *world, const char *why)
{
    weft_report(world, WEFT_EFAILED, "%s, so the program ends: %s", why, world->failure);
    abort();
}

weft_status weft_try(weft_world *world, void (*body)(weft_world *world, void *arg), void *arg)
{
    struct weft_try_frame frame = { .outer = world->trying,
                                    .cleanups = world->cleanups,
                                    .endings = weft_endings_set(0) };
    if (_setjmp(frame.env)) {
        try_leave(world, &frame);
        return WEFT_EFAILED;
    }
    world->trying = &frame;
    body(world, arg);
    try_leave(world, &frame);
    return WEFT_OK;
}

void weft_fail(weft_world *world, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    world->failures++;
    if (weft_endings_now())
        end_program(world, "a FINI failed, which leaves what it ends half ended");
    if (world->trying) {
        while (world->cleanups != world->trying->cleanups) {
            weft_cleanup *cleanup = world->cleanups;
            world->cleanups = cleanup->outer;
            cleanup->run(cleanup->arg);
        }
        _longjmp(world->trying->env, 1);
    }
    end_program(world, "a handler failed and no guard is around it");
}
