/* Marks: which of a set of numbered things have something to do, in the order in which they were
 * marked, each once.
 *
 *     weft_marks marks;
 *     uint32_t token, ready[32];
 *     if (weft_marks_init(&marks, NULL, 0) || weft_marks_add(&marks, &token)) return 1;
 *     weft_marks_mark(&marks, token);
 *     weft_marks_mark(&marks, token);                       // marked already: nothing changes
 *     for (size_t i = 0, n = weft_marks_take(&marks, ready, 32); i < n; i++)
 *         look_at(things[ready[i]]);                        // may mark, itself included
 *     weft_marks_fini(&marks);
 *
 * A bit per token says who is marked, a ring says in which order. As nobody is in the ring twice,
 * it has a place for each token and never grows by marking, however little is taken at a time.
 *
 * What this does not do: threads (conflate.h), taking a single mark back. Marks belong
 * to one thread.
 */
#ifndef WEFT_MARKS_H
#define WEFT_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Private fields. */
typedef struct weft_marks {
    weft_allocator allocator;
    uint64_t *bits; /* of each token: is it in the ring? */
    uint32_t *ring;
    uint32_t cap;   /* of both; 0 or a power of two, at least 64 */
    uint32_t count; /* tokens */
    uint32_t head;  /* where in the ring the oldest mark is */
    uint32_t len;   /* marks in the ring */
} weft_marks;

#define WEFT_MARKS_MOST (UINT32_C(1) << 31) /* tokens */

/* Marks for the tokens 0 to count - 1, none of them marked. A NULL allocator is malloc.
 * WEFT_ENOMEM; they are then zeroed, which weft_marks_fini accepts. */
WEFT_API WEFT_CHECKED weft_status weft_marks_init(weft_marks *marks,
                                                  const weft_allocator *allocator, uint32_t count);

/* Frees. A zeroed object and NULL are accepted. */
WEFT_API void weft_marks_fini(weft_marks *marks);

/* One more token, the next number. WEFT_ENOMEM. */
WEFT_API WEFT_CHECKED weft_status weft_marks_add(weft_marks *marks, uint32_t *token_out);

/* The tokens 0 to count - 1, if there were fewer. WEFT_ENOMEM. */
WEFT_API WEFT_CHECKED weft_status weft_marks_reserve(weft_marks *marks, uint32_t count);

/* Moves up to `most` tokens out, oldest mark first; they may be marked again from now on. Returns
 * how many. The rest stays, ahead of what is marked later. */
WEFT_API size_t weft_marks_take(weft_marks *marks, uint32_t *tokens_out, size_t most);

/* Verifies the invariants; on failure *why_out is a static sentence. O(tokens). */
WEFT_API bool weft_marks_check(const weft_marks *marks, const char **why_out);

/* How many tokens there are. */
static inline uint32_t weft_marks_count(const weft_marks *marks)
{
    return marks->count;
}

/* How many of them are marked. */
static inline uint32_t weft_marks_len(const weft_marks *marks)
{
    return marks->len;
}

/* True if the token is marked. */
static inline bool weft_marks_has(const weft_marks *marks, uint32_t token)
{
    return token < marks->count && (marks->bits[token / 64] >> token % 64 & 1);
}

/* Marks a token, last in order, unless it is marked. WEFT_EINVAL for a number that is no token.
 * Neither allocates nor fails otherwise. */
static inline weft_status weft_marks_mark(weft_marks *marks, uint32_t token)
{
    if (token >= marks->count)
        return WEFT_EINVAL;
    if (weft_marks_has(marks, token))
        return WEFT_OK;
    marks->bits[token / 64] |= UINT64_C(1) << token % 64;
    marks->ring[(marks->head + marks->len) & (marks->cap - 1)] = token;
    marks->len++;
    return WEFT_OK;
}

#ifdef __cplusplus
}
#endif
#endif
