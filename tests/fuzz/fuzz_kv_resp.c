/* Fuzzes the request parser of examples/kv: no input may crash it, and the way in which the input
 * is cut into pieces may not change what is read. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resp.h"

/* FNV-1a over everything that a run reads. */
static uint64_t digest(uint64_t sum, const void *bytes, size_t size_bytes)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size_bytes; i++)
        sum = (sum ^ at[i]) * 0x100000001b3U;
    return sum;
}

static uint64_t digest_command(uint64_t sum, const kv_resp *parser)
{
    const kv_slice *argv = kv_resp_argv(parser);
    sum = digest(sum, &parser->argc, sizeof parser->argc);
    for (size_t i = 0; i < parser->argc; i++) {
        sum = digest(sum, &argv[i].size_bytes, sizeof argv[i].size_bytes);
        sum = digest(sum, argv[i].data, argv[i].size_bytes);
    }
    return sum;
}

/* Reads the input in pieces of up to step_bytes, each time at a fresh address. */
static uint64_t read_in_steps(const uint8_t *input, size_t size_bytes, size_t step_bytes)
{
    /* Small limits, so that short inputs reach them. */
    const kv_resp_limits limits = {
        .max_line_bytes = 40, .max_bulk_bytes = 100, .max_args = 20, .max_request_bytes = 150
    };
    kv_resp parser;
    uint64_t sum = 0xcbf29ce484222325U;
    size_t start = 0;
    kv_resp_result result = KV_RESP_MORE;
    kv_resp_init(&parser, NULL, &limits);
    for (size_t end = 0; end < size_bytes && result != KV_RESP_ERROR;) {
        end += step_bytes < size_bytes - end ? step_bytes : size_bytes - end;
        char *piece = malloc(end - start + 1);
        if (!piece)
            abort();
        memcpy(piece, input + start, end - start);
        size_t at = 0;
        do {
            size_t used_bytes;
            result = kv_resp_next(&parser, piece + at, end - start - at, &used_bytes);
            if (used_bytes > end - start - at)
                abort();
            if (result == KV_RESP_COMMAND)
                sum = digest_command(sum, &parser);
            at += used_bytes;
        } while (result == KV_RESP_COMMAND);
        start += at;
        if (result == KV_RESP_MORE && kv_resp_wanted(&parser) <= end - start)
            abort();
        free(piece);
    }
    if (result == KV_RESP_ERROR)
        sum = digest(sum, parser.error, strlen(parser.error));
    kv_resp_fini(&parser);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size_bytes)
{
    const uint64_t whole = read_in_steps(input, size_bytes, size_bytes);
    if (read_in_steps(input, size_bytes, 1) != whole)
        abort();
    if (size_bytes > 0 && read_in_steps(input, size_bytes, 1 + input[0] % 16) != whole)
        abort();
    return 0;
}
