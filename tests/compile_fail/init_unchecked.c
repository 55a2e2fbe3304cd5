/* A result of f_init that nobody looks at. */
/* flags: -Werror -c */
/* gcc: ignoring return value of 'on_tick_init' declared with attribute 'warn_unused_result'
 * [-Werror=unused-result] */
/* clang: ignoring return value of function declared with 'warn_unused_result' attribute
 * [-Werror,-Wunused-result] */
#include <weft/fn.h>

static void on_tick(int event)
{
    (void)event;
}
WEFT_FN(on_tick, IN(int));

void start(struct on_tick *tick, const weft_world *world);
void start(struct on_tick *tick, const weft_world *world)
{
    on_tick_init(tick, world);
}
