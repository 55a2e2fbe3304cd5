#include "service.h"

#include <assert.h>
#include <string.h>

WEFT_RESOURCE_DEFINE(kv_service, FINI(kv_service_fini));

#define KV_NS_PER_MS 1000000

void kv_service_init(kv_service *service, int64_t now_ns, const kv_store_desc *store,
                     const kv_settings *settings)
{
    memset(service, 0, sizeof *service);
    kv_service_set_time(service, now_ns);
    service->started_ms = service->now_ms;
    service->random_id = store ? store->seed : 0;
    service->settings = *settings;
    kv_budget_init(&service->buffers, store ? store->allocator : NULL, settings->max_buffers_bytes);
    kv_store_init(&service->store, service->now_ms, store);
}

void kv_service_fini(kv_service *service)
{
    assert(service->session_count == 0);
    assert(service->buffers.used_bytes == 0);
    kv_store_fini(&service->store);
}

void kv_service_set_time(kv_service *service, int64_t now_ns)
{
    service->now_ms = now_ns / KV_NS_PER_MS;
    service->next_ms = service->now_ms + (now_ns % KV_NS_PER_MS != 0);
}

void kv_session_init(kv_session *session, kv_service *service)
{
    *session = (kv_session){ .service = service,
                             .id = ++service->last_id,
                             .db = &service->store.dbs[0],
                             .fd = -1,
                             .last_command = "NULL",
                             .connected_ms = service->now_ms,
                             .active_ms = service->now_ms,
                             .previous = service->last_session };
    if (service->last_session)
        service->last_session->next = session;
    else
        service->first_session = session;
    service->last_session = session;
    service->session_count++;
    service->stats.connections++;
}

void kv_session_fini(kv_session *session)
{
    kv_service *const service = session->service;
    if (session->previous)
        session->previous->next = session->next;
    else
        service->first_session = session->next;
    if (session->next)
        session->next->previous = session->previous;
    else
        service->last_session = session->previous;
    service->session_count--;
}
