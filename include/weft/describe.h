/* Describe: what a handler is made of, as text or as a graph, from the tables that exist anyway.
 *
 *     weft_describe(&orders.base, stdout);
 *
 *     pipeline on_order(REF Order) -> void, 40 bytes
 *       1 THEN validate(RES Config, REF Order)
 *       2 AND_THEN enrich(IN Order)
 *       3 CATCH log_reject(MUT Rejects, IN Reject)
 *       4 MAP submit(MUT Counter, REF Order)
 *       reads Config
 *       writes Rejects, Counter
 *
 *     weft_describe_dot(&orders.base, file);        // for Graphviz: dot -Tsvg
 *
 * It understands functions, callbacks, fan-outs, adapters and pipelines, the handler inside a box
 * or a guard, and the members that a broadcast has at that moment. Parameters stand as their
 * keyword and type; a bundle is followed by its members in braces. The order of everything is that
 * in which it was declared, added or runs.
 *
 * What this does not do: look at values, run anything, name the type of a value between two steps
 * other than by what the next one takes.
 */
#ifndef WEFT_DESCRIBE_H
#define WEFT_DESCRIBE_H

#include <stdio.h>

#include <weft/handler.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the description, ending in a line end. Errors of the file stay in it: ferror. Nothing is
 * allocated. [loop] */
WEFT_API void weft_describe(const weft_handler *handler, FILE *file);

/* The same of a function or pipeline that is not bound yet: weft_describe_fn(&on_order_fn, file).
 */
WEFT_API void weft_describe_fn(const weft_fn *fn, FILE *file);

/* The same as a directed graph in Graphviz's language: functions as boxes, joined by arrows in the
 * order of the steps, arms beside each other; resources as ovals, joined by dashed arrows that
 * point the way the data goes. */
WEFT_API void weft_describe_dot(const weft_handler *handler, FILE *file);
WEFT_API void weft_describe_dot_fn(const weft_fn *fn, FILE *file);

#ifdef __cplusplus
}
#endif
#endif
