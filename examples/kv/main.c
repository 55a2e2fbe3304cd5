/* weft-kv: a key-value server that speaks the Redis protocol. Here everything is put together:
 *
 *     kv_server     listens, accepts, stops          server.c
 *     kv_clients    the connections                  clients.c, connection*.c
 *     kv_service    the data and the commands        service.c, store.c, command*.c
 *     kv_arena      the data's memory                arena.c
 *     kv_expiry     one timer for all deadlines      expiry.c
 *     weft_loop     clock, timers, I/O, signals      Weft
 */
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <weft/loop.h>

#include "arena.h"
#include "clients.h"
#include "log.h"
#include "options.h"
#include "server.h"

#define KV_OTHER_FILES 32 /* descriptors for anything but clients */

/* Clients are not to choose keys whose hashes meet. */
static uint64_t random_bits(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        kv_log("there are no random bits; the hash is a known one");
    return bits;
}

/* Asks for as many open files as the clients may need. */
static void allow_files(size_t max_clients)
{
    struct rlimit limit;
    const rlim_t wanted = max_clients + KV_OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
        kv_log("the limit of open files, %llu, is too low for %zu clients (ulimit -n)",
               (unsigned long long)limit.rlim_cur, max_clients);
}

/* The world, whose resources end in the order of their registration: connections before the data
 * that they work on, and everything before the loop. The loop spins before it parks: a sleeping
 * server costs the client that wakes it more than the request costs the server. NULL if it failed,
 * with a sentence. */
static weft_world *make_world(const kv_options *options)
{
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return NULL;
    WEFT_REGISTER_DEFAULT(builder, kv_server);
    WEFT_REGISTER_DEFAULT(builder, kv_clients);
    WEFT_REGISTER_DEFAULT(builder, kv_service);
    WEFT_REGISTER_DEFAULT(builder, kv_arena);
    WEFT_REGISTER_DEFAULT(builder, kv_expiry);
    weft_loop_install(
        builder, &(weft_loop_desc){ .spin_ns = options->spin_ns, .io.backend = options->backend });
    weft_world *world;
    if (weft_builder_build(builder, &world) == WEFT_OK)
        return world;
    weft_builder_free(builder);
    return NULL;
}

static void start_service(weft_world *world, const kv_options *options)
{
    kv_service *const service = WEFT_GET(world, kv_service);
    kv_arena *const arena = WEFT_GET(world, kv_arena);
    kv_arena_init(arena, weft_world_allocator(world));
    const kv_store_desc store = { .allocator = &arena->base,
                                  .max_memory_bytes = options->max_memory_bytes,
                                  .seed = random_bits() };
    weft_clock *const clock = WEFT_GET(world, weft_clock);
    weft_clock_now(clock);
    kv_service_init(service, clock->unix_ns, &store, &options->settings);
    service->settings.poller = weft_io_backend_name(weft_io_backend(WEFT_GET(world, weft_io)));
    service->random_id = random_bits(); /* INFO tells it, so it is not the seed */
}

/* False if it failed, with a sentence. */
static bool start(weft_world *world, const kv_options *options)
{
    weft_address address;
    char text[WEFT_ADDRESS_TEXT_BYTES];
    start_service(world, options);
    if (kv_clients_start(world, options->stall_ns) || kv_expiry_start(world) ||
        kv_server_start(world, &address))
        return false;
    kv_settings *const settings = &WEFT_GET(world, kv_service)->settings;
    settings->port = weft_local_port(WEFT_GET(world, kv_server)->listener.fd);
    printf("ready on %s\n", weft_address_format(&address, text, sizeof text));
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    kv_options options;
    switch (kv_options_parse(&options, argc, argv)) {
    case KV_OPTIONS_HELP: return 0;
    case KV_OPTIONS_BAD: return 1;
    case KV_OPTIONS_RUN: break;
    }
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
    allow_files(options.settings.max_clients);
    weft_world *world = make_world(&options);
    const bool good = world && start(world, &options) &&
                      weft_loop_run(WEFT_GET(world, weft_loop), world) == WEFT_OK;
    weft_world_free(world);
    if (good)
        kv_log("stopped");
    return good ? 0 : 1;
}
