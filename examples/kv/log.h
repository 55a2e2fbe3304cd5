/* Log lines: one sentence each, with the time, on stderr. */
#ifndef KV_LOG_H
#define KV_LOG_H

#include <stdint.h>

/* Keeps what clients can cause at will from filling the log: so many lines per second. Zeroed it
 * is ready. */
typedef struct kv_log_limit {
    int64_t second_ns; /* when the current second began */
    unsigned written;  /* in it */
    unsigned long left_out;
} kv_log_limit;

/* Writes a line; printf's arguments, without a line end. */
void kv_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, unless too much was written under this limit lately; then it is counted, and the next
 * line that is written says how many are missing. */
void kv_log_limited(kv_log_limit *limit, int64_t now_ns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
