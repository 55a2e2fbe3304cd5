/* An UNWRAP_OR with another type. */
/* gcc: initialization of 'p_step_2_UNWRAP_OR' {aka 'const int'} from 'char *' makes integer from
 * pointer without a cast [-Werror=int-conversion] */
/* clang: incompatible pointer to integer conversion initializing 'const p_step_2_UNWRAP_OR' (aka
 * 'const int') with an expression of type 'char[5]' [-Werror,-Wint-conversion] */
#include <weft/pipeline.h>

WEFT_OPTION(Maybe, int);

static Maybe some(int v)
{
    return (Maybe){ .ok = true, .value = v };
}
WEFT_FN(some, IN(int));

typedef struct {
    int id;
} Order;

WEFT_PIPELINE(p, int, int, THEN(some), UNWRAP_OR("none"));
