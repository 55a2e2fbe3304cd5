/* A function is a box. What is made of parts is a frame with a point where it begins and one where
 * it ends, so that one arrow leads in and one leads out however it looks inside. */
#include <weft/describe.h>

#include <string.h>

#include "describe.h"

enum { MAX_ARMS = 8 };

typedef struct drawing {
    FILE *file;
    size_t nodes, frames; /* numbers given so far */
    size_t depth;
} drawing;

/* Where something begins and ends. */
typedef struct drawn {
    size_t first, last;
} drawn;

static void indent(const drawing *d)
{
    fprintf(d->file, "%*s", (int)(2 * (d->depth + 1)), "");
}

static void quoted(const char *text, FILE *file)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        fputc(*text, file);
    }
}

static void arrow(drawing *d, size_t from, size_t to)
{
    indent(d);
    fprintf(d->file, "n%zu -> n%zu;\n", from, to);
}

static void draw_resources(drawing *d, size_t node, const weft_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weft_param *param = &params[i];
        if (param->bundle)
            draw_resources(d, node, param->bundle->params, param->bundle->param_count);
        if (!describe_is_resource(param))
            continue;
        indent(d);
        if (describe_is_written(param))
            fprintf(d->file, "n%zu -> \"%s\" [style=dashed];\n", node, param->type_name);
        else
            fprintf(d->file, "\"%s\" -> n%zu [style=dashed];\n", param->type_name, node);
    }
}

static size_t draw_point(drawing *d)
{
    indent(d);
    fprintf(d->file, "n%zu [shape=point];\n", d->nodes);
    return d->nodes++;
}

/* A box with what it is called and, below, what it takes. */
static drawn draw_box(drawing *d, const char *role, const char *name, const weft_fn *fn)
{
    const size_t node = d->nodes++;
    indent(d);
    fprintf(d->file, "n%zu [shape=box, label=\"", node);
    quoted(role, d->file);
    if (*role && *name)
        fputc(' ', d->file);
    quoted(name, d->file);
    if (fn && fn->param_count > 0) {
        fputs("\\n", d->file);
        describe_params(fn->params, fn->param_count, d->file);
    }
    fputs("\"];\n", d->file);
    if (fn)
        draw_resources(d, node, fn->params, fn->param_count);
    return (drawn){ node, node };
}

static void frame_begin(drawing *d, const char *role, const char *shape, const char *name)
{
    indent(d);
    fprintf(d->file, "subgraph cluster_%zu {\n", d->frames++);
    d->depth++;
    indent(d);
    fputs("label=\"", d->file);
    quoted(role, d->file);
    fprintf(d->file, "%s%s%s%s\";\n", *role ? " " : "", shape, *name ? " " : "", name);
}

static void frame_end(drawing *d)
{
    d->depth--;
    indent(d);
    fputs("}\n", d->file);
}

static drawn draw_fn(drawing *d, const char *role, const weft_fn *fn);

static drawn draw_part(drawing *d, const weft_part *part)
{
    return part->fn ? draw_fn(d, part->role, part->fn) : draw_box(d, part->role, part->text, NULL);
}

/* Draws the parts of one step behind the ends of the step before; returns how many parts it has,
 * and leaves its own ends. */
static size_t draw_step(drawing *d, const weft_part *parts, size_t count, size_t *ends,
                        size_t *end_count)
{
    size_t of_step = 0, next[MAX_ARMS], next_count = 0;
    while (of_step < count && parts[of_step].step == parts[0].step) {
        const weft_part *part = &parts[of_step++];
        const drawn part_drawn = draw_part(d, part);
        for (size_t e = 0; e < *end_count; e++)
            arrow(d, ends[e], part_drawn.first);
        if (strcmp(part->role, "ROUTE if") == 0) {
            ends[0] = part_drawn.last;
            *end_count = 1;
        } else if (next_count < MAX_ARMS) {
            next[next_count++] = part_drawn.last;
        }
    }
    memcpy(ends, next, next_count * sizeof *ends);
    *end_count = next_count;
    return of_step;
}

static drawn draw_fn(drawing *d, const char *role, const weft_fn *fn)
{
    if (fn->part_count == 0)
        return draw_box(d, role, fn->name, fn);
    frame_begin(d, role, fn->shape, fn->name);
    drawn all = { draw_point(d), 0 };
    draw_resources(d, all.first, fn->params, fn->param_count);
    size_t ends[MAX_ARMS] = { all.first }, end_count = 1;
    for (size_t i = 0; i < fn->part_count;)
        i += draw_step(d, &fn->parts[i], fn->part_count - i, ends, &end_count);
    all.last = draw_point(d);
    for (size_t e = 0; e < end_count; e++)
        arrow(d, ends[e], all.last);
    frame_end(d);
    return all;
}

static drawn draw_handler(drawing *d, const weft_handler *handler)
{
    const weft_fn *fn = handler->fn;
    const weft_handler *inner = fn->inner ? fn->inner(handler) : NULL;
    if (!inner && !fn->member)
        return draw_fn(d, "", fn);
    frame_begin(d, "", fn->shape ? fn->shape : fn->name, inner ? "" : fn->event(handler).name);
    drawn all;
    if (inner) {
        all = draw_handler(d, inner);
    } else {
        all.first = draw_point(d);
        const weft_handler *member;
        for (size_t i = 0; (member = fn->member(handler, i)) != NULL; i++)
            arrow(d, all.first, draw_handler(d, member).first);
        all.last = all.first;
    }
    frame_end(d);
    return all;
}

static void begin(const char *name, FILE *file)
{
    fprintf(file, "digraph \"%s\" {\n", name);
}

void weft_describe_dot(const weft_handler *handler, FILE *file)
{
    drawing d = { .file = file };
    const bool bound = handler && handler->fn;
    begin(bound ? weft_handler_name(handler) : "nothing", file);
    if (bound)
        draw_handler(&d, handler);
    fputs("}\n", file);
}

void weft_describe_dot_fn(const weft_fn *fn, FILE *file)
{
    drawing d = { .file = file };
    begin(fn->name, file);
    draw_fn(&d, "", fn);
    fputs("}\n", file);
}
