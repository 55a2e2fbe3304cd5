/* Everything in one include, except testing.h. */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

/* base */
#include <weft/alloc.h>
#include <weft/bytes.h>
#include <weft/conflate.h>
#include <weft/marks.h>
#include <weft/mpsc.h>
#include <weft/mpsc_list.h>
#include <weft/seq.h>
#include <weft/shutdown.h>
#include <weft/slab.h>
#include <weft/spsc.h>
#include <weft/status.h>
#include <weft/wake.h>

/* world */
#include <weft/adapt.h>
#include <weft/batch.h>
#include <weft/broadcast.h>
#include <weft/describe.h>
#include <weft/fanout.h>
#include <weft/fn.h>
#include <weft/guard.h>
#include <weft/handler.h>
#include <weft/option.h>
#include <weft/pipeline.h>
#include <weft/raw.h>
#include <weft/reactor.h>
#include <weft/resource.h>
#include <weft/scheduler.h>
#include <weft/storage.h>
#include <weft/world.h>

/* drivers */
#include <weft/clock.h>
#include <weft/io.h>
#include <weft/io_stream.h>
#include <weft/loop.h>
#include <weft/net.h>
#include <weft/notify.h>
#include <weft/signals.h>
#include <weft/timers.h>
#include <weft/wheel.h>

#endif
