/* A CATCH that takes another error. */
/* gcc: (have 'p_step_2_CATCH_look_is_given' {aka 'const char *'} and 'p_step_2_CATCH_look_takes'
 * {aka 'const int *'}) */
/* clang: ('p_step_2_CATCH_look_is_given' (aka 'const char *') and 'p_step_2_CATCH_look_takes' (aka
 * 'const int *')) */
/* then: p: step 2, CATCH(look), does not take the error in what step 1 gives */
#include <weft/pipeline.h>

WEFT_RESULT(Result, int, char);

static Result check(int v)
{
    return (Result){ .ok = true, .value = v };
}
WEFT_FN(check, IN(int));

static void look(const int *v)
{
    (void)v;
}
WEFT_FN(look, REF(int));

WEFT_PIPELINE(p, int, void, THEN(check), CATCH(look));
