/* An input that is a pointer without a name, by reference: `const T *` is something else. */
/* gcc: look: the input char * is a pointer; give it a name of one word by typedef */
/* clang: look: the input char * is a pointer; give it a name of one word by typedef */
#include <weft/fn.h>

static void look(char *const *text)
{
    (void)text;
}
WEFT_FN(look, REF(char *));
