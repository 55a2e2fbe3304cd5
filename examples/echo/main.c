/* weft-echo: sends back what it receives. The smallest server that is complete: clients that do not
 * read, that vanish, or that are too many do not trouble the others, and a signal ends it in good
 * order.
 *
 *     echo_server    listens, accepts, stops    server.c
 *     echo_client    one connection             client.c
 *     weft_loop      clock, timers, I/O, signals, from Weft
 */
#include <signal.h>
#include <stdio.h>

#include "echo.h"

/* Resources end in the order of their registration: the clients before the loop that polls them. */
static weft_world *make_world(const echo_options *options)
{
    weft_world *world;
    weft_builder *builder = weft_builder_new(NULL);
    if (!builder)
        return NULL;
    WEFT_REGISTER_DEFAULT(builder, echo_server);
    weft_loop_install(
        builder, &(weft_loop_desc){
                     .mode = options->mode,
                     .io = { .max_sources = options->max_clients + 1, .backend = options->backend },
                 });
    if (weft_builder_build(builder, &world) == WEFT_OK)
        return world;
    weft_builder_free(builder);
    return NULL;
}

static bool start(weft_world *world, const echo_options *options)
{
    weft_address address;
    char text[WEFT_ADDRESS_TEXT_BYTES];
    if (echo_server_start(world, options) ||
        weft_local_address(WEFT_GET(world, echo_server)->listener.fd, &address))
        return false;
    printf("ready on %s\npolling with %s\n", weft_address_format(&address, text, sizeof text),
           weft_io_backend_name(weft_io_backend(WEFT_GET(world, weft_io))));
    return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    echo_options options;
    int status;
    if (!echo_options_parse(&options, &status, argc, argv))
        return status;
    signal(SIGPIPE, SIG_IGN); /* nobody reading our messages is no reason to end */
    weft_world *world = make_world(&options);
    const bool good = world && start(world, &options) &&
                      weft_loop_run(WEFT_GET(world, weft_loop), world) == WEFT_OK;
    if (good) {
        const echo_server *const server = WEFT_GET(world, echo_server);
        fprintf(stderr, "weft-echo: stopped; served %llu clients, turned %llu away\n",
                (unsigned long long)server->served, (unsigned long long)server->turned_away);
    }
    weft_world_free(world);
    return good ? 0 : 1;
}
