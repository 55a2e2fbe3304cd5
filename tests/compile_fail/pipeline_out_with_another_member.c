/* It ends in a type that has what an option has, and more. */
/* gcc: "p: it must return an option or a result; Noted has more members than ok, value and error" */
/* clang: "p: it must return an option or a result; Noted has more members than ok, value and error" */
#include <weft/pipeline.h>

typedef struct Noted {
    bool ok;
    int value;
    weft_none error;
    char note;
} Noted;

static bool is_big(int v)
{
    return v > 100;
}
WEFT_FN(is_big, IN(int));

WEFT_PIPELINE(p, int, Noted, GUARD(is_big));
