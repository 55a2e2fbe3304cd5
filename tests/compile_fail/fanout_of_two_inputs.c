/* A member that takes two inputs. */
/* gcc: have 'on_price_member_sum_is_given' {aka 'const int *'} and 'on_price_member_sum_takes' {aka
 * 'void (*)(weft_inputs,  const int *, const int *)'} */
/* clang: 'on_price_member_sum_is_given' (aka 'const int *') and 'on_price_member_sum_takes' (aka
 * 'void (*)(enum weft_inputs, const int *, const int *)') */
/* then: on_price: member sum does not take int */
#include <weft/fanout.h>

static void add(int event)
{
    (void)event;
}
WEFT_FN(add, IN(int));
static void count(void)
{
}
WEFT_FN(count);

static void sum(int one, int two)
{
    (void)(one + two);
}
WEFT_FN(sum, IN(int), IN(int));
WEFT_FANOUT(on_price, int, add, sum);
