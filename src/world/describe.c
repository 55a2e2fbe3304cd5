#include <weft/describe.h>

#include "describe.h"

static const char *const keywords[] = {
#define KEYWORD(kind, text) [WEFT_PARAM_##kind] = text,
    WEFT_PARAM_LIST(KEYWORD)
#undef KEYWORD
};

bool describe_is_resource(const weft_param *param)
{
    return param->type != NULL;
}

bool describe_is_written(const weft_param *param)
{
    return param->kind == WEFT_PARAM_MUT || param->kind == WEFT_PARAM_OPT_MUT;
}

static bool has_type(const weft_param *param)
{
    switch (param->kind) {
    case WEFT_PARAM_SEQ:
    case WEFT_PARAM_SEQ_MUT:
    case WEFT_PARAM_SHUTDOWN:
    case WEFT_PARAM_REGISTRY:
    case WEFT_PARAM_WORLD: return false;
    default: return true;
    }
}

void describe_params(const weft_param *params, size_t count, FILE *file)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s%s", i > 0 ? ", " : "", keywords[params[i].kind]);
        if (has_type(&params[i]))
            fprintf(file, " %s", params[i].type_name);
        if (params[i].bundle) {
            fputs(" { ", file);
            describe_params(params[i].bundle->params, params[i].bundle->param_count, file);
            fputs(" }", file);
        }
    }
}

/* ---- the resources behind a handler ---------------------------------------------------------- */

/* A walk over every resource parameter, in the order of what is described. */
typedef struct tour {
    void (*visit)(struct tour *walk, const weft_param *param);
    const weft_handler *handler; /* or NULL: */
    const weft_fn *fn;
    /* For the visitors: */
    FILE *file;
    const weft_type *type;
    size_t position, until; /* parameters visited; where to stop looking */
    bool writes;            /* which of both is listed */
    bool found;
    size_t printed;
} tour;

static void walk_params(tour *walk, const weft_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (params[i].bundle)
            walk_params(walk, params[i].bundle->params, params[i].bundle->param_count);
        else if (describe_is_resource(&params[i]))
            walk->visit(walk, &params[i]);
    }
}

static void walk_fn(tour *walk, const weft_fn *fn)
{
    walk_params(walk, fn->params, fn->param_count);
    for (size_t i = 0; i < fn->part_count; i++)
        if (fn->parts[i].fn)
            walk_fn(walk, fn->parts[i].fn);
}

static void walk_handler(tour *walk, const weft_handler *handler)
{
    if (!handler || !handler->fn)
        return;
    walk_fn(walk, handler->fn);
    if (handler->fn->inner)
        walk_handler(walk, handler->fn->inner(handler));
    if (!handler->fn->member)
        return;
    const weft_handler *member;
    for (size_t i = 0; (member = handler->fn->member(handler, i)) != NULL; i++)
        walk_handler(walk, member);
}

static void walk_all(tour *walk)
{
    if (walk->handler)
        walk_handler(walk, walk->handler);
    else
        walk_fn(walk, walk->fn);
}

/* Whether the type is written anywhere; whether it came before. */
static void look_for_writer(tour *walk, const weft_param *param)
{
    walk->found |= param->type == walk->type && describe_is_written(param);
}

static void look_before(tour *walk, const weft_param *param)
{
    walk->found |= walk->position++ < walk->until && param->type == walk->type;
}

static bool look(const tour *all, void (*visit)(tour *, const weft_param *),
                 const weft_param *param, size_t until)
{
    tour search = { .visit = visit, .handler = all->handler, .fn = all->fn, .until = until };
    search.type = param->type;
    walk_all(&search);
    return search.found;
}

static void list_resource(tour *walk, const weft_param *param)
{
    const size_t position = walk->position++;
    if (look(walk, look_before, param, position) ||
        look(walk, look_for_writer, param, 0) != walk->writes)
        return;
    if (walk->printed++ == 0)
        fputs(walk->writes ? "  writes " : "  reads ", walk->file);
    else
        fputs(", ", walk->file);
    fputs(param->type_name, walk->file);
}

static void list_resources(const weft_handler *handler, const weft_fn *fn, FILE *file)
{
    for (int writes = 0; writes < 2; writes++) {
        tour list = { .visit = list_resource, .handler = handler, .fn = fn, .file = file };
        list.writes = writes != 0;
        walk_all(&list);
        if (list.printed > 0)
            fputc('\n', file);
    }
}

/* ---- text ------------------------------------------------------------------------------------ */

static void indent(size_t depth, FILE *file)
{
    fprintf(file, "%*s", (int)(2 * depth), "");
}

/* "validate(RES Config, REF Order)", with its shape in front unless that is clear. */
static void describe_head(const weft_fn *fn, bool top, FILE *file)
{
    if (fn->shape && (top || fn->part_count > 0))
        fprintf(file, "%s ", fn->has_ctx && fn->part_count == 0 ? "callback" : fn->shape);
    fprintf(file, "%s(", fn->name);
    describe_params(fn->params, fn->param_count, file);
    fputc(')', file);
    if (fn->result)
        fprintf(file, " -> %s", fn->result);
}

static void describe_parts(const weft_fn *fn, size_t depth, FILE *file)
{
    for (size_t i = 0; i < fn->part_count; i++) {
        const weft_part *part = &fn->parts[i];
        indent(depth, file);
        fprintf(file, "%zu %s", part->step, part->role);
        if (part->fn) {
            fputc(' ', file);
            describe_head(part->fn, false, file);
        } else if (part->text[0]) {
            fprintf(file, "(%s)", part->text);
        }
        fputc('\n', file);
        if (part->fn)
            describe_parts(part->fn, depth + 1, file);
    }
}

static void describe_handler(const weft_handler *handler, size_t depth, FILE *file)
{
    const weft_fn *fn = handler ? handler->fn : NULL;
    if (!fn) {
        fputs("nothing: no handler was bound\n", file);
        return;
    }
    const weft_handler *inner = fn->inner ? fn->inner(handler) : NULL;
    if (inner) {
        fprintf(file, "%s of\n", fn->shape ? fn->shape : fn->name);
        indent(depth + 1, file);
        describe_handler(inner, depth + 1, file);
        return;
    }
    if (fn->member) {
        fprintf(file, "%s of %s\n", fn->shape, fn->event(handler).name);
        const weft_handler *member;
        for (size_t i = 0; (member = fn->member(handler, i)) != NULL; i++) {
            indent(depth + 1, file);
            fprintf(file, "%zu member ", i + 1);
            describe_handler(member, depth + 1, file);
        }
        return;
    }
    describe_head(fn, true, file);
    fprintf(file, ", %zu bytes\n", fn->size_bytes);
    describe_parts(fn, depth + 1, file);
}

void weft_describe(const weft_handler *handler, FILE *file)
{
    describe_handler(handler, 0, file);
    if (handler && handler->fn)
        list_resources(handler, NULL, file);
}

void weft_describe_fn(const weft_fn *fn, FILE *file)
{
    describe_head(fn, true, file);
    fprintf(file, ", %zu bytes\n", fn->size_bytes);
    describe_parts(fn, 1, file);
    list_resources(NULL, fn, file);
}
