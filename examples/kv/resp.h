/* Requests of the Redis protocol, read out of a buffer that fills bit by bit.
 *
 * Reads RESP2 arrays of bulk strings and inline commands, exactly as lenient and as strict as
 * Redis, with the same limits and the same sentences. It does no I/O, copies no argument and
 * remembers its place, so that a request that arrives byte by byte costs as much as a whole one.
 *
 *     size_t used;
 *     while (kv_resp_next(&parser, data, size, &used) == KV_RESP_COMMAND) {
 *         run(parser.argc, kv_resp_argv(&parser));
 *         data += used, size -= used;
 *     }
 */
#ifndef KV_RESP_H
#define KV_RESP_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/alloc.h>

/* A piece of somebody else's bytes; not terminated. */
typedef struct kv_slice {
    const char *data;
    size_t size_bytes;
} kv_slice;

/* Zero means the default, which is Redis'. */
typedef struct kv_resp_limits {
    size_t max_line_bytes;    /* an inline command, "*N" or "$N": 64 KiB */
    size_t max_bulk_bytes;    /* one argument: 512 MiB */
    size_t max_args;          /* arguments of one request: 1024 * 1024 */
    size_t max_request_bytes; /* one whole request: 1 GiB */
} kv_resp_limits;

typedef enum kv_resp_result {
    KV_RESP_MORE,    /* no whole request yet: call again when there are more bytes */
    KV_RESP_COMMAND, /* argc (> 0) and kv_resp_argv are a request */
    KV_RESP_ERROR    /* `error` is the answer; the stream cannot be read any further */
} kv_resp_result;

typedef enum kv_resp_state {
    KV_RESP_START, /* before the first byte of a request */
    KV_RESP_INLINE,
    KV_RESP_COUNT,  /* in "*N\r\n" */
    KV_RESP_LENGTH, /* in "$N\r\n" */
    KV_RESP_BODY,   /* in an argument and its "\r\n" */
    KV_RESP_BROKEN
} kv_resp_state;

/* While a request is read its arguments are known by offset, because the buffer may move. */
typedef union kv_resp_arg {
    kv_slice slice;
    struct {
        size_t offset;
        size_t size_bytes;
    } place;
} kv_resp_arg;

#define KV_RESP_FEW_ARGS 6

typedef struct kv_resp {
    size_t argc;    /* after KV_RESP_COMMAND */
    bool is_inline; /* the same: it was no array */
    char error[64]; /* after KV_RESP_ERROR: the reply's line, from "ERR" on, without its end */

    /* private */
    weft_allocator allocator;
    kv_resp_limits limits;
    kv_resp_state state;
    size_t line;       /* offset of the line or body being read, from the request's start */
    size_t scanned;    /* offset before which the line is known not to end */
    size_t body_bytes; /* of the argument being read */
    size_t args_left;
    size_t args_cap;
    kv_resp_arg *args; /* few, or allocated */
    kv_resp_arg few[KV_RESP_FEW_ARGS];
} kv_resp;

/* A parser at the start of a stream. Allocates only for requests of more than KV_RESP_FEW_ARGS
 * arguments. `allocator` is copied (NULL: malloc), so is `limits` (NULL: defaults). */
void kv_resp_init(kv_resp *parser, const weft_allocator *allocator, const kv_resp_limits *limits);

/* Gives the memory back. */
void kv_resp_fini(kv_resp *parser);

/* Reads the next request from data[0 .. size_bytes), which begins where the last call's used
 * bytes ended and so repeats what was left unused, at this or another address.
 *
 * *used_bytes is always set: the bytes at the front that are done with. After KV_RESP_COMMAND the
 * arguments point into `data` and are valid until those bytes are dropped or changed. An inline
 * command's quotes are resolved in place, which changes used bytes and no others. If memory for
 * the arguments runs out, that is a KV_RESP_ERROR too. Once broken, a parser stays so. */
kv_resp_result kv_resp_next(kv_resp *parser, char *data, size_t size_bytes, size_t *used_bytes);

/* Forgets what of the next request was read, or that an error came: the next call begins with a
 * request, which may be one that was read before, unless it was inline. */
void kv_resp_rewind(kv_resp *parser);

/* How long the unused bytes must at least become before another call can help; what to make
 * room for. */
size_t kv_resp_wanted(const kv_resp *parser);

/* The memory that it holds by its allocator. */
static inline size_t kv_resp_held_bytes(const kv_resp *parser)
{
    return parser->args == parser->few ? 0 : parser->args_cap * sizeof *parser->args;
}

/* The arguments after KV_RESP_COMMAND. */
static inline const kv_slice *kv_resp_argv(const kv_resp *parser)
{
    return &parser->args[0].slice;
}

#endif
