/* Decimal integers as the protocol writes them: no sign but '-', no leading zero, no blanks. */
#ifndef KV_NUMBER_H
#define KV_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text that kv_number_format writes: "-9223372036854775808". */
#define KV_NUMBER_MAX_BYTES 20

/* Reads all of `text` as one integer. False, with *number untouched, for anything else than the
 * one way to write it: "", "+1", "01", "-0", " 1" and what does not fit 64 bits. */
bool kv_number_parse(const char *text, size_t size_bytes, int64_t *number);

/* Writes the digits of `number` to `text`, which has room for KV_NUMBER_MAX_BYTES; not
 * terminated. Returns how many bytes it wrote. */
size_t kv_number_format(char *text, int64_t number);

#endif
