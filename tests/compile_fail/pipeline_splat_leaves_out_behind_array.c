/* The same behind an array, which is initialized in braces. */
/* gcc: (have 'p_step_1_SPLAT_weigh_is_given' {aka 'void (*)(weft_inputs,  const long unsigned
 * int *, char (*)[5], const char *, const char *)'} and 'p_step_1_SPLAT_weigh_takes' {aka 'void
 * (*)(weft_inputs,  const long unsigned int *, char (*)[5])'}) */
/* clang: ('p_step_1_SPLAT_weigh_is_given' (aka 'void (*)(enum weft_inputs, const unsigned long *,
 * const char (*)[5], const char *, const char *)') and 'p_step_1_SPLAT_weigh_takes' (aka 'void
 * (*)(enum weft_inputs, const unsigned long *, const char (*)[5])')) */
/* then: p: step 1, SPLAT(weigh), does not take the members of the tuple, each and in their order */
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
