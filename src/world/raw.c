#include <weft/raw.h>

static bool run_bool(weft_handler *self, weft_world *world, const void *event)
{
    const weft_raw *raw = (const weft_raw *)self;
    return raw->call.returns_bool(world, event, raw->ctx);
}

static bool run_void(weft_handler *self, weft_world *world, const void *event)
{
    const weft_raw *raw = (const weft_raw *)self;
    raw->call.returns_void(world, event, raw->ctx);
    return true;
}

static const weft_fn bool_fn = { .name = "weft_raw",
                                 .shape = "raw",
                                 .size_bytes = sizeof(weft_raw),
                                 .align_bytes = _Alignof(weft_raw),
                                 .run = run_bool };

static const weft_fn void_fn = { .name = "weft_raw",
                                 .shape = "raw",
                                 .size_bytes = sizeof(weft_raw),
                                 .align_bytes = _Alignof(weft_raw),
                                 .run = run_void };

weft_raw weft_raw_bool(weft_raw_bool_fn *call, void *ctx)
{
    return (weft_raw){ { run_bool, &bool_fn }, { .returns_bool = call }, ctx };
}

weft_raw weft_raw_void(weft_raw_void_fn *call, void *ctx)
{
    return (weft_raw){ { run_void, &void_fn }, { .returns_void = call }, ctx };
}
