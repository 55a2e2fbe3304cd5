#include <weft/marks.h>

#include <string.h>

enum { WORD_BITS = 64 };

static size_t bits_bytes(uint32_t cap)
{
    return cap / WORD_BITS * sizeof(uint64_t);
}

static void arrays_free(weft_marks *marks, uint64_t *bits, uint32_t *ring, uint32_t cap)
{
    weft_free(&marks->allocator, bits, bits_bytes(cap), _Alignof(uint64_t));
    weft_free(&marks->allocator, ring, cap * sizeof *ring, _Alignof(uint32_t));
}

/* Larger arrays, the ring straightened out; false if there is no memory, and nothing changes. */
static bool grow(weft_marks *marks, uint32_t cap)
{
    uint64_t *bits = weft_alloc(&marks->allocator, bits_bytes(cap), _Alignof(uint64_t));
    uint32_t *ring = weft_alloc(&marks->allocator, cap * sizeof *ring, _Alignof(uint32_t));
    if (!bits || !ring) {
        arrays_free(marks, bits, ring, cap);
        return false;
    }
    memset(bits, 0, bits_bytes(cap));
    if (marks->cap)
        memcpy(bits, marks->bits, bits_bytes(marks->cap));
    for (uint32_t i = 0; i < marks->len; i++)
        ring[i] = marks->ring[(marks->head + i) & (marks->cap - 1)];
    arrays_free(marks, marks->bits, marks->ring, marks->cap);
    marks->bits = bits;
    marks->ring = ring;
    marks->cap = cap;
    marks->head = 0;
    return true;
}

weft_status weft_marks_reserve(weft_marks *marks, uint32_t count)
{
    if (count > WEFT_MARKS_MOST)
        return WEFT_ENOMEM;
    uint32_t cap = marks->cap ? marks->cap : WORD_BITS;
    while (cap < count)
        cap *= 2;
    if (count > marks->cap && !grow(marks, cap))
        return WEFT_ENOMEM;
    if (count > marks->count)
        marks->count = count;
    return WEFT_OK;
}

weft_status weft_marks_add(weft_marks *marks, uint32_t *token_out)
{
    const uint32_t token = marks->count;
    const weft_status status = weft_marks_reserve(marks, token + 1);
    if (status == WEFT_OK)
        *token_out = token;
    return status;
}

weft_status weft_marks_init(weft_marks *marks, const weft_allocator *allocator, uint32_t count)
{
    *marks = (weft_marks){ .allocator = weft_allocator_or_default(allocator) };
    const weft_status status = weft_marks_reserve(marks, count);
    if (status)
        *marks = (weft_marks){ .count = 0 };
    return status;
}

void weft_marks_fini(weft_marks *marks)
{
    if (!marks)
        return;
    if (marks->cap)
        arrays_free(marks, marks->bits, marks->ring, marks->cap);
    *marks = (weft_marks){ .count = 0 };
}

size_t weft_marks_take(weft_marks *marks, uint32_t *tokens_out, size_t most)
{
    const uint32_t n = most < marks->len ? (uint32_t)most : marks->len;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t token = marks->ring[(marks->head + i) & (marks->cap - 1)];
        marks->bits[token / WORD_BITS] &= ~(UINT64_C(1) << token % WORD_BITS);
        tokens_out[i] = token;
    }
    if (n) {
        marks->head = (marks->head + n) & (marks->cap - 1);
        marks->len -= n;
    }
    return n;
}

bool weft_marks_check(const weft_marks *marks, const char **why_out)
{
    if (marks->count > marks->cap || marks->len > marks->count) {
        *why_out = "there are more tokens or marks than places";
        return false;
    }
    if ((marks->cap & (marks->cap - 1)) || (marks->cap && marks->head >= marks->cap)) {
        *why_out = "the ring has no size, or no head in it";
        return false;
    }
    for (uint32_t i = 0; i < marks->len; i++)
        if (!weft_marks_has(marks, marks->ring[(marks->head + i) & (marks->cap - 1)])) {
            *why_out = "a token is in the ring, but its bit is not set";
            return false;
        }
    /* With as many bits as marks, each of them set, no token can be in the ring twice. */
    uint32_t bits = 0;
    for (uint32_t i = 0; i < marks->cap / WORD_BITS; i++)
        bits += (uint32_t)__builtin_popcountll(marks->bits[i]);
    if (bits != marks->len) {
        *why_out = "bits and ring do not agree";
        return false;
    }
    return true;
}
