/* Weft: everything in one include, except testing.h.
 *
 * The words of the headers. A world (world.h) holds resources (resource.h), one value per type. A
 * function says which of them it needs (fn.h); bound to them it is a handler (handler.h). Drivers
 * run handlers, each with an event of a type: timers.h, io.h, notify.h and signals.h, which a pass
 * of the loop (loop.h) polls one after the other.
 *
 * The tags of a contract say where a call may come from; what has none, from the one thread that
 * the object belongs to:
 *
 *     [before build]        while the world is put together
 *     [loop]                in the world's thread, outside its handlers: in what polls the drivers
 *     [in handler]          in a handler
 *     [any thread]          anywhere, also from several threads at once
 *     [in signal handler]   in a signal handler, what it interrupts being anything
 *     [producer]            from one end of a queue, in one thread at a time; so are [consumer] and
 *                           [receiver] from the other end
 *
 * Everywhere: a failure is a negative weft_status (status.h) and leaves outputs untouched.
 * "Reported" says that a sentence goes to the world's error hook (world.h) besides. NULL is
 * accepted where a comment says so, and nowhere else. "The builder knows why": the failure was
 * reported, and weft_builder_build returns it.
 */
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
