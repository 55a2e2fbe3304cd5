/* What a scheduler is made of: in words, as a drawing, and whether all of it is right. */
#include <string.h>

#include "schedule.h"

/* ---- upstream ------------------------------------------------------------------------------ */

/* Walks the systems directly upstream of one, each once if the scheduler is built. */
typedef struct upstream {
    const weft_scheduler *scheduler;
    size_t later;
    size_t at; /* the next edge to look at */
} upstream;

static upstream upstream_of(const weft_scheduler *scheduler, size_t later)
{
    size_t low = 0;
    if (scheduler->plan) /* the edges are sorted */
        for (size_t high = scheduler->edge_len; low < high;) {
            const size_t middle = low + (high - low) / 2;
            if (scheduler->edges[middle].later < later)
                low = middle + 1;
            else
                high = middle;
        }
    return (upstream){ scheduler, later, low };
}

static bool upstream_next(upstream *walk, size_t *earlier_out)
{
    const weft_scheduler *scheduler = walk->scheduler;
    const weft_edge *edges = scheduler->edges;
    for (; walk->at < scheduler->edge_len; walk->at++) {
        const weft_edge *edge = &edges[walk->at];
        if (scheduler->plan && edge->later > walk->later)
            return false;
        const bool again =
            walk->at > 0 && edge[-1].later == edge->later && edge[-1].earlier == edge->earlier;
        if (edge->later != walk->later || again)
            continue;
        *earlier_out = edge->earlier;
        walk->at++;
        return true;
    }
    return false;
}

/* ---- in words and as a drawing ------------------------------------------------------------- */

static const char *name_of(const weft_scheduler *scheduler, size_t system)
{
    return weft_handler_name(scheduler->systems[system].handler);
}

void weft_scheduler_describe(const weft_scheduler *scheduler, FILE *out)
{
    fprintf(out, "%zu systems, %s\n", scheduler->len,
            scheduler->plan ? "in the order in which they run"
                            : "not built yet, in the order in which they were added");
    for (size_t position = 0; position < scheduler->len; position++) {
        const size_t system = scheduler->systems[position].at;
        fprintf(out, "%4zu %s: ", system, name_of(scheduler, system));
        const char *joint = "if";
        size_t earlier;
        for (upstream walk = upstream_of(scheduler, system); upstream_next(&walk, &earlier);) {
            fprintf(out, "%s %zu %s", joint, earlier, name_of(scheduler, earlier));
            joint = " or";
        }
        fputs(*joint == ' ' ? " changed\n" : "always\n", out);
    }
}

/* As a string of the DOT language. */
static void put_quoted(const char *text, FILE *out)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}

void weft_scheduler_draw(const weft_scheduler *scheduler, FILE *out)
{
    fputs("digraph scheduler {\n    rankdir=LR;\n    node [shape=box];\n", out);
    for (size_t position = 0; position < scheduler->len; position++) {
        const size_t system = scheduler->systems[position].at;
        fprintf(out, "    s%zu [label=", system);
        put_quoted(name_of(scheduler, system), out);
        fputs("];\n", out);
        size_t earlier;
        for (upstream walk = upstream_of(scheduler, system); upstream_next(&walk, &earlier);)
            fprintf(out, "    s%zu -> s%zu;\n", earlier, system);
    }
    fputs("}\n", out);
}

/* ---- invariants ---------------------------------------------------------------------------- */

static bool bit_at(const uint64_t *words, size_t position)
{
    return words[position / WEFT_WORD_BITS] >> position % WEFT_WORD_BITS & 1;
}

/* Whether a pass runs the system at `to` because the one at `from` changed something. */
static bool step_leads_to(const weft_step *steps, size_t from, size_t to)
{
    const size_t word = to / WEFT_WORD_BITS;
    if (word == from / WEFT_WORD_BITS)
        return steps[from].near >> to % WEFT_WORD_BITS & 1;
    for (const weft_link *link = steps[from].far; link; link = link->last ? NULL : link + 1)
        if (link->word == word)
            return link->mask >> to % WEFT_WORD_BITS & 1;
    return false;
}

static size_t count_targets(const weft_step *step)
{
    size_t count = (size_t)__builtin_popcountll(step->near);
    for (const weft_link *link = step->far; link; link = link->last ? NULL : link + 1)
        count += (size_t)__builtin_popcountll(link->mask);
    return count;
}

static const char *wrong_with_building(const weft_scheduler *scheduler)
{
    if (scheduler->len > scheduler->capacity || scheduler->edge_len > scheduler->edge_capacity)
        return "an array holds more than it has room for";
    for (size_t i = 0; i < scheduler->edge_len; i++)
        if (scheduler->edges[i].earlier >= scheduler->len ||
            scheduler->edges[i].later >= scheduler->len)
            return "an edge leads to no system";
    for (size_t i = 0; i < scheduler->len; i++) {
        const weft_system *system = &scheduler->systems[i];
        if (!system->handler || !system->handler->run)
            return "a system has no handler";
        if (system->position >= scheduler->len || scheduler->systems[system->position].at != i)
            return "the positions are no order of the systems";
    }
    return NULL;
}

static const char *wrong_with_edges(const weft_scheduler *scheduler)
{
    const weft_step *steps = scheduler->plan->steps;
    size_t edges = 0, targets = 0;
    for (size_t i = 0; i < scheduler->len; i++) {
        const size_t to = scheduler->systems[i].position;
        const size_t before = edges;
        size_t earlier;
        for (upstream walk = upstream_of(scheduler, i); upstream_next(&walk, &earlier); edges++) {
            const size_t from = scheduler->systems[earlier].position;
            if (from >= to)
                return "a system runs before one upstream of it";
            if (!step_leads_to(steps, from, to))
                return "an edge is missing in the plan";
        }
        if (bit_at(scheduler->plan->roots, to) != (edges == before))
            return "the roots are not the systems without anything upstream";
        targets += count_targets(&steps[to]);
    }
    return targets == edges ? NULL : "the plan has an edge that nobody gave";
}

static const char *wrong_with_plan(const weft_scheduler *scheduler)
{
    const weft_plan *plan = scheduler->plan;
    const size_t len = scheduler->len;
    if (plan->word_count != (len + WEFT_WORD_BITS - 1) / WEFT_WORD_BITS)
        return "the number of words does not fit the number of systems";
    for (size_t i = len; i < plan->word_count * WEFT_WORD_BITS; i++)
        if (bit_at(plan->roots, i) || bit_at(plan->pending, i))
            return "a bit is set behind the last system";
    for (size_t i = 0; i < len; i++) {
        const weft_handler *handler = plan->steps[i].handler;
        const size_t offset = (size_t)((uintptr_t)handler - (uintptr_t)plan);
        if (handler != scheduler->systems[scheduler->systems[i].at].handler)
            return "a step runs another system than the order says";
        if (offset >= plan->size_bytes || handler->fn->size_bytes > plan->size_bytes - offset)
            return "a handler is not in the plan";
        if ((uintptr_t)handler % handler->fn->align_bytes != 0)
            return "a handler is not aligned";
    }
    return wrong_with_edges(scheduler);
}

bool weft_scheduler_check(const weft_scheduler *scheduler, const char **why_out)
{
    const char *why = wrong_with_building(scheduler);
    if (!why && scheduler->plan)
        why = wrong_with_plan(scheduler);
    if (why)
        *why_out = why;
    return !why;
}
