/* INFO: facts and figures in sections, as the tools around Redis read them. */
#include "command.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void human_size(char *text, size_t cap, size_t bytes)
{
    static const char units[] = "KMGTP";
    double amount = (double)bytes;
    int unit = -1;
    while (amount >= 1024 && units[unit + 1]) {
        amount /= 1024;
        unit++;
    }
    if (unit < 0)
        snprintf(text, cap, "%zuB", bytes);
    else
        snprintf(text, cap, "%.2f%c", amount, units[unit]);
}

static void write_size(kv_buffer *out, const char *name, size_t bytes)
{
    char human[24];
    human_size(human, sizeof human, bytes);
    kv_reply_printf(out, "%s:%zu\r\n%s_human:%s\r\n", name, bytes, name, human);
}

static void write_counter(kv_buffer *out, const char *name, uint64_t count)
{
    kv_reply_printf(out, "%s:%llu\r\n", name, (unsigned long long)count);
}

static void write_server(const kv_service *service, kv_buffer *out)
{
    const int64_t uptime_seconds = (service->now_ms - service->started_ms) / 1000;
    KV_REPLY_LITERAL(out, "redis_version:" KV_REDIS_VERSION "\r\n"
                          "server_name:weft-kv\r\n"
                          "redis_mode:standalone\r\n"
                          "arch_bits:64\r\n"
                          "gcc_version:" __VERSION__ "\r\n");
    if (service->settings.poller)
        kv_reply_printf(out, "multiplexing_api:%s\r\n", service->settings.poller);
    kv_reply_printf(out, "process_id:%ld\r\nrun_id:%016llx\r\ntcp_port:%u\r\n", (long)getpid(),
                    (unsigned long long)service->random_id, service->settings.port);
    kv_reply_printf(out, "uptime_in_seconds:%lld\r\nuptime_in_days:%lld\r\n",
                    (long long)uptime_seconds, (long long)(uptime_seconds / 86400));
}

static void write_clients(const kv_service *service, kv_buffer *out)
{
    write_counter(out, "connected_clients", service->session_count);
    write_counter(out, "maxclients", service->settings.max_clients);
    KV_REPLY_LITERAL(out, "blocked_clients:0\r\n");
}

static void write_memory(const kv_service *service, kv_buffer *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    write_size(out, "used_memory", service->store.used_bytes);
    write_size(out, "used_memory_peak", service->store.peak_bytes);
    write_size(out, "used_memory_rss_peak", (size_t)usage.ru_maxrss * 1024);
    write_size(out, "maxmemory", service->store.max_memory_bytes);
    write_counter(out, "mem_clients_normal", service->buffers.used_bytes);
    write_counter(out, "mem_clients_normal_peak", service->buffers.peak_bytes);
    write_counter(out, "maxbuffers", service->settings.max_buffers_bytes);
    KV_REPLY_LITERAL(out, "maxmemory_policy:noeviction\r\n");
}

static void write_persistence(const kv_service *service, kv_buffer *out)
{
    (void)service;
    KV_REPLY_LITERAL(out, "loading:0\r\nrdb_bgsave_in_progress:0\r\naof_enabled:0\r\n");
}

static void write_stats(const kv_service *service, kv_buffer *out)
{
    const kv_stats *stats = &service->stats;
    write_counter(out, "total_connections_received", stats->connections);
    write_counter(out, "total_commands_processed", stats->commands);
    write_counter(out, "total_net_input_bytes", stats->input_bytes);
    write_counter(out, "total_net_output_bytes", stats->output_bytes);
    write_counter(out, "rejected_connections", stats->connections_rejected);
    write_counter(out, "dropped_connections", stats->connections_dropped);
    write_counter(out, "unknown_or_malformed_commands", stats->errors);
    write_counter(out, "expired_keys", service->store.expired_count);
    KV_REPLY_LITERAL(out, "evicted_keys:0\r\n");
    write_counter(out, "keyspace_hits", stats->keyspace_hits);
    write_counter(out, "keyspace_misses", stats->keyspace_misses);
}

static void write_replication(const kv_service *service, kv_buffer *out)
{
    (void)service;
    KV_REPLY_LITERAL(out, "role:master\r\nconnected_slaves:0\r\n");
}

static void write_time(kv_buffer *out, const char *name, struct timeval time)
{
    kv_reply_printf(out, "%s:%ld.%06ld\r\n", name, (long)time.tv_sec, (long)time.tv_usec);
}

static void write_cpu(const kv_service *service, kv_buffer *out)
{
    (void)service;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    write_time(out, "used_cpu_sys", usage.ru_stime);
    write_time(out, "used_cpu_user", usage.ru_utime);
}

static void write_keyspace(const kv_service *service, kv_buffer *out)
{
    for (size_t i = 0; i < KV_DATABASES; i++) {
        const kv_db *db = &service->store.dbs[i];
        if (db->count > 0)
            kv_reply_printf(out, "db%zu:keys=%zu,expires=%zu,avg_ttl=%lld\r\n", i, db->count,
                            db->expiring_count,
                            (long long)kv_store_average_ttl_ms(db, service->now_ms));
    }
}

typedef struct section {
    const char *name; /* in lower case, as it is asked for */
    const char *title;
    void (*write)(const kv_service *service, kv_buffer *out);
} section;

static const section sections[] = {
    { "server", "Server", write_server }, { "clients", "Clients", write_clients },
    { "memory", "Memory", write_memory }, { "persistence", "Persistence", write_persistence },
    { "stats", "Stats", write_stats },    { "replication", "Replication", write_replication },
    { "cpu", "CPU", write_cpu },          { "keyspace", "Keyspace", write_keyspace },
};

static bool is_wanted(const kv_call *call, const section *candidate)
{
    for (size_t i = 1; i < call->argc; i++) {
        const kv_slice name = call->argv[i];
        if (kv_slice_is(name, candidate->name) || kv_slice_is(name, "default") ||
            kv_slice_is(name, "all") || kv_slice_is(name, "everything"))
            return true;
    }
    return call->argc == 1;
}

void kv_command_info(kv_call *call)
{
    const size_t begin = kv_reply_bulk_begin(call->out);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (!is_wanted(call, &sections[i]))
            continue;
        if (kv_buffer_size(call->out) > begin)
            KV_REPLY_LITERAL(call->out, "\r\n");
        kv_reply_printf(call->out, "# %s\r\n", sections[i].title);
        sections[i].write(call->service, call->out);
    }
    kv_reply_bulk_end(call->out, begin);
}
