/* The example of raw.h. */
#include "example.h"

#include <weft/io.h>
#include <weft/raw.h>

typedef struct Legacy {
    int reads;
} Legacy;
WEFT_RESOURCE_DEFINE(Legacy);

static void legacy_read(void *ctx, Legacy *legacy, int fd)
{
    *(int *)ctx = fd;
    legacy->reads++;
}

static void on_readable(weft_world *world, const void *event, void *ctx)
{
    legacy_read(ctx, WEFT_GET(world, Legacy), ((const weft_io_event *)event)->fd);
}

static void a_callback_gets_world_event_and_context(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new(NULL);
    WEFT_REGISTER_DEFAULT(builder, Legacy);
    weft_world *world = built(builder);
    const weft_io_event event = { .fd = 7 };
    int context = 0, *const legacy = &context;

    weft_raw raw = weft_raw_void(on_readable, legacy);
    weft_run(&raw.base, world, &event); // copied and kept like any handler

    assert_int_equal(context, 7);
    assert_int_equal(WEFT_GET(world, Legacy)->reads, 1);
    weft_world_free(world);
}

EXAMPLE(a_callback_gets_world_event_and_context);
