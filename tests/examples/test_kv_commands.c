/* The commands, run without a server: what time does to them, what memory does to them. What they
 * answer otherwise is compared with the original's answers by test_kv_differential.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_clean.h"
#include "command.h"

#define NS_PER_MS 1000000

typedef struct fixture {
    kv_service service;
    kv_session session;
    kv_buffer out;
    weft_test_allocator memory;
} fixture;

static fixture *begin(const kv_store_desc *desc)
{
    static fixture test;
    const kv_settings settings = {
        .port = 6379, .bind = "127.0.0.1", .max_clients = 100, .max_request_bytes = 1 << 20
    };
    memset(&test, 0, sizeof test);
    weft_test_allocator_init(&test.memory);
    kv_store_desc counted = desc ? *desc : (kv_store_desc){ 0 };
    counted.allocator = &test.memory.base;
    kv_service_init(&test.service, 0, &counted, &settings);
    kv_session_init(&test.session, &test.service);
    kv_buffer_init(&test.out, NULL, 1 << 20);
    return &test;
}

static void end(fixture *test)
{
    assert_true(kv_store_check(&test->service.store));
    kv_session_fini(&test->session);
    kv_service_fini(&test->service);
    kv_buffer_fini(&test->out);
    assert_clean(&test->memory);
}

/* Runs an inline command and returns its reply, terminated, until the next one. */
static const char *run(fixture *test, const char *line)
{
    static char request[512];
    kv_resp parser;
    size_t used_bytes;
    const int size = snprintf(request, sizeof request, "%s\r\n", line);
    assert_in_range(size, 3, sizeof request - 1);
    kv_resp_init(&parser, NULL, NULL);
    assert_int_equal(kv_resp_next(&parser, request, (size_t)size, &used_bytes), KV_RESP_COMMAND);
    kv_buffer_consume(&test->out, kv_buffer_size(&test->out));
    kv_execute(&test->session, parser.argc, kv_resp_argv(&parser), &test->out);
    kv_resp_fini(&parser);
    const size_t reply_bytes = kv_buffer_size(&test->out);
    assert_true(kv_buffer_append(&test->out, "", 1));
    kv_reply_take_back(&test->out, reply_bytes);
    return kv_buffer_data(&test->out);
}

typedef struct step {
    int64_t at_ns;
    const char *line;
    const char *reply;
} step;

static void run_steps(fixture *test, const step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kv_service_set_time(&test->service, steps[i].at_ns);
        assert_string_equal(run(test, steps[i].line), steps[i].reply);
    }
}

#define RUN_STEPS(test, steps) run_steps((test), (steps), sizeof(steps) / sizeof *(steps))

/* ---- time ----------------------------------------------------------------------------------- */

static void keys_live_as_long_as_they_were_given_to_the_millisecond(void **state)
{
    (void)state;
    static const step steps[] = {
        { 0, "SET k v PX 100", "+OK\r\n" },
        { 0, "PTTL k", ":100\r\n" },
        { 0, "TTL k", ":0\r\n" },
        { 99 * NS_PER_MS, "GET k", "$1\r\nv\r\n" },
        { 100 * NS_PER_MS - 1, "GET k", "$1\r\nv\r\n" },
        { 100 * NS_PER_MS, "GET k", "$-1\r\n" },
        { 100 * NS_PER_MS, "TTL k", ":-2\r\n" },
        /* given within a millisecond, it lasts at least as long as was asked */
        { 200 * NS_PER_MS + 1, "SET k v PX 1", "+OK\r\n" },
        { 200 * NS_PER_MS + 1, "PTTL k", ":1\r\n" },
        { 201 * NS_PER_MS, "EXISTS k", ":1\r\n" },
        { 201 * NS_PER_MS, "PTTL k", ":1\r\n" },
        { 201 * NS_PER_MS + 1, "EXISTS k", ":1\r\n" },
        { 201 * NS_PER_MS + 1, "PTTL k", ":0\r\n" },
        { 202 * NS_PER_MS, "EXISTS k", ":0\r\n" },
        /* seconds are rounded */
        { 0, "SET k v EX 10", "+OK\r\n" },
        { 500 * (int64_t)NS_PER_MS, "TTL k", ":10\r\n" },
        { 501 * (int64_t)NS_PER_MS, "TTL k", ":9\r\n" },
        { 501 * (int64_t)NS_PER_MS, "PERSIST k", ":1\r\n" },
        { 20000 * (int64_t)NS_PER_MS, "GET k", "$1\r\nv\r\n" },
        { 20000 * (int64_t)NS_PER_MS, "EXPIRE k 1", ":1\r\n" },
        { 20999 * (int64_t)NS_PER_MS, "EXPIRE k 5", ":1\r\n" },
        { 25998 * (int64_t)NS_PER_MS, "SETNX k w", ":0\r\n" },
        { 25999 * (int64_t)NS_PER_MS, "SETNX k w", ":1\r\n" },
        { 25999 * (int64_t)NS_PER_MS, "TTL k", ":-1\r\n" },
        { 25999 * (int64_t)NS_PER_MS, "SET k w PXAT 26000", "+OK\r\n" },
        { 26000 * (int64_t)NS_PER_MS, "GETDEL k", "$-1\r\n" },
    };
    fixture *test = begin(NULL);
    RUN_STEPS(test, steps);
    end(test);
}

static void what_has_expired_is_nowhere_to_be_seen(void **state)
{
    (void)state;
    static const step steps[] = {
        { 0, "MSET a 1 b 2", "+OK\r\n" },
        { 0, "PEXPIRE a 10", ":1\r\n" },
        { 0, "DBSIZE", ":2\r\n" },
        { 10 * NS_PER_MS, "DBSIZE", ":2\r\n" }, /* not removed yet, as nobody asked */
        { 10 * NS_PER_MS, "KEYS *", "*1\r\n$1\r\nb\r\n" },
        { 10 * NS_PER_MS, "SCAN 0", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n" },
        { 10 * NS_PER_MS, "DBSIZE", ":1\r\n" },
        { 10 * NS_PER_MS, "INCR a", ":1\r\n" },
        { 10 * NS_PER_MS, "TTL a", ":-1\r\n" },
        { 10 * NS_PER_MS, "PEXPIRE a 1", ":1\r\n" },
        { 11 * NS_PER_MS, "SET a x XX", "$-1\r\n" },
        { 11 * NS_PER_MS, "SET a x KEEPTTL", "+OK\r\n" },
        { 11 * NS_PER_MS, "TTL a", ":-1\r\n" },
        { 11 * NS_PER_MS, "DEL b", ":1\r\n" },
        { 11 * NS_PER_MS, "PEXPIRE a 1", ":1\r\n" },
        { 12 * NS_PER_MS, "RANDOMKEY", "$-1\r\n" },
        { 12 * NS_PER_MS, "SET a x PX 5", "+OK\r\n" },
        { 17 * NS_PER_MS, "APPEND a y", ":1\r\n" },
        { 17 * NS_PER_MS, "SET a x PX 5", "+OK\r\n" },
        { 22 * NS_PER_MS, "DEL a", ":0\r\n" },
        { 22 * NS_PER_MS, "SET a x PX 5", "+OK\r\n" },
        { 27 * NS_PER_MS, "SET a y GET", "$-1\r\n" },
    };
    fixture *test = begin(NULL);
    RUN_STEPS(test, steps);
    assert_int_equal(test->service.store.expired_count, 6);
    end(test);
}

static void far_deadlines_keep_their_distance(void **state)
{
    (void)state;
    static const step steps[] = {
        { 5 * NS_PER_MS, "SET k v", "+OK\r\n" },
        { 5 * NS_PER_MS, "PEXPIRE k 9223372036854775802", ":1\r\n" },
        { 5 * NS_PER_MS, "PTTL k", ":9223372036854775802\r\n" },
        { 5 * NS_PER_MS, "TTL k", ":9223372036854776\r\n" },
        { 5 * NS_PER_MS, "PEXPIRE k 9223372036854775803",
          "-ERR invalid expire time in 'pexpire' command\r\n" },
        { 5 * NS_PER_MS, "INFO keyspace",
          "$62\r\n# Keyspace\r\ndb0:keys=1,expires=1,avg_ttl=4611686018427387903\r\n\r\n" },
    };
    fixture *test = begin(NULL);
    RUN_STEPS(test, steps);
    end(test);
}

/* ---- memory --------------------------------------------------------------------------------- */

static const char oom[] = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

static void writes_that_grow_are_refused_at_the_limit_and_others_are_not(void **state)
{
    (void)state;
    fixture *test = begin(&(kv_store_desc){ .max_memory_bytes = 6000 });
    char line[300];
    int keys = 0;
    const char *reply;
    do {
        snprintf(line, sizeof line, "SET key:%d value", keys++);
        reply = run(test, line);
        assert_true(keys < 100);
    } while (strcmp(reply, "+OK\r\n") == 0);
    assert_string_equal(reply, oom);
    assert_true(test->service.store.used_bytes <= 6000);
    char append[300];
    snprintf(line, sizeof line, "SET key:0 %0200d GET", 0);
    snprintf(append, sizeof append, "APPEND key:0 %0200d", 0);
    const step steps[] = {
        { 0, "SET new v", oom },
        { 0, "SET new v GET", oom },
        { 0, "SETNX new v", oom },
        { 0, "INCR new", oom },
        { 0, "APPEND new v", oom },
        { 0, "MSET key:0 x new v", oom },
        { 0, "GET key:0", "$5\r\nvalue\r\n" }, /* nothing of that MSET was done */
        { 0, line, oom },
        { 0, append, oom },
        { 0, "GET key:0", "$5\r\nvalue\r\n" },
        { 0, "SET key:0 other", "+OK\r\n" },
        { 0, "MSET key:0 1 key:1 2", "+OK\r\n" },
        { 0, "INCR key:0", ":2\r\n" },
        { 0, "APPEND key:0 3", ":2\r\n" },
        { 0, "EXPIRE key:0 1", ":1\r\n" },
        { 0, "DEL key:1 key:2", ":2\r\n" },
        { 0, "SET new v", "+OK\r\n" },
    };
    RUN_STEPS(test, steps);
    end(test);
}

static void memory_that_runs_out_is_answered(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    assert_string_equal(run(test, "SET k v"), "+OK\r\n");
    weft_test_allocator_fail(&test->memory, 1, SIZE_MAX);
    char line[300];
    snprintf(line, sizeof line, "SET k %0200d GET", 0);
    assert_string_equal(run(test, line), "-OOM out of memory\r\n");
    assert_string_equal(run(test, "SET other v"), "-OOM out of memory\r\n");
    assert_string_equal(run(test, "GET k"), "$1\r\nv\r\n");
    assert_string_equal(run(test, "INCRBY k 1"),
                        "-ERR value is not an integer or out of range\r\n");
    assert_string_equal(run(test, "DEL k"), ":1\r\n");
    weft_test_allocator_fail(&test->memory, 0, 0);
    assert_string_equal(run(test, "SET other v"), "+OK\r\n");
    end(test);
}

static void a_value_grows_up_to_the_largest_and_no_further(void **state)
{
    (void)state;
    static const step steps[] = {
        { 0, "APPEND k 0123456789", ":10\r\n" },
        { 0, "APPEND k 0123456789", ":20\r\n" },
        { 0, "APPEND k 0123456789x",
          "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n" },
        { 0, "STRLEN k", ":20\r\n" },
        { 0, "CONFIG GET proto-max-bulk-len", "*2\r\n$18\r\nproto-max-bulk-len\r\n$2\r\n30\r\n" },
    };
    fixture *test = begin(&(kv_store_desc){ .max_value_bytes = 30 });
    RUN_STEPS(test, steps);
    end(test);
}

static void existing_keys_are_served_without_allocating(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    run(test, "MSET a 1 b value c 3");
    const size_t calls = test->memory.allocations;
    for (int i = 0; i < 100; i++) {
        run(test, "INCR a");
        run(test, "SET b other EX 10");
        run(test, "GET b");
        run(test, "MSET a 1 c 99");
        run(test, "APPEND c x");
        run(test, "SET c y");
    }
    assert_int_equal(test->memory.allocations, calls);
    end(test);
}

/* ---- walking -------------------------------------------------------------------------------- */

/* Scans with the command itself, while keys that are not steady come and go. */
static void a_scan_returns_every_key_that_is_there_throughout(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    char line[64];
    bool seen[50] = { false };
    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "MSET steady:%d x passing:%d x", i, i);
        assert_string_equal(run(test, line), "+OK\r\n");
    }
    char cursor[24] = "0";
    int rounds = 0;
    do {
        snprintf(line, sizeof line, "SCAN %s COUNT 7 MATCH *", cursor);
        const char *reply = run(test, line);
        assert_int_equal(sscanf(reply, "*2\r\n$%*u\r\n%23[0-9]", cursor), 1);
        for (const char *at = reply; (at = strstr(at, "steady:")); at++)
            seen[atoi(at + strlen("steady:"))] = true;
        snprintf(line, sizeof line, "DEL passing:%d passing:%d", rounds * 3 % 50, rounds * 11 % 50);
        run(test, line);
        snprintf(line, sizeof line, "SET late:%d x", rounds);
        run(test, line);
        assert_true(++rounds < 100);
    } while (strcmp(cursor, "0") != 0);
    for (int i = 0; i < 50; i++)
        assert_true(seen[i]);
    end(test);
}

static void the_keys_command_answers_all_that_match(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    run(test, "MSET one 1 two 2 three 3 four 4");
    assert_string_equal(run(test, "KEYS t*"), "*2\r\n$3\r\ntwo\r\n$5\r\nthree\r\n");
    assert_string_equal(run(test, "KEYS ????"), "*1\r\n$4\r\nfour\r\n");
    assert_string_equal(run(test, "SCAN 0 COUNT 2 MATCH t*"),
                        "*2\r\n$1\r\n2\r\n*1\r\n$5\r\nthree\r\n");
    assert_string_equal(run(test, "SCAN 2 COUNT 2 MATCH t*"),
                        "*2\r\n$1\r\n0\r\n*1\r\n$3\r\ntwo\r\n");
    end(test);
}

/* ---- sessions and the server ---------------------------------------------------------------- */

static void sessions_have_their_own_database_and_name(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    kv_session second;
    kv_session_init(&second, &test->service);
    assert_string_equal(run(test, "SELECT 3"), "+OK\r\n");
    assert_string_equal(run(test, "CLIENT SETNAME first"), "+OK\r\n");
    assert_string_equal(run(test, "SET k v"), "+OK\r\n");
    assert_true(second.db == &test->service.store.dbs[0]);
    assert_string_equal(second.name, "");
    assert_string_equal(run(test, "CLIENT ID"), ":1\r\n");
    const char *list = run(test, "CLIENT LIST");
    assert_non_null(strstr(list, "id=1 "));
    assert_non_null(strstr(list, "name=first "));
    assert_non_null(strstr(list, "db=3 "));
    assert_non_null(strstr(list, "cmd=client|list"));
    assert_non_null(strstr(list, "\nid=2 "));
    list = run(test, "CLIENT LIST ID 2 77");
    assert_null(strstr(list, "id=1 "));
    assert_non_null(strstr(list, "id=2 "));
    kv_session_fini(&second);
    assert_null(strstr(run(test, "CLIENT LIST"), "id=2 "));
    end(test);
}

static void quit_shutdown_and_http_close_the_session(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *reply;
        bool stops;
    } cases[] = {
        { "QUIT", "+OK\r\n", false },
        { "SHUTDOWN", "", true },
        { "SHUTDOWN NOSAVE NOW FORCE", "", true },
        { "POST / HTTP/1.1", "", false },
        { "Host: example", "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture *test = begin(NULL);
        assert_string_equal(run(test, cases[i].line), cases[i].reply);
        assert_true(test->session.closing);
        assert_int_equal(test->service.shutdown_requested, cases[i].stops);
        end(test);
    }
    fixture *test = begin(NULL);
    assert_int_equal(strncmp(run(test, "SHUTDOWN SAVE"), "-ERR ", 5), 0);
    assert_false(test->session.closing);
    assert_false(test->service.shutdown_requested);
    end(test);
}

static void info_counts_what_happened(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    run(test, "SET k v EX 10");
    run(test, "GET k");
    run(test, "GET none");
    run(test, "NOSUCH");
    kv_service_set_time(&test->service, 4000 * (int64_t)NS_PER_MS);
    const char *info = run(test, "INFO");
    static const char *const lines[] = {
        "redis_version:7.0.15\r\n",
        "tcp_port:6379\r\n",
        "uptime_in_seconds:4\r\n",
        "connected_clients:1\r\n",
        "total_commands_processed:4\r\n",
        "unknown_or_malformed_commands:1\r\n",
        "keyspace_hits:1\r\n",
        "keyspace_misses:1\r\n",
        "total_connections_received:1\r\n",
        "db0:keys=1,expires=1,avg_ttl=6000\r\n",
        "maxmemory:0\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(info, lines[i]))
            fail_msg("INFO lacks %s", lines[i]);
    size_t announced;
    int header_bytes;
    assert_int_equal(sscanf(info, "$%zu%n", &announced, &header_bytes), 1);
    assert_int_equal(kv_buffer_size(&test->out), (size_t)header_bytes + 2 + announced + 2);
    end(test);
}

static void config_get_answers_each_parameter_once(void **state)
{
    (void)state;
    fixture *test = begin(&(kv_store_desc){ .max_memory_bytes = 12345 });
    assert_string_equal(
        run(test, "CONFIG GET maxmemory max*ory MAXCLIENTS"),
        "*4\r\n$10\r\nMAXCLIENTS\r\n$3\r\n100\r\n$9\r\nmaxmemory\r\n$5\r\n12345\r\n");
    assert_string_equal(run(test, "CONFIG GET port bind"),
                        "*4\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n$4\r\n6379\r\n");
    end(test);
}

/* Skips one reply; NULL if it is none. */
static const char *skip_reply(const char *at, const char *end_of_replies)
{
    if (at >= end_of_replies)
        return NULL;
    const char *line_end = strstr(at, "\r\n");
    if (!line_end)
        return NULL;
    const long number = strtol(at + 1, NULL, 10);
    switch (*at) {
    case '+':
    case '-':
    case ':': return line_end + 2;
    case '$': return number < 0 ? line_end + 2 : line_end + 2 + number + 2;
    case '*':
        at = line_end + 2;
        for (long i = 0; i < number && at; i++)
            at = skip_reply(at, end_of_replies);
        return at;
    default: return NULL;
    }
}

static void every_command_has_facts_docs_and_checks_its_arity(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    static const char *const wholes[] = { "COMMAND",      "COMMAND INFO",
                                          "COMMAND DOCS", "COMMAND LIST",
                                          "COMMAND HELP", "CLIENT HELP",
                                          "CONFIG HELP",  "COMMAND DOCS get client|list none",
                                          "HELLO",        "HELLO 2 AUTH default x SETNAME me",
                                          "CLIENT INFO",  "CLIENT SETINFO lib-name x" };
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        const char *reply = run(test, wholes[i]);
        const char *end_of_reply = reply + kv_buffer_size(&test->out);
        assert_true(*reply != '-');
        assert_ptr_equal(skip_reply(reply, end_of_reply), end_of_reply);
    }
    size_t commands = 0;
    for (const kv_command *command = kv_commands; command->name; command++, commands++) {
        assert_ptr_equal(kv_command_find((kv_slice){ command->name, strlen(command->name) }),
                         command);
        assert_true(command->run || command->subcommands);
        if (command->arity != -1) {
            char expected[100];
            char line[40];
            snprintf(line, sizeof line, "%s%s", command->name, command->arity == 1 ? " x" : "");
            snprintf(expected, sizeof expected,
                     "-ERR wrong number of arguments for '%s' command\r\n", command->name);
            assert_string_equal(run(test, line), expected);
        }
    }
    assert_int_equal(kv_command_count(), commands);
    assert_null(kv_command_find((kv_slice){ "get\0", 4 }));
    assert_null(kv_command_find((kv_slice){ "ge", 2 }));
    assert_null(kv_command_find((kv_slice){ "a-name-that-is-longer-than-any", 30 }));
    end(test);
}

static const kv_command *find_one_by_one(kv_slice name)
{
    for (const kv_command *command = kv_commands; command->name; command++)
        if (kv_slice_is(name, command->name))
            return command;
    return NULL;
}

static void a_name_is_found_in_any_case_and_nothing_else_is(void **state)
{
    (void)state;
    char name[20];
    for (const kv_command *command = kv_commands; command->name; command++) {
        const size_t size = strlen(command->name);
        for (size_t at = 0; at <= size; at++) {
            for (int byte = 0; byte < 256; byte++) {
                memcpy(name, command->name, size);
                name[at] = (char)byte;
                const kv_slice slice = { name, at < size ? size : size + 1 };
                assert_ptr_equal(kv_command_find(slice), find_one_by_one(slice));
            }
        }
    }
}

static void a_reply_beyond_the_bound_is_refused_and_the_rest_too(void **state)
{
    (void)state;
    fixture *test = begin(NULL);
    char line[500];
    snprintf(line, sizeof line, "SET k %0400d", 0);
    run(test, line);
    kv_buffer out;
    kv_buffer_init(&out, NULL, 1000);
    kv_slice argv[20] = { { "MGET", 4 } };
    for (size_t i = 1; i < 20; i++)
        argv[i] = (kv_slice){ "k", 1 };
    kv_execute(&test->session, 20, argv, &out);
    assert_true(out.refused);
    assert_true(kv_buffer_size(&out) <= 1000);
    kv_buffer_fini(&out);
    end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_live_as_long_as_they_were_given_to_the_millisecond),
        cmocka_unit_test(what_has_expired_is_nowhere_to_be_seen),
        cmocka_unit_test(far_deadlines_keep_their_distance),
        cmocka_unit_test(writes_that_grow_are_refused_at_the_limit_and_others_are_not),
        cmocka_unit_test(memory_that_runs_out_is_answered),
        cmocka_unit_test(a_value_grows_up_to_the_largest_and_no_further),
        cmocka_unit_test(existing_keys_are_served_without_allocating),
        cmocka_unit_test(a_scan_returns_every_key_that_is_there_throughout),
        cmocka_unit_test(the_keys_command_answers_all_that_match),
        cmocka_unit_test(sessions_have_their_own_database_and_name),
        cmocka_unit_test(quit_shutdown_and_http_close_the_session),
        cmocka_unit_test(info_counts_what_happened),
        cmocka_unit_test(config_get_answers_each_parameter_once),
        cmocka_unit_test(every_command_has_facts_docs_and_checks_its_arity),
        cmocka_unit_test(a_name_is_found_in_any_case_and_nothing_else_is),
        cmocka_unit_test(a_reply_beyond_the_bound_is_refused_and_the_rest_too),
    };
    return cmocka_run_group_tests_name("kv_commands", tests, NULL, NULL);
}
