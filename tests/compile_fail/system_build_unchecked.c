/* The result of building, which tells of all failures before, that nobody looks at. */
/* flags: -Werror -c */
/* gcc: ignoring return value of 'weft_scheduler_build' declared with attribute */
/* clang: ignoring return value of function declared with 'warn_unused_result' attribute */
#include <weft/scheduler.h>

void build(weft_scheduler *scheduler);
void build(weft_scheduler *scheduler)
{
    weft_scheduler_build(scheduler);
}
