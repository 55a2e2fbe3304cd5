/* Pipeline: executes the requests that a piece of a client's stream holds.
 *
 * It reads a few requests ahead, and has the memory of their keys fetched while it executes those
 * before: in a large store, waiting for that is most of what a request costs.
 */
#ifndef KV_PIPELINE_H
#define KV_PIPELINE_H

#include "command.h"

typedef struct kv_pipeline_limits {
    size_t max_requests; /* then it is others' turn */
    size_t pause_bytes;  /* no request is begun while there are so many bytes of replies */
} kv_pipeline_limits;

/* Executes what is whole in data[0 .. size_bytes), as kv_resp_next reads it, and writes the replies
 * to `out`. A protocol error is answered and sets session->closing, after which nothing is
 * executed. Returns how many bytes are done with; *has_more says whether what is left was not
 * looked at because of a limit. */
size_t kv_pipeline_run(kv_session *session, kv_resp *parser, char *data, size_t size_bytes,
                       const kv_pipeline_limits *limits, kv_buffer *out, bool *has_more);

#endif
