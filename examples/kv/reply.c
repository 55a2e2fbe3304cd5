#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

/* A type byte, a number and the end of the line. */
#define KV_HEADER_MAX_BYTES (1 + KV_NUMBER_MAX_BYTES + 2)

static size_t format_header(char *at, char type, int64_t number)
{
    at[0] = type;
    size_t size_bytes = 1 + kv_number_format(at + 1, number);
    at[size_bytes++] = '\r';
    at[size_bytes++] = '\n';
    return size_bytes;
}

static void reply_header(kv_buffer *out, char type, int64_t number)
{
    char *room = kv_buffer_reserve(out, KV_HEADER_MAX_BYTES);
    if (room)
        kv_buffer_commit(out, format_header(room, type, number));
}

static void reply_line(kv_buffer *out, char type, const char *text)
{
    const size_t size_bytes = strlen(text);
    char *room = kv_buffer_reserve(out, size_bytes + 3);
    if (!room)
        return;
    room[0] = type;
    for (size_t i = 0; i < size_bytes; i++)
        room[i + 1] = text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
    memcpy(room + 1 + size_bytes, "\r\n", 2);
    kv_buffer_commit(out, size_bytes + 3);
}

void kv_reply_text(kv_buffer *out, const char *text)
{
    reply_line(out, '+', text);
}

void kv_reply_error(kv_buffer *out, const char *text)
{
    reply_line(out, '-', text);
}

void kv_reply_errorf(kv_buffer *out, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reply_line(out, '-', text);
}

void kv_reply_integer(kv_buffer *out, int64_t number)
{
    reply_header(out, ':', number);
}

void kv_reply_bulk(kv_buffer *out, const char *bytes, size_t size_bytes)
{
    char *room = kv_buffer_reserve(out, KV_HEADER_MAX_BYTES + size_bytes + 2);
    if (!room)
        return;
    char *at = room + format_header(room, '$', (int64_t)size_bytes);
    if (size_bytes > 0)
        memcpy(at, bytes, size_bytes);
    memcpy(at + size_bytes, "\r\n", 2);
    kv_buffer_commit(out, (size_t)(at - room) + size_bytes + 2);
}

void kv_reply_bulk_text(kv_buffer *out, const char *text)
{
    kv_reply_bulk(out, text, strlen(text));
}

void kv_reply_array(kv_buffer *out, size_t count)
{
    reply_header(out, '*', (int64_t)count);
}

void kv_reply_take_back(kv_buffer *out, size_t size_bytes)
{
    out->end = out->begin + size_bytes;
}

size_t kv_reply_array_begin(const kv_buffer *out)
{
    return kv_buffer_size(out);
}

/* Puts the header before what was written since `begin`. */
static void insert_header(kv_buffer *out, size_t begin, char type, size_t number)
{
    if (!kv_buffer_reserve(out, KV_HEADER_MAX_BYTES))
        return;
    char header[KV_HEADER_MAX_BYTES];
    const size_t header_bytes = format_header(header, type, (int64_t)number);
    char *at = kv_buffer_data(out) + begin;
    memmove(at + header_bytes, at, kv_buffer_size(out) - begin);
    memcpy(at, header, header_bytes);
    kv_buffer_commit(out, header_bytes);
}

void kv_reply_array_end(kv_buffer *out, size_t begin, size_t count)
{
    insert_header(out, begin, '*', count);
}

size_t kv_reply_bulk_begin(const kv_buffer *out)
{
    return kv_buffer_size(out);
}

void kv_reply_bulk_end(kv_buffer *out, size_t begin)
{
    insert_header(out, begin, '$', kv_buffer_size(out) - begin);
    KV_REPLY_LITERAL(out, "\r\n");
}

void kv_reply_printf(kv_buffer *out, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0)
        kv_reply_raw(out, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}
