/* Replies of the Redis protocol (RESP2), written into a buffer.
 *
 * Nothing here fails by itself: a reply that does not fit leaves buffer->refused set, which the
 * connection looks at once per batch. Texts and errors are one line: what would break the line
 * ('\r', '\n') is written as a blank.
 */
#ifndef KV_REPLY_H
#define KV_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "number.h"

/* Bytes that are a reply already. */
static inline void kv_reply_raw(kv_buffer *out, const char *bytes, size_t size_bytes)
{
    (void)kv_buffer_append(out, bytes, size_bytes);
}

#define KV_REPLY_LITERAL(out, literal) kv_reply_raw((out), "" literal, sizeof(literal) - 1)

/* "+OK" */
static inline void kv_reply_ok(kv_buffer *out)
{
    KV_REPLY_LITERAL(out, "+OK\r\n");
}

/* The null bulk string: no such key. */
static inline void kv_reply_null(kv_buffer *out)
{
    KV_REPLY_LITERAL(out, "$-1\r\n");
}

/* "+text" */
void kv_reply_text(kv_buffer *out, const char *text);

/* "-text"; the text begins with the error's code, such as "ERR". */
void kv_reply_error(kv_buffer *out, const char *text);

/* kv_reply_error with printf's arguments, cut at 512 bytes. */
void kv_reply_errorf(kv_buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ":number" */
void kv_reply_integer(kv_buffer *out, int64_t number);

/* The same, of digits as kv_number_format has written them to KV_NUMBER_MAX_BYTES of memory. */
static inline void kv_reply_digits(kv_buffer *out, const char *digits, size_t size_bytes)
{
    char *const room = kv_buffer_reserve(out, 1 + KV_NUMBER_MAX_BYTES + 2);
    if (!room)
        return;
    room[0] = ':';
    memcpy(room + 1, digits, KV_NUMBER_MAX_BYTES); /* more than needed, but in one go */
    memcpy(room + 1 + size_bytes, "\r\n", 2);
    kv_buffer_commit(out, 1 + size_bytes + 2);
}

/* A bulk string. */
void kv_reply_bulk(kv_buffer *out, const char *bytes, size_t size_bytes);

/* A bulk string of terminated text. */
void kv_reply_bulk_text(kv_buffer *out, const char *text);

/* The header of an array of `count` replies, which follow. */
void kv_reply_array(kv_buffer *out, size_t count);

/* Takes back all replies since kv_buffer_size(out) was size_bytes; for a command that fails after
 * it began to answer. */
void kv_reply_take_back(kv_buffer *out, size_t size_bytes);

/* An array whose length is known only after its replies are written: write them between begin
 * and end, with what begin returned. Costs one move of the bytes between. */
size_t kv_reply_array_begin(const kv_buffer *out);
void kv_reply_array_end(kv_buffer *out, size_t begin, size_t count);

/* A bulk string that is written piece by piece between begin and end, by kv_reply_raw and
 * kv_reply_printf. */
size_t kv_reply_bulk_begin(const kv_buffer *out);
void kv_reply_bulk_end(kv_buffer *out, size_t begin);

/* Formatted bytes of a reply, cut at 512. */
void kv_reply_printf(kv_buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
