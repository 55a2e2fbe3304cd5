/* test-labels: slow */
/* The handshake of a sleeping loop that has a pipe in place of an event counter. */
#define WEFT_PORTABLE 1
#include "base/system.h"

#include "model_system.h"

/* Both ends of the model's descriptor have one number. */
static int make_ends(int ends[2])
{
    return (ends[0] = ends[1] = model_eventfd(0)) < 0 ? -1 : 0;
}
#define weft_system_pipe make_ends

#include "test_wake.c"
