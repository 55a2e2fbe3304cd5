/* An input that is a pointer without a name, of which `const In *` is something else. */
/* gcc: p: the input char * is a pointer; give it a name of one word by typedef */
/* clang: p: the input char * is a pointer; give it a name of one word by typedef */
#include <weft/pipeline.h>

static void look(char *text)
{
    (void)text;
}
typedef char *Text;
WEFT_FN(look, IN(Text));

WEFT_PIPELINE(p, char *, void, THEN(look));
