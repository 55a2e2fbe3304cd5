/* A part of bench-echo: libuv's loop. uv_try_write saves it what uv_write costs when a socket takes
 * all at once, and it reads into one buffer. */
#if defined(WEFT_BENCH_HAVE_UV)
#include <stdlib.h>
#include <uv.h>

#include "echo_servers.h"
#include "support/bench.h"

enum { BUFFER_BYTES = 16 * 1024 };

static char buffer[BUFFER_BYTES];

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(buffer, sizeof buffer);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_read(uv_stream_t *client, ssize_t got, const uv_buf_t *bytes)
{
    uv_buf_t reply = uv_buf_init(bytes->base, got > 0 ? (unsigned)got : 0);
    if (got < 0 || (got > 0 && uv_try_write(client, &reply, 1) != got))
        uv_close((uv_handle_t *)client, on_closed);
}

static void on_client(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = bench_alloc(1, sizeof *client);
    bench_must(status == 0 && !uv_tcp_init(listener->loop, client) &&
                   !uv_accept(listener, (uv_stream_t *)client) && !uv_tcp_nodelay(client, 1) &&
                   !uv_read_start((uv_stream_t *)client, give_buffer, on_read),
               "libuv takes a client");
}

static void serve(int listener, uv_run_mode mode)
{
    uv_loop_t loop;
    uv_tcp_t server;
    bench_must(!uv_loop_init(&loop) && !uv_tcp_init(&loop, &server) &&
                   !uv_tcp_open(&server, listener) &&
                   !uv_listen((uv_stream_t *)&server, SOMAXCONN, on_client),
               "libuv listens");
    for (;;)
        uv_run(&loop, mode);
}

void echo_uv_busy(int listener)
{
    serve(listener, UV_RUN_NOWAIT);
}

void echo_uv_park(int listener)
{
    serve(listener, UV_RUN_DEFAULT);
}
#else
typedef int echo_uv_is_missing; /* a file holds something */
#endif
