/* A key that is taken from a value of another type. */
/* gcc: '_Generic' selector of type 'const StrategyId *' is not compatible with any association */
/* clang: controlling expression type 'const StrategyId *' not compatible with any generic
 * association type */
#include <weft/reactor.h>

typedef struct {
    uint32_t number;
} InstrumentId;

typedef struct {
    uint32_t number;
} StrategyId;

bool find(const weft_reactors *reactors, const StrategyId *strategy, weft_source_id *source_out);

bool find(const weft_reactors *reactors, const StrategyId *strategy, weft_source_id *source_out)
{
    return weft_reactors_find_key(reactors, WEFT_KEY_FROM(InstrumentId, strategy), source_out);
}
