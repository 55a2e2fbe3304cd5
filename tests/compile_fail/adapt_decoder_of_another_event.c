/* A decoder of another event than the wire gives. */
/* gcc: have 'on_frame_decoder_decode_is_given' {aka 'const double *'} and
 * 'on_frame_decoder_decode_takes' {aka 'const Frame *'} */
/* clang: 'on_frame_decoder_decode_is_given' (aka 'const double *') and
 * 'on_frame_decoder_decode_takes' (aka 'const Frame *') */
/* then: on_frame: decoder decode does not take double */
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

WEFT_ADAPT(on_frame, double, decode, add);
