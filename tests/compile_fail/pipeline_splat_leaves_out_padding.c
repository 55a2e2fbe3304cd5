/* A SPLAT that leaves out a last member which lies where the tuple without it has padding. */
/* gcc: (have 'p_step_1_SPLAT_weigh_is_given' {aka 'void (*)(weft_inputs,  const long unsigned
 * int *, const unsigned int *, const unsigned int *)'} and 'p_step_1_SPLAT_weigh_takes' {aka 'void
 * (*)(weft_inputs,  const long unsigned int *, const unsigned int *)'}) */
/* clang: ('p_step_1_SPLAT_weigh_is_given' (aka 'void (*)(enum weft_inputs, const unsigned long *,
 * const unsigned int *, const unsigned int *)') and 'p_step_1_SPLAT_weigh_takes' (aka 'void
 * (*)(enum weft_inputs, const unsigned long *, const unsigned int *)')) */
/* then: p: step 1, SPLAT(weigh), does not take the members of the tuple, each and in their order */
#include <weft/pipeline.h>

#include <stdint.h>

WEFT_TUPLE(Lot, uint64_t, uint32_t, uint32_t);

static uint64_t weigh(uint64_t amount, uint32_t weight)
{
    return amount * weight;
}
WEFT_FN(weigh, IN(uint64_t), IN(uint32_t));

WEFT_PIPELINE(p, Lot, uint64_t, SPLAT(weigh));
