/* What a request for a key that exists allocates: nothing, in the whole server, as long as the
 * value stays in its size class. All of its memory is counted, Weft's included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <weft/loop.h>
#include <weft/net.h>
#include <weft/testing.h>

#include "clients.h"
#include "server.h"

enum { CLIENTS = 5, KEYS = 10, REQUESTS = 1000, MAX_PASSES = 1000000, STREAM_BYTES = 1 << 18 };

typedef struct fixture {
    weft_test_allocator memory;
    weft_world *world;
    weft_loop *loop;
    int clients[CLIENTS];
    char stream[STREAM_BYTES];
    size_t stream_bytes;
    char replies[STREAM_BYTES];
    size_t reply_bytes;
} fixture;

static void begin(fixture *test)
{
    weft_address address;
    weft_test_allocator_init(&test->memory);
    weft_builder *builder = weft_builder_new(&(weft_world_desc){ .allocator = &test->memory.base });
    assert_non_null(builder);
    WEFT_REGISTER_DEFAULT(builder, kv_server);
    WEFT_REGISTER_DEFAULT(builder, kv_clients);
    WEFT_REGISTER_DEFAULT(builder, kv_service);
    WEFT_REGISTER_DEFAULT(builder, kv_expiry);
    test->loop = weft_loop_install(builder, NULL);
    assert_int_equal(weft_builder_build(builder, &test->world), WEFT_OK);
    const kv_settings settings = { .bind = "127.0.0.1",
                                   .max_clients = 100,
                                   .max_request_bytes = 1 << 20,
                                   .max_output_bytes = 1 << 20 };
    const kv_store_desc store = { .allocator = weft_world_allocator(test->world) };
    kv_service_init(WEFT_GET(test->world, kv_service), weft_clock_now(test->loop->clock), &store,
                    &settings);
    assert_int_equal(kv_clients_start(test->world, WEFT_SECOND), WEFT_OK);
    assert_int_equal(kv_expiry_start(test->world), WEFT_OK);
    assert_int_equal(kv_server_start(test->world, &address), WEFT_OK);
    for (size_t i = 0; i < CLIENTS; i++) {
        test->clients[i] = socket(address.storage.ss_family, SOCK_STREAM, 0);
        assert_int_equal(connect(test->clients[i], (const struct sockaddr *)&address.storage,
                                 (socklen_t)address.len),
                         0);
    }
}

static void end(fixture *test)
{
    const char *why;
    for (size_t i = 0; i < CLIENTS; i++)
        close(test->clients[i]);
    weft_world_free(test->world);
    assert_true(weft_test_allocator_check(&test->memory, &why));
}

static void add_request(fixture *test, const char *command, const char *key, size_t value_bytes)
{
    char *const at = test->stream + test->stream_bytes;
    const size_t room_bytes = STREAM_BYTES - test->stream_bytes;
    int size = snprintf(at, room_bytes, "*%d\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", value_bytes ? 3 : 2,
                        strlen(command), command, strlen(key), key);
    if (value_bytes)
        size += snprintf(at + size, room_bytes - (size_t)size, "$%zu\r\n%0*d\r\n", value_bytes,
                         (int)value_bytes, 7);
    assert_in_range(size, 1, (int)room_bytes - 1);
    test->stream_bytes += (size_t)size;
}

/* Sends what was added, and lets the server run until all is answered. */
static void exchange(fixture *test, int client, size_t reply_bytes)
{
    assert_in_range(reply_bytes, 1, STREAM_BYTES);
    assert_int_equal(send(client, test->stream, test->stream_bytes, 0), test->stream_bytes);
    test->stream_bytes = 0;
    test->reply_bytes = 0;
    for (int pass = 0; test->reply_bytes < reply_bytes; pass++) {
        assert_true(pass < MAX_PASSES);
        assert_true(weft_loop_poll(test->loop, test->world) >= 0);
        const ssize_t got = recv(client, test->replies + test->reply_bytes,
                                 STREAM_BYTES - test->reply_bytes, MSG_DONTWAIT);
        if (got > 0)
            test->reply_bytes += (size_t)got;
    }
    assert_int_equal(test->reply_bytes, reply_bytes);
}

typedef struct memory_case {
    size_t before_bytes;   /* the value's length when the key is made */
    size_t value_bytes[2]; /* what it is set to, in turns */
    size_t pipeline;
} memory_case;

static const memory_case cases[] = { { 3, { 3, 3 }, 1 },           { 3, { 1, 24 }, 16 },
                                     { 3, { 3, 24 }, 64 },         { 100, { 100, 97 }, 16 },
                                     { 1024, { 1024, 1024 }, 1 },  { 1024, { 1000, 1024 }, 16 },
                                     { 1024, { 1024, 1020 }, 64 }, { 10000, { 10000, 9999 }, 10 } };

/* One pipeline of SET and GET in turns, or of INCR. */
static void run_pipeline(fixture *test, const memory_case *row, size_t turn, bool increments)
{
    char key[24], header[16];
    size_t reply_bytes = 0;
    const size_t value_bytes = row->value_bytes[turn % 2];
    for (size_t i = 0; i < row->pipeline; i++) {
        if (increments) {
            add_request(test, "INCR", "counter", 0);
            reply_bytes += strlen(":1000\r\n");
            continue;
        }
        snprintf(key, sizeof key, "key:%zu", (turn + i / 2) % KEYS);
        add_request(test, i % 2 ? "GET" : "SET", key, i % 2 ? 0 : value_bytes);
        reply_bytes += i % 2 ? (size_t)snprintf(header, sizeof header, "$%zu\r\n", value_bytes) +
                                   value_bytes + 2
                             : strlen("+OK\r\n");
    }
    exchange(test, test->clients[turn % CLIENTS], reply_bytes);
}

static void set_up_keys(fixture *test, const memory_case *row)
{
    char key[24];
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "key:%zu", i);
        add_request(test, "SET", key, row->before_bytes);
        exchange(test, test->clients[0], strlen("+OK\r\n"));
    }
    /* From here to 9999 all replies have the same length. */
    test->stream_bytes = strlen(strcpy(test->stream, "INCRBY counter 1000\r\n"));
    exchange(test, test->clients[0], strlen(":1000\r\n"));
}

static void requests_for_existing_keys_allocate_nothing(void **state)
{
    (void)state;
    static fixture test;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const memory_case *const row = &cases[i];
        begin(&test);
        set_up_keys(&test, row);
        for (size_t turn = 0; turn < 4 * CLIENTS; turn++) /* the buffers grow to what is needed */
            run_pipeline(&test, row, turn, turn % 3 == 2);
        const size_t allocations = test.memory.allocations;
        const size_t live_bytes = test.memory.live_bytes;
        for (size_t turn = 0; turn * row->pipeline < 3 * REQUESTS; turn++)
            run_pipeline(&test, row, turn, turn % 3 == 2);
        assert_int_equal(test.memory.allocations, allocations);
        assert_int_equal(test.memory.live_bytes, live_bytes);
        end(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_existing_keys_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
