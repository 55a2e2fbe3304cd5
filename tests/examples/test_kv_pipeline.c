/* Whatever the limits and the pieces in which a stream comes, it is executed as if each request had
 * been read and executed alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline.h"
#include "random.h"

#define STREAM_BYTES 8192

typedef struct side {
    kv_service service;
    kv_session session;
    kv_resp parser;
    kv_buffer out;
} side;

static void side_init(side *s)
{
    const kv_settings settings = { .port = 1, .bind = "127.0.0.1" };
    kv_service_init(&s->service, 0, NULL, &settings);
    kv_session_init(&s->session, &s->service);
    kv_resp_init(&s->parser, NULL, NULL);
    kv_buffer_init(&s->out, NULL, (size_t)64 << 20);
}

static void side_fini(side *s)
{
    kv_buffer_fini(&s->out);
    kv_resp_fini(&s->parser);
    kv_session_fini(&s->session);
    kv_service_fini(&s->service);
}

static size_t below(uint64_t *state, size_t limit)
{
    return (size_t)test_random_below(state, limit);
}

/* Requests of all kinds, rarely one that breaks or ends the stream. */
static size_t make_stream(uint64_t *state, char *stream)
{
    static const char *const usual[] = {
        "*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$3\r\nabc\r\n",
        "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
        "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
        "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n",
        "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n",
        "*1\r\n$8\r\nFLUSHALL\r\n",
        "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n",
        "*9\r\n$4\r\nMGET\r\n$1\r\nk\r\n$1\r\nn\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$"
        "1\r\ne\r\n"
        "$1\r\nf\r\n",
        "*1\r\n$3\r\nFOO\r\n",
        "*0\r\n",
        "\r\n",
        "INCR n\r\n",
        "ECHO \"a \\\"b\\\" 'c' \\x41\"\r\n",
        "APPEND k 'x \"y\" z'\r\n",
    };
    static const char *const rare[] = { "*1\r\n$x\r\n", "*x\r\n", "ECHO \"a\r\n",
                                        "*1\r\n$4\r\nQUIT\r\n", "*1\r\n$4\r\nPI" };
    size_t size = 0;
    while (true) {
        const char *request =
            below(state, 100) == 0 ? rare[below(state, 5)] : usual[below(state, 14)];
        if (size + strlen(request) > STREAM_BYTES)
            return size;
        memcpy(stream + size, request, strlen(request));
        size += strlen(request);
    }
}

static void run_one_by_one(side *s, char *stream, size_t size)
{
    while (!s->session.closing) {
        size_t used;
        const kv_resp_result result = kv_resp_next(&s->parser, stream, size, &used);
        stream += used;
        size -= used;
        if (result == KV_RESP_MORE)
            return;
        if (result == KV_RESP_COMMAND) {
            kv_execute(&s->session, s->parser.argc, kv_resp_argv(&s->parser), &s->out);
        } else {
            kv_reply_error(&s->out, s->parser.error);
            s->session.closing = true;
        }
    }
}

/* In pieces, each at an address of its own, with limits that change. */
static void run_in_pieces(side *s, uint64_t *state, char *stream, size_t size)
{
    static char piece[STREAM_BYTES];
    size_t done = 0, arrived = 0;
    bool has_more = false;
    while (!s->session.closing && (arrived < size || has_more)) {
        if (!has_more) {
            const size_t more = 1 + below(state, below(state, 2) ? 20 : 2000);
            arrived = more < size - arrived ? arrived + more : size;
        }
        const size_t offset = below(state, sizeof piece - (arrived - done) + 1);
        memcpy(piece + offset, stream + done, arrived - done);
        const kv_pipeline_limits limits = { .max_requests = 1 + below(state, 20),
                                            .pause_bytes =
                                                kv_buffer_size(&s->out) + 1 + below(state, 60) };
        const size_t used = kv_pipeline_run(&s->session, &s->parser, piece + offset, arrived - done,
                                            &limits, &s->out, &has_more);
        assert_true(used <= arrived - done);
        memcpy(stream + done, piece + offset, arrived - done); /* reading may change it */
        done += used;
        assert_true(!has_more || done < arrived);
    }
}

static void any_pieces_and_limits_give_the_same_replies(void **unused)
{
    (void)unused;
    static char stream[STREAM_BYTES], copy[STREAM_BYTES];
    uint64_t state = 1;
    for (int round = 0; round < 3000; round++) {
        side alone, ahead;
        side_init(&alone);
        side_init(&ahead);
        const size_t size = make_stream(&state, stream);
        memcpy(copy, stream, size);
        run_one_by_one(&alone, copy, size);
        run_in_pieces(&ahead, &state, stream, size);
        assert_int_equal(ahead.session.closing, alone.session.closing);
        assert_int_equal(kv_buffer_size(&ahead.out), kv_buffer_size(&alone.out));
        assert_memory_equal(kv_buffer_data(&ahead.out), kv_buffer_data(&alone.out),
                            kv_buffer_size(&alone.out));
        assert_true(kv_store_check(&ahead.service.store));
        side_fini(&alone);
        side_fini(&ahead);
    }
}

static void limits_end_a_turn_before_a_request_not_within_it(void **unused)
{
    (void)unused;
    char stream[] = "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n";
    const size_t one = (sizeof stream - 1) / 3;
    const struct {
        kv_pipeline_limits limits;
        size_t replies;
        bool has_more;
    } table[] = {
        { { 1, 1000 }, 1, true },  { { 2, 1000 }, 2, true }, { { 3, 1000 }, 3, false },
        { { 9, 1000 }, 3, false }, { { 9, 1 }, 1, true },    { { 9, 7 }, 1, true },
        { { 9, 8 }, 2, true },     { { 9, 14 }, 2, true },   { { 9, 15 }, 3, false },
        { { 9, 21 }, 3, false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        side s;
        bool has_more;
        side_init(&s);
        const size_t used = kv_pipeline_run(&s.session, &s.parser, stream, sizeof stream - 1,
                                            &table[i].limits, &s.out, &has_more);
        assert_int_equal(used, one * table[i].replies);
        assert_int_equal(has_more, table[i].has_more);
        assert_int_equal(kv_buffer_size(&s.out), 7 * table[i].replies);
        side_fini(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pieces_and_limits_give_the_same_replies),
        cmocka_unit_test(limits_end_a_turn_before_a_request_not_within_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
