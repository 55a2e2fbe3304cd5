/* A MAP whose function takes another value than the option has. */
/* gcc: (have 'p_step_2_MAP_decode_is_given' {aka 'const int *'} and 'p_step_2_MAP_decode_takes'
 * {aka 'const unsigned int *'}) */
/* clang: ('p_step_2_MAP_decode_is_given' (aka 'const int *') and 'p_step_2_MAP_decode_takes' (aka
 * 'const unsigned int *')) */
/* then: p: step 2, MAP(decode), does not take the value in what step 1 gives */
#include <weft/pipeline.h>

WEFT_OPTION(Maybe, int);

static Maybe some(int v)
{
    return (Maybe){ .ok = true, .value = v };
}
WEFT_FN(some, IN(int));

static uint64_t decode(uint32_t v)
{
    return v;
}
WEFT_FN(decode, IN(uint32_t));

WEFT_PIPELINE(p, int, void, THEN(some), MAP(decode));
