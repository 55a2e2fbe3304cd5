#include "pipeline.h"

#include <string.h>

#define KV_AHEAD             8 /* requests; about as many misses as a core has under way */
#define KV_FETCHED_KEY_BYTES 256

typedef struct request {
    size_t begin; /* offset in the data */
    size_t argc;
    const kv_slice *argv; /* `few`, or the parser's own */
    kv_slice few[KV_RESP_FEW_ARGS];
    bool is_hashed;
    kv_hash hash; /* of the first argument after the command */
} request;

typedef struct batch {
    size_t count;
    kv_resp_result result; /* of reading behind the last one; KV_RESP_COMMAND: not read yet */
    size_t end;            /* offset behind the last one */
    bool to_the_end;       /* it cannot be read again: all of it has to be executed */
    request requests[KV_AHEAD];
} batch;

/* Reads up to `most` requests from offset `begin` on. Reading an inline command changes it, so it
 * is read on its own. (That it comes behind an empty array, and with that in one go, is the one
 * exception.) */
static void read_ahead(batch *b, kv_resp *parser, char *data, size_t size_bytes, size_t begin,
                       size_t most)
{
    b->count = 0;
    b->end = begin;
    b->result = KV_RESP_COMMAND;
    b->to_the_end = false;
    while (b->count < most) {
        size_t used_bytes;
        const size_t at = b->end;
        if (b->count > 0 && at < size_bytes && data[at] != '*')
            return;
        b->result = kv_resp_next(parser, data + at, size_bytes - at, &used_bytes);
        b->end += used_bytes;
        b->to_the_end = b->result != KV_RESP_MORE && parser->is_inline;
        if (b->result != KV_RESP_COMMAND)
            return;
        request *const r = &b->requests[b->count++];
        r->is_hashed = false;
        r->begin = at;
        r->argc = parser->argc;
        r->argv = kv_resp_argv(parser);
        if (parser->is_inline || parser->argc > KV_RESP_FEW_ARGS)
            return; /* `argv` is the parser's until it reads on */
        for (size_t i = 0; i < r->argc; i++) {
            r->few[i].data = r->argv[i].data;
            r->few[i].size_bytes = r->argv[i].size_bytes;
        }
        r->argv = r->few;
    }
}

/* Most commands have a key, and it comes first. For the others this is of no use, and no harm,
 * unless what comes first is long. */
static void fetch_keys(batch *b, const kv_db *db)
{
    for (size_t i = 0; i < b->count; i++) {
        request *const r = &b->requests[i];
        r->is_hashed = r->argc > 1 && r->argv[1].size_bytes <= KV_FETCHED_KEY_BYTES;
        if (r->is_hashed) {
            r->hash = kv_store_hash(db->store, r->argv[1]);
            kv_store_fetch_bucket(db, r->hash);
        }
    }
    for (size_t i = 0; i < b->count; i++)
        if (b->requests[i].is_hashed)
            kv_store_fetch_entry(db, b->requests[i].hash);
    for (size_t i = 0; i < b->count; i++)
        if (b->requests[i].is_hashed)
            kv_store_fetch_value(db, b->requests[i].hash);
}

/* Executes the requests of a batch. Returns how many were begun; the others are not to be. */
static size_t execute(const batch *b, kv_session *session, const kv_pipeline_limits *limits,
                      kv_buffer *out)
{
    size_t i = 0;
    while (i < b->count && !session->closing &&
           (b->to_the_end || kv_buffer_size(out) < limits->pause_bytes)) {
        const request *const r = &b->requests[i];
        kv_execute_hashed(session, r->argc, r->argv, r->is_hashed ? &r->hash : NULL, out);
        i++;
    }
    return i;
}

size_t kv_pipeline_run(kv_session *session, kv_resp *parser, char *data, size_t size_bytes,
                       const kv_pipeline_limits *limits, kv_buffer *out, bool *has_more)
{
    size_t done_bytes = 0;
    size_t left = limits->max_requests;
    *has_more = false;
    while (!session->closing) {
        batch b;
        if (left == 0 || kv_buffer_size(out) >= limits->pause_bytes) {
            *has_more = done_bytes < size_bytes;
            return done_bytes;
        }
        read_ahead(&b, parser, data, size_bytes, done_bytes, left < KV_AHEAD ? left : KV_AHEAD);
        if (b.count > 1)
            fetch_keys(&b, session->db);
        const size_t begun = execute(&b, session, limits, out);
        if (begun < b.count && !session->closing) {
            kv_resp_rewind(parser);
            *has_more = true;
            return b.requests[begun].begin;
        }
        done_bytes = b.end;
        left -= b.count;
        if (b.result == KV_RESP_MORE)
            break;
        if (b.result == KV_RESP_ERROR && !session->closing) {
            kv_reply_error(out, parser->error);
            session->service->stats.errors++;
            session->closing = true;
        }
    }
    return done_bytes;
}
