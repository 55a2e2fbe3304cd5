/* More parameters than a function may have. */
/* gcc: on_tick: a function has up to 12 parameters */
/* clang: on_tick: a function has up to 12 parameters */
#include <weft/fn.h>

static void on_tick(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k,
                    int l, int m)
{
    (void)(a + b + c + d + e + f + g + h + i + j + k + l + m);
}
WEFT_FN(on_tick, IN(int), IN(int), IN(int), IN(int), IN(int), IN(int), IN(int), IN(int), IN(int),
        IN(int), IN(int), IN(int), IN(int));
