/* It ends in a result whose value is nothing, but whose error a handler could not return. */
/* gcc: call to 'weft_x_not_a_handler' declared with attribute error: this pipeline ends in a value,
 * which no handler returns: end it in void, bool or an option of nothing, or use its bind and call
 */
/* clang: call to weft_x_not_a_handler declared with 'error' attribute: this pipeline ends in a
 * value, which no handler returns: end it in void, bool or an option of nothing, or use its bind
 * and call */
/* flags: -O0 -c */
#include <weft/pipeline.h>

WEFT_RESULT(Done, weft_none, int);

static bool is_big(int v)
{
    return v > 10;
}
WEFT_FN(is_big, IN(int));
static void take(int v)
{
    (void)v;
}
WEFT_FN(take, IN(int));

WEFT_PIPELINE(p, int, Done, GUARD(is_big), MAP(take), OK_OR(3));

int main(void)
{
    struct p handler;
    return p_init(&handler, NULL);
}
