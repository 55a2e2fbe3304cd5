/* A decoder that returns nothing. */
/* gcc: on_frame: decoder silent returns nothing */
/* clang: on_frame: decoder silent returns nothing */
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

static void silent(const Frame *frame)
{
    (void)frame;
}
WEFT_FN(silent, REF(Frame));
WEFT_ADAPT(on_frame, Frame, silent, add);
