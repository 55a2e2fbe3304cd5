/* Options: what the command line says. */
#ifndef KV_OPTIONS_H
#define KV_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/io.h>

#include "service.h"

typedef struct kv_options {
    kv_settings settings;
    size_t max_memory_bytes; /* 0 is no limit */
    int64_t stall_ns;        /* how long a client may take none of its replies */
    int64_t spin_ns;         /* how long the loop looks for work before it sleeps */
    weft_backend backend;
} kv_options;

typedef enum kv_options_result {
    KV_OPTIONS_RUN,
    KV_OPTIONS_HELP, /* the help was asked for, and printed */
    KV_OPTIONS_BAD   /* a sentence on stderr says why */
} kv_options_result;

kv_options_result kv_options_parse(kv_options *options, int argc, char **argv);

/* Reads a size as Redis writes them: "100", "100b", "1k" (1000), "1kb" (1024), m, mb, g, gb, in
 * any case. False if it is none or does not fit. */
bool kv_size_parse(const char *text, size_t *size_bytes);

#endif
