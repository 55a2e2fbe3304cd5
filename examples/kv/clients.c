#include "clients.h"

#include "connection.h"

static void clients_fini(kv_clients *clients)
{
    kv_connection *c;
    for (uint32_t at = 0; clients->slab.item_bytes && (c = weft_slab_next(&clients->slab, &at));)
        kv_connection_release(clients, c);
    weft_slab_fini(&clients->slab);
    kv_buffer_fini(&clients->out);
}

WEFT_RESOURCE_DEFINE(kv_clients, FINI(clients_fini));

/* Each connection that waits now gets one turn; those that go on waiting wait for the next pass. */
static void on_more(kv_hub *hub)
{
    kv_hub_take_time(hub);
    for (size_t left = hub->clients->waiting_count; left > 0 && hub->clients->waiting; left--)
        kv_connection_next_turn(hub);
}
WEFT_FN(on_more, BUNDLE(kv_hub));

weft_status kv_clients_start(weft_world *world, int64_t stall_ns)
{
    kv_clients *const clients = WEFT_GET(world, kv_clients);
    const kv_service *const service = WEFT_GET(world, kv_service);
    const weft_allocator *const allocator = weft_world_allocator(world);
    clients->world = world;
    clients->stall_ns = stall_ns;
    clients->shutdown = weft_world_shutdown(world);
    kv_buffer_init(&clients->out, &service->buffers.base, service->settings.max_output_bytes);
    struct on_more more;
    weft_status status = kv_connections_init(&clients->slab, allocator);
    if (!status)
        status = on_more_init(&more, world);
    if (status)
        return status;
    return weft_notify_new(WEFT_GET(world, weft_notifies), &more.base, &clients->more);
}
