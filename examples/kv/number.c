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
    const uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t magnitude = 0;
    for (; at < size_bytes; at++) {
        const unsigned digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9 || magnitude > limit / 10)
            return false;
        magnitude *= 10;
        if (digit > limit - magnitude)
            return false;
        magnitude += digit;
    }
    *number = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

size_t kv_number_format(char *text, int64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
                                "31323334353637383940414243444546474849505152535455565758596061"
                                "62636465666768697071727374757677787980818283848586878889909192"
                                "93949596979899";
    char digits[KV_NUMBER_MAX_BYTES];
    size_t start = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    while (rest >= 10) {
        start -= 2;
        memcpy(digits + start, pairs + rest % 100 * 2, 2);
        rest /= 100;
    }
    if (rest > 0 || start == sizeof digits)
        digits[--start] = (char)('0' + rest);
    else if (digits[start] == '0')
        start++; /* a pair such as "05" at the front */
    if (number < 0)
        digits[--start] = '-';
    memcpy(text, digits + start, sizeof digits - start);
    return sizeof digits - start;
}
