/* An option with a value of another type. */
/* gcc: invalid use of undefined type 'struct other' */
/* clang: variable has incomplete type 'struct other' */
#include <weft/option.h>

WEFT_OPTION(Maybe, int *);
Maybe none(void);
Maybe none(void)
{
    return (Maybe){ .ok = true, .value = (struct other){ 3 } };
}
