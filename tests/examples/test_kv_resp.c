/* The request parser: what it reads, what it refuses, and that splitting changes neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert_clean.h"
#include "random.h"
#include "resp.h"

/* ---- a stream's transcript: "[a b][c]" and "!ERR ..." or "?" and what is left over ----------- */

typedef struct test_text {
    char *text;
    size_t size_bytes;
    size_t cap_bytes;
} test_text;

static void note(test_text *transcript, const char *bytes, size_t size_bytes)
{
    if (transcript->size_bytes + size_bytes + 1 > transcript->cap_bytes) {
        transcript->cap_bytes = 2 * (transcript->size_bytes + size_bytes + 1);
        transcript->text = realloc(transcript->text, transcript->cap_bytes);
        assert_non_null(transcript->text);
    }
    if (size_bytes > 0)
        memcpy(transcript->text + transcript->size_bytes, bytes, size_bytes);
    transcript->size_bytes += size_bytes;
    transcript->text[transcript->size_bytes] = '\0';
}

static void note_command(test_text *transcript, const kv_resp *parser)
{
    const kv_slice *argv = kv_resp_argv(parser);
    assert_true(parser->argc > 0);
    note(transcript, "[", 1);
    for (size_t i = 0; i < parser->argc; i++) {
        if (i > 0)
            note(transcript, " ", 1);
        note(transcript, argv[i].data, argv[i].size_bytes);
    }
    note(transcript, "]", 1);
}

/* What a connection does, with a fresh block of memory of the exact size for every call, so that
 * a sanitizer sees each byte read too many and each pointer kept too long. */
typedef struct test_reader {
    kv_resp parser;
    test_text transcript;
    char *pending;
    size_t pending_bytes;
    bool broken;
} test_reader;

static void reader_init(test_reader *reader, const kv_resp_limits *limits)
{
    memset(reader, 0, sizeof *reader);
    kv_resp_init(&reader->parser, NULL, limits);
    note(&reader->transcript, "", 0);
}

static void keep_pending(test_reader *reader, size_t used_bytes, const char *more,
                         size_t more_bytes)
{
    const size_t kept_bytes = reader->pending_bytes - used_bytes;
    char *fresh = kept_bytes + more_bytes ? malloc(kept_bytes + more_bytes) : NULL;
    if (kept_bytes > 0)
        memcpy(fresh, reader->pending + used_bytes, kept_bytes);
    if (more_bytes > 0)
        memcpy(fresh + kept_bytes, more, more_bytes);
    free(reader->pending);
    reader->pending = fresh;
    reader->pending_bytes = kept_bytes + more_bytes;
}

static void reader_feed(test_reader *reader, const char *bytes, size_t size_bytes)
{
    if (reader->broken)
        return;
    keep_pending(reader, 0, bytes, size_bytes);
    while (true) {
        size_t used_bytes;
        const kv_resp_result result =
            kv_resp_next(&reader->parser, reader->pending, reader->pending_bytes, &used_bytes);
        assert_true(used_bytes <= reader->pending_bytes);
        if (result == KV_RESP_COMMAND)
            note_command(&reader->transcript, &reader->parser);
        if (result == KV_RESP_ERROR)
            reader->broken = true;
        keep_pending(reader, used_bytes, NULL, 0);
        if (result == KV_RESP_MORE)
            assert_true(kv_resp_wanted(&reader->parser) > reader->pending_bytes);
        if (result != KV_RESP_COMMAND)
            return;
    }
}

/* The caller frees the text. */
static char *reader_finish(test_reader *reader)
{
    if (reader->broken) {
        size_t used_bytes;
        char more[] = "*1\r\n$4\r\nPING\r\n";
        assert_int_equal(kv_resp_next(&reader->parser, more, sizeof more - 1, &used_bytes),
                         KV_RESP_ERROR);
        assert_int_equal(used_bytes, 0);
        note(&reader->transcript, "!", 1);
        note(&reader->transcript, reader->parser.error, strlen(reader->parser.error));
    } else if (reader->pending_bytes > 0) {
        note(&reader->transcript, "?", 1);
    }
    free(reader->pending);
    kv_resp_fini(&reader->parser);
    return reader->transcript.text;
}

static char *read_in_steps(const char *bytes, size_t size_bytes, const kv_resp_limits *limits,
                           size_t step_bytes)
{
    test_reader reader;
    reader_init(&reader, limits);
    for (size_t at = 0; at < size_bytes; at += step_bytes)
        reader_feed(&reader, bytes + at,
                    step_bytes < size_bytes - at ? step_bytes : size_bytes - at);
    return reader_finish(&reader);
}

/* ---- the table ------------------------------------------------------------------------------ */

typedef struct resp_case {
    const char *sent;
    const char *read;
} resp_case;

static const resp_case cases[] = {
    { "", "" },
    /* arrays */
    { "*1\r\n$4\r\nPING\r\n", "[PING]" },
    { "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "[ECHO ]" },
    { "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\n", "[SET k \r\n\r\n]" },
    { "*1\r\n$4\r\nPING\r\n*1\r\n$1\r\nx\r\n", "[PING][x]" },
    { "*8\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n$1\r\n7\r\n$"
      "1\r\n8\r\n",
      "[1 2 3 4 5 6 7 8]" },
    { "*0\r\n*-1\r\n*-77\r\n*1\r\n$1\r\nx\r\n*0\r\n", "[x]" },
    { "*1\rx$1\ryxzz*1\r\n$1\r\ny\r\n", "[x][y]" },
    { "*1\r\n$4\r\nPIN", "?" },
    { "*1\r\n$4\r\nPING\r", "?" },
    { "*1\r", "?" },
    { "*", "?" },
    { "*1\r\n$4\r", "?" },
    { "*\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*x\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*1x\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*+1\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*01\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*01\r\n$1\r\nx\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*1\r\n$01\r\nx\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*-0\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "* 1\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*1048577\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*9223372036854775808\r\n", "!ERR Protocol error: invalid multibulk length" },
    { "*1\r\nPING\r\n", "!ERR Protocol error: expected '$', got 'P'" },
    { "*1\r\n\r\n", "!ERR Protocol error: expected '$', got ' '" },
    { "*1\r\n:4\r\n", "!ERR Protocol error: expected '$', got ':'" },
    { "*1\r\n$\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*1\r\n$-1\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*1\r\n$4a\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*1\r\n$536870913\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*1\r\n$18446744073709551617\r\n", "!ERR Protocol error: invalid bulk length" },
    { "*1\r\n$1\r\na\r\n*1\r\nx\r\n*1\r\n", "[a]!ERR Protocol error: expected '$', got 'x'" },
    /* inline */
    { "PING\r\n", "[PING]" },
    { "PING\n", "[PING]" },
    { "\r\n\n \t \r\nPING\r\n\r\n", "[PING]" },
    { "  set\tk   v  \r\n", "[set k v]" },
    { "a b\r\n*1\r\n$1\r\nx\r\nc\r\n", "[a b][x][c]" },
    { "a b", "?" },
    { "a\rb\r\n", "[a b]" },
    { "a\vb \v c\r\n", "[a\vb c]" },
    { "\"a b\" ''\r\n", "[a b ]" },
    { "\"\\x41\\x6a\\n\\r\\t\\b\\a\\z\\\\\\\"\"\r\n", "[Aj\n\r\t\b\az\\\"]" },
    { "\"\\x4\\xg1\\x\"\r\n", "[x4xg1x]" },
    { "'a\\'b\\n\"'\r\n", "[a'b\\n\"]" },
    { "a\"b c\"\r\n", "[ab c]" },
    { "a'b c' d\r\n", "[ab c d]" },
    { "\"a\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "'a\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "\"a\\\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "\"a\\\"\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "'a\\'\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "\"a\"b\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "'a'\"b\"\r\n", "!ERR Protocol error: unbalanced quotes in request" },
    { "x\r\n\"\r\ny\r\n", "[x]!ERR Protocol error: unbalanced quotes in request" },
};

static void requests_are_read_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = read_in_steps(cases[i].sent, strlen(cases[i].sent), NULL, SIZE_MAX / 2);
        assert_string_equal(got, cases[i].read);
        free(got);
    }
}

static void requests_are_read_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t step_bytes = 1; step_bytes < 6; step_bytes++) {
            char *got = read_in_steps(cases[i].sent, strlen(cases[i].sent), NULL, step_bytes);
            assert_string_equal(got, cases[i].read);
            free(got);
        }
    }
}

static void a_zero_byte_is_a_byte_like_any_other(void **state)
{
    (void)state;
    static const char sent[] = "a\0b \"\\x00\"\r\n*1\r\n$2\r\n\0\0\r\n";
    test_reader reader;
    reader_init(&reader, NULL);
    reader_feed(&reader, sent, sizeof sent - 1);
    assert_int_equal(reader.transcript.size_bytes, strlen("[a.b .][..]"));
    assert_memory_equal(reader.transcript.text, "[a\0b \0][\0\0]", 11);
    free(reader_finish(&reader));
}

/* ---- limits --------------------------------------------------------------------------------- */

typedef struct limit_case {
    kv_resp_limits limits;
    const char *sent;
    const char *read;
} limit_case;

static const limit_case limit_cases[] = {
    { { .max_line_bytes = 4 }, "abcd\r", "!ERR Protocol error: too big inline request" },
    { { .max_line_bytes = 5 }, "abcd\r\n", "[abcd]" },
    { { .max_line_bytes = 4 }, "abcd\r\n", "!ERR Protocol error: too big inline request" },
    { { .max_line_bytes = 4 }, "*1234", "!ERR Protocol error: too big mbulk count string" },
    { { .max_line_bytes = 4 }, "*1234\r\n", "!ERR Protocol error: too big mbulk count string" },
    { { .max_line_bytes = 4 }, "*1\r\n$0000", "!ERR Protocol error: too big bulk count string" },
    { { .max_line_bytes = 4 }, "*1\r\n$100\r\n", "?" },
    { { .max_bulk_bytes = 3 }, "*1\r\n$3\r\nabc\r\n", "[abc]" },
    { { .max_bulk_bytes = 3 }, "*1\r\n$4\r\n", "!ERR Protocol error: invalid bulk length" },
    { { .max_bulk_bytes = 3 }, "*1\r\n$4\r\nabcd\r\n", "!ERR Protocol error: invalid bulk length" },
    { { .max_args = 2 }, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "[a b]" },
    { { .max_args = 2 }, "*3\r\n", "!ERR Protocol error: invalid multibulk length" },
    { { .max_args = 2 }, "a b\r\n", "[a b]" },
    { { .max_args = 2 }, "a b c\r\n", "!ERR Protocol error: too big inline request" },
    { { .max_request_bytes = 18 }, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "[a b]" },
    { { .max_request_bytes = 17 },
      "*2\r\n$1\r\na\r\n$1\r\n",
      "!ERR Protocol error: too big request" },
    { { .max_request_bytes = 17 },
      "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
      "!ERR Protocol error: too big request" },
};

static void limits_hold_whatever_the_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limit_cases / sizeof *limit_cases; i++) {
        const limit_case *test = &limit_cases[i];
        for (size_t step_bytes = 1; step_bytes < 30; step_bytes++) {
            char *got = read_in_steps(test->sent, strlen(test->sent), &test->limits, step_bytes);
            assert_string_equal(got, test->read);
            free(got);
        }
    }
}

static void a_line_without_end_is_refused_at_64_kib(void **state)
{
    (void)state;
    static char line[64 * 1024 + 1];
    memset(line, 'x', sizeof line);
    char *got = read_in_steps(line, sizeof line - 1, NULL, 1000);
    assert_string_equal(got, "?");
    free(got);
    got = read_in_steps(line, sizeof line, NULL, 1000);
    assert_string_equal(got, "!ERR Protocol error: too big inline request");
    free(got);
}

static void the_wanted_bytes_of_a_body_are_known_from_its_header(void **state)
{
    (void)state;
    kv_resp parser;
    size_t used_bytes;
    char header[] = "*2\r\n$3\r\nGET\r\n$100000000\r\nx";
    kv_resp_init(&parser, NULL, NULL);
    assert_int_equal(kv_resp_wanted(&parser), 1);
    assert_int_equal(kv_resp_next(&parser, header, sizeof header - 1, &used_bytes), KV_RESP_MORE);
    assert_int_equal(used_bytes, 0);
    assert_int_equal(kv_resp_wanted(&parser),
                     strlen("*2\r\n$3\r\nGET\r\n$100000000\r\n\r\n") + 100000000);
    kv_resp_fini(&parser);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void short_requests_allocate_nothing_and_long_ones_give_it_back(void **state)
{
    (void)state;
    weft_test_allocator memory;
    weft_test_allocator_init(&memory);
    kv_resp parser;
    size_t used_bytes;
    char few[] = "a b c d e f\r\n";
    kv_resp_init(&parser, &memory.base, NULL);
    assert_int_equal(kv_resp_next(&parser, few, sizeof few - 1, &used_bytes), KV_RESP_COMMAND);
    assert_int_equal(memory.peak_bytes, 0);

    static char many[4 + 60000];
    static const char *const next[] = { "x\r\n", "*1\r\n$1\r\nx\r\n" };
    for (size_t n = 0; n < sizeof next / sizeof *next; n++) {
        char rest[16];
        strcpy(rest, next[n]);
        for (size_t i = 0; i < sizeof many; i++)
            many[i] = i % 2 ? ' ' : 'x';
        many[sizeof many - 1] = '\n';
        assert_int_equal(kv_resp_next(&parser, many, sizeof many, &used_bytes), KV_RESP_COMMAND);
        assert_int_equal(parser.argc, sizeof many / 2);
        assert_true(memory.live_bytes > 0);
        assert_int_equal(kv_resp_next(&parser, rest, strlen(rest), &used_bytes), KV_RESP_COMMAND);
        assert_clean(&memory);
    }
    kv_resp_fini(&parser);
}

static void memory_that_runs_out_is_an_error_that_leaks_nothing(void **state)
{
    (void)state;
    static const char sent[] = "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\r\n";
    for (size_t left = 0; left < 3; left++) {
        weft_test_allocator memory;
        weft_test_allocator_init(&memory);
        weft_test_allocator_fail(&memory, left + 1, SIZE_MAX);
        kv_resp parser;
        size_t used_bytes;
        char line[sizeof sent];
        memcpy(line, sent, sizeof sent);
        kv_resp_init(&parser, &memory.base, NULL);
        assert_int_equal(kv_resp_next(&parser, line, sizeof line - 1, &used_bytes), KV_RESP_ERROR);
        assert_string_equal(parser.error, "ERR out of memory");
        kv_resp_fini(&parser);
        assert_clean(&memory);
    }
}

/* ---- random streams ------------------------------------------------------------------------- */

static uint64_t random_state;

static size_t random_below(size_t bound)
{
    return (size_t)test_random_below(&random_state, bound);
}

/* Appends a request that is mostly right. */
static void random_request(test_text *stream)
{
    char text[64];
    if (random_below(3) == 0) {
        static const char *const lines[] = { "PING\r\n",     "\r\n",   "set \"a b\" 'c'\r\n",
                                             "a\"\\x41\"\n", "  x \n", "echo \"\\n\"\r\n" };
        const char *line = lines[random_below(sizeof lines / sizeof *lines)];
        note(stream, line, strlen(line));
        return;
    }
    const size_t args = random_below(9);
    note(stream, text, (size_t)snprintf(text, sizeof text, "*%zu\r\n", args));
    for (size_t i = 0; i < args; i++) {
        char body[48];
        const size_t body_bytes = random_below(4) ? random_below(8) : random_below(sizeof body);
        for (size_t j = 0; j < body_bytes; j++)
            body[j] = (char)('\n' + random_below(60));
        note(stream, text, (size_t)snprintf(text, sizeof text, "$%zu\r\n", body_bytes));
        note(stream, body, body_bytes);
        note(stream, "\r\n", 2);
    }
}

static void random_pipelines_are_read_the_same_however_they_are_split(void **state)
{
    (void)state;
    for (size_t seed = 1; seed <= 300; seed++) {
        random_state = seed;
        test_text stream = { 0 };
        note(&stream, "", 0);
        for (size_t i = 0; i < 20; i++)
            random_request(&stream);
        if (seed % 3 == 0) /* one byte wrong */
            stream.text[random_below(stream.size_bytes)] = (char)random_below(256);
        char *whole = read_in_steps(stream.text, stream.size_bytes, NULL, stream.size_bytes);
        char *bytewise = read_in_steps(stream.text, stream.size_bytes, NULL, 1);
        assert_string_equal(bytewise, whole);
        free(bytewise);
        for (size_t round = 0; round < 5; round++) {
            test_reader reader;
            reader_init(&reader, NULL);
            for (size_t at = 0, step; at < stream.size_bytes; at += step) {
                step = 1 + random_below(random_below(2) ? 4 : 60);
                if (step > stream.size_bytes - at)
                    step = stream.size_bytes - at;
                reader_feed(&reader, stream.text + at, step);
            }
            char *split = reader_finish(&reader);
            assert_string_equal(split, whole);
            free(split);
        }
        free(whole);
        free(stream.text);
    }
}

static void random_garbage_is_read_the_same_however_it_is_split(void **state)
{
    (void)state;
    static const char alphabet[] = "*$\r\n\r\n0123456789-\"'\\x abc\t";
    for (size_t seed = 1; seed <= 2000; seed++) {
        random_state = seed;
        char garbage[200];
        const size_t size_bytes = 1 + random_below(sizeof garbage);
        for (size_t i = 0; i < size_bytes; i++)
            garbage[i] = random_below(30) ? alphabet[random_below(sizeof alphabet - 1)]
                                          : (char)random_below(256);
        if (random_below(2))
            memcpy(garbage, "*2\r\n", size_bytes < 4 ? size_bytes : 4);
        char *whole = read_in_steps(garbage, size_bytes, NULL, size_bytes);
        char *bytewise = read_in_steps(garbage, size_bytes, NULL, 1);
        assert_string_equal(bytewise, whole);
        free(bytewise);
        free(whole);
    }
}

/* If every call began at the start of the request, this would look at 5 * 10^11 bytes. */
static void a_request_that_comes_byte_by_byte_costs_no_more_than_its_length(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    static char request[SIZE];
    kv_resp parser;
    size_t used_bytes;
    const kv_resp_limits limits = { .max_line_bytes = SIZE };
    kv_resp_init(&parser, NULL, &limits);
    memset(request, 'x', sizeof request);
    for (size_t size_bytes = 1; size_bytes < SIZE; size_bytes++)
        assert_int_equal(kv_resp_next(&parser, request, size_bytes, &used_bytes), KV_RESP_MORE);
    request[SIZE - 1] = '\n';
    assert_int_equal(kv_resp_next(&parser, request, SIZE, &used_bytes), KV_RESP_COMMAND);
    assert_int_equal(used_bytes, SIZE);
    kv_resp_fini(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read_as_the_table_says),
        cmocka_unit_test(requests_are_read_the_same_in_pieces_of_any_size),
        cmocka_unit_test(a_zero_byte_is_a_byte_like_any_other),
        cmocka_unit_test(limits_hold_whatever_the_pieces),
        cmocka_unit_test(a_line_without_end_is_refused_at_64_kib),
        cmocka_unit_test(the_wanted_bytes_of_a_body_are_known_from_its_header),
        cmocka_unit_test(short_requests_allocate_nothing_and_long_ones_give_it_back),
        cmocka_unit_test(memory_that_runs_out_is_an_error_that_leaks_nothing),
        cmocka_unit_test(random_pipelines_are_read_the_same_however_they_are_split),
        cmocka_unit_test(random_garbage_is_read_the_same_however_it_is_split),
        cmocka_unit_test(a_request_that_comes_byte_by_byte_costs_no_more_than_its_length),
    };
    return cmocka_run_group_tests_name("kv_resp", tests, NULL, NULL);
}
