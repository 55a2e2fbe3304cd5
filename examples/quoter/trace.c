#include "trace.h"

WEFT_RESOURCE_DEFINE(Trace);
