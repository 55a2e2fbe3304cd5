#include "number.h"

#include <string.h>

bool kv_number_parse(const char *text, size_t size_bytes, int64_t *number)
{
    const bool negative = size_bytes > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == size_bytes || size_bytes > KV_NUMBER_MAX_BYTES)
        return false;
    if (text[at] == '0') {
        if (size_bytes != 1)
            return false;
        *number = 0;
        return true;
    }
    /* Nineteen digits fit in 64 bits, and a twentieth is one too many for the limit. */
    uint64_t magnitude = 0;
    if (size_bytes - at > KV_NUMBER_MAX_BYTES - 1)
        return false;
    for (; at < size_bytes; at++) {
        const unsigned digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9)
            return false;
        magnitude = magnitude * 10 + digit;
    }
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *number = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

static size_t count_digits(uint64_t number)
{
    size_t count = 1;
    for (; number >= 10000; number /= 10000)
        count += 4;
    return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

size_t kv_number_format(char *text, int64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
                                "31323334353637383940414243444546474849505152535455565758596061"
                                "62636465666768697071727374757677787980818283848586878889909192"
                                "93949596979899";
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    const size_t size_bytes = (number < 0) + count_digits(rest);
    char *at = text + size_bytes;
    if (number < 0)
        text[0] = '-';
    for (; rest >= 10; rest /= 100) {
        at -= 2;
        memcpy(at, pairs + rest % 100 * 2, 2);
    }
    if (at > text + (number < 0))
        *--at = (char)('0' + rest);
    return size_bytes;
}
