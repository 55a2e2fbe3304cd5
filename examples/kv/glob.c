#include "glob.h"

#include <stddef.h>

static unsigned char fold_case(char c, bool nocase)
{
    const unsigned char byte = (unsigned char)c;
    return nocase && byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

/* Matches c against the class whose '[' is at *at; *at moves behind it. A class that is not
 * closed ends with the pattern. */
static bool match_class(kv_slice pattern, size_t *at, char c, bool nocase)
{
    const unsigned char byte = fold_case(c, nocase);
    size_t i = *at + 1;
    bool matched = false;
    const bool inverted = i < pattern.size_bytes && pattern.data[i] == '^';
    if (inverted)
        i++;
    for (; i < pattern.size_bytes && pattern.data[i] != ']'; i++) {
        unsigned char low = fold_case(pattern.data[i], nocase);
        unsigned char high = low;
        if (pattern.data[i] == '\\' && i + 1 < pattern.size_bytes) {
            i++;
            low = high = fold_case(pattern.data[i], nocase);
        } else if (i + 2 < pattern.size_bytes && pattern.data[i + 1] == '-') {
            high = fold_case(pattern.data[i + 2], nocase);
            i += 2;
        }
        matched |= (byte >= low && byte <= high) || (byte >= high && byte <= low);
    }
    *at = i < pattern.size_bytes ? i + 1 : i;
    return matched != inverted;
}

/* Matches c against what is at *at, which is not a '*'; *at moves behind it. */
static bool match_one(kv_slice pattern, size_t *at, char c, bool nocase)
{
    if (pattern.data[*at] == '[')
        return match_class(pattern, at, c, nocase);
    if (pattern.data[*at] == '?') {
        *at += 1;
        return true;
    }
    if (pattern.data[*at] == '\\' && *at + 1 < pattern.size_bytes)
        *at += 1;
    const char wanted = pattern.data[*at];
    *at += 1;
    return fold_case(wanted, nocase) == fold_case(c, nocase);
}

/* When a byte does not match, only the latest '*' need take one byte more: what an earlier one
 * could still take, the latest can take as well. */
static bool match(kv_slice pattern, kv_slice text, bool nocase)
{
    size_t at = 0;
    size_t i = 0;
    bool starred = false;
    size_t star_at = 0; /* behind the latest '*' */
    size_t star_i = 0;  /* where the text behind what it takes begins */
    while (i < text.size_bytes) {
        if (at < pattern.size_bytes && pattern.data[at] == '*') {
            starred = true;
            star_at = ++at;
            star_i = i;
        } else if (at < pattern.size_bytes && match_one(pattern, &at, text.data[i], nocase)) {
            i++;
        } else if (starred) {
            at = star_at;
            i = ++star_i;
        } else {
            return false;
        }
    }
    while (at < pattern.size_bytes && pattern.data[at] == '*')
        at++;
    return at == pattern.size_bytes;
}

bool kv_glob_match(kv_slice pattern, kv_slice text)
{
    return match(pattern, text, false);
}

bool kv_glob_match_nocase(kv_slice pattern, kv_slice text)
{
    return match(pattern, text, true);
}
