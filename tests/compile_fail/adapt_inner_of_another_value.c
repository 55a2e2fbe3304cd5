/* An inner function that takes another value than is decoded. */
/* gcc: have 'on_frame_inner_other_is_given' {aka 'const int *'} and 'on_frame_inner_other_takes'
 * {aka 'const double *'} */
/* clang: 'on_frame_inner_other_is_given' (aka 'const int *') and 'on_frame_inner_other_takes' (aka
 * 'const double *') */
/* then: on_frame: other does not take the value that decode returns */
#include <weft/adapt.h>

typedef struct {
    int bytes[4];
} Frame;
WEFT_OPTION(Maybe, int);
static Maybe decode(const Frame *frame)
{
    return (Maybe){ .ok = frame->bytes[0] > 0, .value = frame->bytes[1] };
}
WEFT_FN(decode, REF(Frame));
static void add(int event)
{
    (void)event;
}
WEFT_FN(add, IN(int));

static void other(double event)
{
    (void)event;
}
WEFT_FN(other, IN(double));
WEFT_ADAPT(on_frame, Frame, decode, other);
