/* An inner function with a context. */
/* gcc: on_frame: member session has a CTX, and nobody can give it one here */
/* clang: on_frame: member session has a CTX, and nobody can give it one here */
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

static void session(int *ctx, int event)
{
    *ctx += event;
}
WEFT_FN(session, CTX(int), IN(int));
WEFT_ADAPT(on_frame, Frame, decode, session);
