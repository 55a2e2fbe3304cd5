/* It ends in a value, which no handler can return. */
/* gcc: call to 'weft_x_not_a_handler' declared with attribute error: this pipeline ends in a value,
 * which no handler returns: end it in void, bool or an option of nothing, or use its bind and call
 */
/* clang: call to weft_x_not_a_handler declared with 'error' attribute: this pipeline ends in a
 * value, which no handler returns: end it in void, bool or an option of nothing, or use its bind
 * and call */
/* flags: -O0 -c */
#include <weft/pipeline.h>

static int twice(int v)
{
    return 2 * v;
}
WEFT_FN(twice, IN(int));

WEFT_PIPELINE(p, int, int, THEN(twice));

int main(void)
{
    struct p handler;
    return p_init(&handler, NULL);
}
