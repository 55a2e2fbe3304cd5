/* The same behind an array, which is initialized in braces. */
/* gcc: p: step 1, SPLAT(weigh), does not take the members of the tuple, each and in their order */
/* clang: p: step 1, SPLAT(weigh), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

#include <stdint.h>

typedef char Code[5];
WEFT_TUPLE(Lot, uint64_t, Code, char, char);

static uint64_t weigh(uint64_t amount, const Code *code)
{
    return amount * (uint64_t)(*code)[0];
}
WEFT_FN(weigh, IN(uint64_t), REF(Code));

WEFT_PIPELINE(p, Lot, uint64_t, SPLAT(weigh));
