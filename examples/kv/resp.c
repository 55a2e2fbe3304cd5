/* The parser is a small state machine over offsets from the request's first byte. `scanned` and
 * `line` are all it needs to go on where it stopped: no byte is looked at twice in search of the
 * end of a line, and a body is skipped, not looked at. */
#include "resp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

_Static_assert(sizeof(kv_resp_arg) == sizeof(kv_slice), "an array of one is an array of the other");

#define KV_RESP_DEFAULT_LINE_BYTES    (64 * 1024)
#define KV_RESP_DEFAULT_BULK_BYTES    (512 * 1024 * 1024)
#define KV_RESP_DEFAULT_ARGS          (1024 * 1024)
#define KV_RESP_DEFAULT_REQUEST_BYTES (1024 * 1024 * 1024)

/* One long request is no reason to keep its memory for ever. */
#define KV_RESP_KEEP_ARGS (KV_RESP_FEW_ARGS * 64)

#define KV_SHORT_LINE_BYTES 10 /* a type byte and digits, for which no number is too large */

void kv_resp_init(kv_resp *parser, const weft_allocator *allocator, const kv_resp_limits *limits)
{
    *parser = (kv_resp){ .allocator = weft_allocator_or_default(allocator),
                         .args_cap = KV_RESP_FEW_ARGS };
    parser->args = parser->few;
    if (limits)
        parser->limits = *limits;
    kv_resp_limits *const limit = &parser->limits;
    if (limit->max_line_bytes == 0)
        limit->max_line_bytes = KV_RESP_DEFAULT_LINE_BYTES;
    if (limit->max_bulk_bytes == 0)
        limit->max_bulk_bytes = KV_RESP_DEFAULT_BULK_BYTES;
    if (limit->max_args == 0)
        limit->max_args = KV_RESP_DEFAULT_ARGS;
    if (limit->max_request_bytes == 0)
        limit->max_request_bytes = KV_RESP_DEFAULT_REQUEST_BYTES;
}

static void release_args(kv_resp *parser)
{
    if (parser->args != parser->few)
        weft_free(&parser->allocator, parser->args, parser->args_cap * sizeof *parser->args,
                  _Alignof(kv_resp_arg));
    parser->args = parser->few;
    parser->args_cap = KV_RESP_FEW_ARGS;
}

void kv_resp_fini(kv_resp *parser)
{
    release_args(parser);
}

static kv_resp_result broken(kv_resp *parser, const char *sentence)
{
    snprintf(parser->error, sizeof parser->error, "ERR %s", sentence);
    parser->state = KV_RESP_BROKEN;
    release_args(parser);
    return KV_RESP_ERROR;
}

/* Notes the argument at [offset, offset + size_bytes). False if there is no memory. */
static bool add_arg(kv_resp *parser, size_t offset, size_t size_bytes)
{
    if (parser->argc == parser->args_cap) {
        const size_t cap = parser->args_cap * 2;
        kv_resp_arg *args =
            weft_alloc(&parser->allocator, cap * sizeof *args, _Alignof(kv_resp_arg));
        if (!args)
            return false;
        memcpy(args, parser->args, parser->argc * sizeof *args);
        const size_t argc = parser->argc;
        release_args(parser);
        parser->args = args;
        parser->args_cap = cap;
        parser->argc = argc;
    }
    parser->args[parser->argc].place.offset = offset;
    parser->args[parser->argc].place.size_bytes = size_bytes;
    parser->argc++;
    return true;
}

static kv_resp_result complete(kv_resp *parser, const char *data, size_t end, size_t *used_bytes)
{
    for (size_t i = 0; i < parser->argc; i++) {
        const size_t offset = parser->args[i].place.offset;
        parser->args[i].slice.data = data + offset;
    }
    *used_bytes += end;
    parser->state = KV_RESP_START;
    return KV_RESP_COMMAND;
}

/* Looks for `terminator` in the line that begins at parser->line; *at becomes its offset. */
static bool find_line_end(kv_resp *parser, const char *data, size_t size_bytes, char terminator,
                          size_t *at)
{
    if (parser->scanned < size_bytes) {
        const char *found =
            memchr(data + parser->scanned, terminator, size_bytes - parser->scanned);
        if (found) {
            *at = (size_t)(found - data);
            return true;
        }
        parser->scanned = size_bytes;
    }
    return false;
}

typedef enum kv_line { LINE_WHOLE, LINE_PARTIAL, LINE_INVALID, LINE_TOO_LONG } kv_line;

/* Reads the line "?N\r\n" at parser->line. When whole, *end is the offset behind it; *number is
 * untouched if LINE_INVALID says that N is no number. As in Redis the byte after '\r' must be
 * there and may be anything. */
static kv_line read_number_line(kv_resp *parser, const char *data, size_t size_bytes,
                                int64_t *number, size_t *end)
{
    size_t at;
    if (!find_line_end(parser, data, size_bytes, '\r', &at))
        return size_bytes - parser->line > parser->limits.max_line_bytes ? LINE_TOO_LONG
                                                                         : LINE_PARTIAL;
    if (at - parser->line > parser->limits.max_line_bytes)
        return LINE_TOO_LONG;
    if (at + 2 > size_bytes) {
        parser->scanned = at;
        return LINE_PARTIAL;
    }
    *end = at + 2;
    const size_t first = parser->line + 1;
    if (at < first || !kv_number_parse(data + first, at - first, number))
        return LINE_INVALID;
    return LINE_WHOLE;
}

static kv_resp_result expected_dollar(kv_resp *parser, char got)
{
    if (got == '\r' || got == '\n')
        got = ' '; /* the reply stays one line */
    char sentence[48];
    snprintf(sentence, sizeof sentence, "Protocol error: expected '$', got '%c'", got);
    return broken(parser, sentence);
}

/* The arguments of an array. Returns KV_RESP_COMMAND when all are there. */
static kv_resp_result read_args(kv_resp *parser, const char *data, size_t size_bytes)
{
    while (parser->args_left > 0) {
        if (parser->state == KV_RESP_LENGTH) {
            int64_t length = 0;
            size_t end;
            const kv_line line = read_number_line(parser, data, size_bytes, &length, &end);
            if (line == LINE_PARTIAL)
                return KV_RESP_MORE;
            if (line == LINE_TOO_LONG)
                return broken(parser, "Protocol error: too big bulk count string");
            if (data[parser->line] != '$')
                return expected_dollar(parser, data[parser->line]);
            if (line == LINE_INVALID || length < 0 ||
                (uint64_t)length > parser->limits.max_bulk_bytes)
                return broken(parser, "Protocol error: invalid bulk length");
            if (end + (size_t)length + 2 > parser->limits.max_request_bytes)
                return broken(parser, "Protocol error: too big request");
            parser->body_bytes = (size_t)length;
            parser->line = end;
            parser->state = KV_RESP_BODY;
        }
        if (size_bytes < parser->line + parser->body_bytes + 2)
            return KV_RESP_MORE;
        if (!add_arg(parser, parser->line, parser->body_bytes))
            return broken(parser, "out of memory");
        parser->line += parser->body_bytes + 2;
        parser->scanned = parser->line;
        parser->state = KV_RESP_LENGTH;
        parser->args_left--;
    }
    return KV_RESP_COMMAND;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Fewer bytes end a word than may stand between words. */
static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Resolves the escape whose backslash is at `from`; *at moves behind it. */
static char unescape(const char *from, const char *end, const char **at)
{
    if (end - from >= 4 && from[1] == 'x' && hex_value(from[2]) >= 0 && hex_value(from[3]) >= 0) {
        *at = from + 4;
        return (char)(hex_value(from[2]) * 16 + hex_value(from[3]));
    }
    *at = from + 2;
    switch (from[1]) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return from[1];
    }
}

/* Copies what is between the quote at *from and its partner to `to`, which is never ahead of
 * *from. Returns the new end of `to`, NULL if there is no partner or no blank after it. */
static char *unquote(const char **from, const char *end, char *to)
{
    const char quote = **from;
    const char *at = *from + 1;
    while (at < end && *at != quote) {
        if (quote == '"' && *at == '\\' && end - at >= 2) {
            *to++ = unescape(at, end, &at);
        } else {
            if (quote == '\'' && *at == '\\' && end - at >= 2 && at[1] == '\'')
                at++;
            *to++ = *at++;
        }
    }
    if (at == end || (at + 1 < end && !is_blank(at[1])))
        return NULL;
    *from = at + 1;
    return to;
}

/* Splits data[0 .. size_bytes) into arguments, resolving quotes in place. */
static kv_resp_result split_line(kv_resp *parser, char *data, size_t size_bytes)
{
    const char *at = data;
    const char *const end = data + size_bytes;
    while (true) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end)
            return KV_RESP_COMMAND;
        char *to = data + (at - data);
        const char *const arg = to;
        while (at < end && !ends_word(*at)) {
            if (*at == '"' || *at == '\'') {
                to = unquote(&at, end, to);
                if (!to)
                    return broken(parser, "Protocol error: unbalanced quotes in request");
            } else {
                *to++ = *at++;
            }
        }
        if (parser->argc == parser->limits.max_args)
            return broken(parser, "Protocol error: too big inline request");
        if (!add_arg(parser, (size_t)(arg - data), (size_t)(to - arg)))
            return broken(parser, "out of memory");
    }
}

static kv_resp_result read_inline(kv_resp *parser, char *data, size_t size_bytes, size_t *end)
{
    size_t at;
    const bool whole = find_line_end(parser, data, size_bytes, '\n', &at);
    if ((whole ? at : size_bytes) > parser->limits.max_line_bytes)
        return broken(parser, "Protocol error: too big inline request");
    if (!whole)
        return KV_RESP_MORE;
    *end = at + 1;
    return split_line(parser, data, at > 0 && data[at - 1] == '\r' ? at - 1 : at);
}

/* "*N\r\n". *end is the offset behind it if N says that there is nothing to read. */
static kv_resp_result read_count(kv_resp *parser, const char *data, size_t size_bytes, size_t *end)
{
    int64_t count = 0;
    switch (read_number_line(parser, data, size_bytes, &count, end)) {
    case LINE_PARTIAL: return KV_RESP_MORE;
    case LINE_TOO_LONG: return broken(parser, "Protocol error: too big mbulk count string");
    case LINE_INVALID: return broken(parser, "Protocol error: invalid multibulk length");
    case LINE_WHOLE: break;
    }
    if (count > 0 && (uint64_t)count > parser->limits.max_args)
        return broken(parser, "Protocol error: invalid multibulk length");
    parser->args_left = count > 0 ? (size_t)count : 0;
    parser->line = parser->scanned = *end;
    parser->state = KV_RESP_LENGTH;
    return KV_RESP_COMMAND;
}

static void begin_request(kv_resp *parser, char first)
{
    if (parser->args_cap > KV_RESP_KEEP_ARGS)
        release_args(parser);
    parser->argc = 0;
    parser->line = parser->scanned = 0;
    parser->is_inline = first != '*';
    parser->state = first == '*' ? KV_RESP_COUNT : KV_RESP_INLINE;
}

/* ---- the usual request ---------------------------------------------------------------------- */

/* Reads "N\r\n" with few digits. NULL if it is anything else, or not all there. */
static inline __attribute__((always_inline)) const char *read_short_number(const char *at,
                                                                           const char *end,
                                                                           size_t *number)
{
    const char *const first = at;
    size_t value = 0;
    if (end - at >= 3 && at[1] == '\r' && at[0] >= '0' && at[0] <= '9') {
        *number = (size_t)(at[0] - '0');
        return at + 3;
    }
    for (; at < end && at - first < KV_SHORT_LINE_BYTES - 1; at++) {
        const unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9)
            break;
        value = value * 10 + digit;
    }
    if (at == first || end - at < 2 || *at != '\r' || (*first == '0' && at - first > 1))
        return NULL;
    *number = value;
    return at + 2;
}

/* Reads a request of a few arguments that is all there and as it should be. False, with nothing
 * changed that matters, if it is not: the state machine knows better. */
static bool read_usual(kv_resp *parser, const char *data, size_t size_bytes, size_t *used_bytes)
{
    const char *const end = data + size_bytes;
    size_t argc;
    const char *at = data[0] == '*' ? read_short_number(data + 1, end, &argc) : NULL;
    if (!at || argc == 0 || argc > KV_RESP_FEW_ARGS || argc > parser->limits.max_args ||
        parser->args_cap > KV_RESP_KEEP_ARGS || parser->limits.max_line_bytes < KV_SHORT_LINE_BYTES)
        return false;
    for (size_t i = 0; i < argc; i++) {
        size_t length;
        at = at < end && *at == '$' ? read_short_number(at + 1, end, &length) : NULL;
        if (!at || length + 2 > (size_t)(end - at) || length > parser->limits.max_bulk_bytes)
            return false;
        parser->args[i].slice.data = at;
        parser->args[i].slice.size_bytes = length;
        at += length + 2;
    }
    if ((size_t)(at - data) > parser->limits.max_request_bytes)
        return false;
    parser->argc = argc;
    parser->is_inline = false;
    *used_bytes = (size_t)(at - data);
    return true;
}

/* ---- a request ------------------------------------------------------------------------------ */

kv_resp_result kv_resp_next(kv_resp *parser, char *data, size_t size_bytes, size_t *used_bytes)
{
    *used_bytes = 0;
    if (parser->state == KV_RESP_BROKEN)
        return KV_RESP_ERROR;
    if (parser->state == KV_RESP_START && size_bytes > 0 &&
        read_usual(parser, data, size_bytes, used_bytes))
        return KV_RESP_COMMAND;
    while (size_bytes > 0) {
        kv_resp_result result = KV_RESP_COMMAND;
        size_t end = 0;
        if (parser->state == KV_RESP_START)
            begin_request(parser, data[0]);
        if (parser->state == KV_RESP_INLINE) {
            result = read_inline(parser, data, size_bytes, &end);
        } else {
            if (parser->state == KV_RESP_COUNT)
                result = read_count(parser, data, size_bytes, &end);
            if (result == KV_RESP_COMMAND) {
                result = read_args(parser, data, size_bytes);
                end = parser->line;
            }
        }
        if (result != KV_RESP_COMMAND)
            return result;
        if (parser->argc > 0)
            return complete(parser, data, end, used_bytes);
        /* An empty line or array asks for nothing and is answered with nothing. */
        parser->state = KV_RESP_START;
        *used_bytes += end;
        data += end;
        size_bytes -= end;
    }
    return KV_RESP_MORE;
}

void kv_resp_rewind(kv_resp *parser)
{
    parser->state = KV_RESP_START;
}

size_t kv_resp_wanted(const kv_resp *parser)
{
    switch (parser->state) {
    case KV_RESP_BODY: return parser->line + parser->body_bytes + 2;
    case KV_RESP_START:
    case KV_RESP_BROKEN: return 1;
    case KV_RESP_INLINE: return parser->scanned + 1;
    case KV_RESP_COUNT:
    case KV_RESP_LENGTH: break;
    }
    return parser->scanned + 2;
}
