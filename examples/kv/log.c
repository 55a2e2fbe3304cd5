#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <weft/clock.h>

#define KV_LINES_PER_SECOND 10

static void write_line(const char *format, va_list arguments)
{
    char text[512];
    char date[32];
    const time_t now = time(NULL);
    struct tm local;
    strftime(date, sizeof date, "%F %T", localtime_r(&now, &local));
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "weft-kv: %s %s\n", date, text);
}

void kv_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

void kv_log_limited(kv_log_limit *limit, int64_t now_ns, const char *format, ...)
{
    if (now_ns - limit->second_ns >= WEFT_SECOND) {
        limit->second_ns = now_ns;
        limit->written = 0;
    }
    if (limit->written == KV_LINES_PER_SECOND) {
        limit->left_out++;
        return;
    }
    if (limit->left_out > 0)
        kv_log("%lu lines like the following were left out", limit->left_out);
    limit->left_out = 0;
    limit->written++;
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}
