/* Many more parameters than a function may have. */
/* gcc: on_tick: a function has up to 12 parameters */
/* clang: on_tick: a function has up to 12 parameters */
#include <weft/fn.h>

static void on_tick(void)
{
}
WEFT_FN(on_tick, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ,
        SEQ, SEQ, SEQ, SEQ);
