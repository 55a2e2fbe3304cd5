#include <weft/pipeline_any.h>

#include <stdio.h>

weft_status weft_x_bind_dispatch(const char *pipeline, const weft_type *resource,
                                 const weft_handler *handler, weft_event event,
                                 const weft_world *world)
{
    if (!handler)
        return weft_report(world, WEFT_EMISSING,
                           "%s: DISPATCH(%s): resource %s is not registered; register it before "
                           "binding",
                           pipeline, resource->name, resource->name);
    if (!handler->fn)
        return weft_report(world, WEFT_EMISSING,
                           "%s: DISPATCH(%s): there is no handler in resource %s yet; put it there "
                           "before binding",
                           pipeline, resource->name, resource->name);
    char source[128];
    snprintf(source, sizeof source, "DISPATCH(%s) of %s", resource->name, pipeline);
    return weft_handler_expect(handler, world, source, event);
}
