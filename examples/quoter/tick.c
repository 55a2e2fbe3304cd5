#include "tick.h"

WEFT_RESOURCE_DEFINE(Ticks, FINI(weft_broadcast_fini));

weft_status ticks_install(weft_builder *builder)
{
    const weft_world *const world = weft_builder_world(builder);
    const weft_status status = WEFT_REGISTER_DEFAULT(builder, Ticks);
    return status ? status : weft_broadcast_init(WEFT_GET(world, Ticks), world, WEFT_EVENT(Tick));
}
