/* A function that does not exist. */
/* gcc: 'on_tick' undeclared here */
/* clang: use of undeclared identifier 'on_tick' */
#include <weft/fn.h>

WEFT_FN(on_tick, IN(int));
