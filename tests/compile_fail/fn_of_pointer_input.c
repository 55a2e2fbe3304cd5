/* An input that is a pointer without a name, by value: `const T *` is something else. */
/* gcc: look: the input const char * is a pointer; give it a name of one word by typedef */
/* clang: look: the input const char * is a pointer; give it a name of one word by typedef */
#include <weft/fn.h>

static void look(const char *text)
{
    (void)text;
}
WEFT_FN(look, IN(const char *));
