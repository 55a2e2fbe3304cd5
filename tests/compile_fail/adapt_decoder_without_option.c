/* A decoder that returns a bare value. */
/* gcc: have 'on_frame_decoder_bare_returns' {aka 'const int *'} and
 * 'on_frame_decoder_bare_must_return' {aka 'const weft_x_option_or_result *'} */
/* clang: 'on_frame_decoder_bare_returns' (aka 'const int *') and
 * 'on_frame_decoder_bare_must_return' (aka 'const struct weft_x_option_or_result *') */
/* then: on_frame: decoder bare returns no option */
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

static int bare(const Frame *frame)
{
    return frame->bytes[0];
}
WEFT_FN(bare, REF(Frame));
WEFT_ADAPT(on_frame, Frame, bare, add);
