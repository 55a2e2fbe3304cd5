/* A bundle of seventeen. */
/* gcc: Many: a bundle has up to 16 members; put some into a bundle of their own */
/* clang: Many: a bundle has up to 16 members; put some into a bundle of their own */
#include <weft/fn.h>

WEFT_BUNDLE(Many, LOCAL(int, m1), LOCAL(int, m2), LOCAL(int, m3), LOCAL(int, m4), LOCAL(int, m5),
            LOCAL(int, m6), LOCAL(int, m7), LOCAL(int, m8), LOCAL(int, m9), LOCAL(int, m10),
            LOCAL(int, m11), LOCAL(int, m12), LOCAL(int, m13), LOCAL(int, m14), LOCAL(int, m15),
            LOCAL(int, m16), LOCAL(int, m17));
