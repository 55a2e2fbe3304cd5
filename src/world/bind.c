/* The slow half of binding: what WEFT_FN's inline half cannot decide, and the sentences. */
#include <weft/handler.h>

#include <string.h>

enum { MAX_RESOURCES = 256 }; /* in one function, bundles included */

/* The resources that a function reaches, flattened. */
struct reached {
    struct {
        const weft_param *param;
        const weft_bundle *through; /* NULL: a direct parameter */
        const void *value;
    } items[MAX_RESOURCES];
    size_t count;
};

static bool is_resource(const weft_param *param)
{
    return param->type != NULL;
}

static bool is_required(const weft_param *param)
{
    return param->kind == WEFT_PARAM_RES || param->kind == WEFT_PARAM_MUT;
}

static const char *keyword(weft_param_kind kind)
{
    switch (kind) {
#define KEYWORD(name, text) \
    case WEFT_PARAM_##name: return text;
        WEFT_PARAM_LIST(KEYWORD)
#undef KEYWORD
    }
    return "?";
}

void weft_x_bind_bundle(const weft_bundle *bundle, void *value, const weft_world *world)
{
    for (size_t i = 0; i < bundle->param_count; i++) {
        const weft_param *param = &bundle->params[i];
        char *member = (char *)value + param->offset;
        if (is_resource(param)) {
            void *resource = weft_world_find(world, param->type);
            memcpy(member, &resource, sizeof resource);
        } else if (param->bundle) {
            weft_x_bind_bundle(param->bundle, member, world);
        } else {
            memset(member, 0, param->size_bytes);
        }
    }
}

static weft_status missing(const weft_fn *fn, const weft_world *world, const weft_param *param,
                           size_t position, const weft_bundle *through)
{
    const char *in = through ? " in bundle " : "";
    const char *bundle = through ? through->name : "";
    return weft_report(world, WEFT_EMISSING,
                       "%s: parameter %zu, %s(%s)%s%s: resource %s is not registered; register it "
                       "before binding, or write %s(%s) if the function can do without",
                       fn->name, position, keyword(param->kind), param->type_name, in, bundle,
                       param->type_name, param->kind == WEFT_PARAM_RES ? "OPT" : "OPT_MUT",
                       param->type_name);
}

/* Collects the resources behind `params`; reports the first required one that is missing.
 * `position` is the function's parameter they belong to, 0 while they are its own. */
static weft_status reach(struct reached *reached, const weft_fn *fn, const weft_world *world,
                         const weft_param *params, size_t count, size_t position,
                         const weft_bundle *through)
{
    for (size_t i = 0; i < count; i++) {
        const weft_param *param = &params[i];
        const size_t at = position ? position : i + 1;
        if (param->bundle) {
            weft_status status = reach(reached, fn, world, param->bundle->params,
                                       param->bundle->param_count, at, param->bundle);
            if (status)
                return status;
        }
        if (!is_resource(param))
            continue;
        const void *value = weft_world_find(world, param->type);
        if (!value && is_required(param))
            return missing(fn, world, param, at, through);
        if (!value)
            continue;
        if (reached->count == MAX_RESOURCES)
            return weft_report(world, WEFT_EFULL, "%s reaches more than %d resources", fn->name,
                               MAX_RESOURCES);
        reached->items[reached->count].param = param;
        reached->items[reached->count].through = through;
        reached->items[reached->count++].value = value;
    }
    return WEFT_OK;
}

static weft_status conflicting(const struct reached *reached, const weft_fn *fn,
                               const weft_world *world)
{
    for (size_t b = 1; b < reached->count; b++) {
        for (size_t a = 0; a < b; a++) {
            if (reached->items[a].value != reached->items[b].value)
                continue;
            const weft_bundle *one = reached->items[a].through, *two = reached->items[b].through;
            return weft_report(world, WEFT_ECONFLICT,
                               "%s: resource %s is reached twice, by %s(%s)%s%s and by %s(%s)%s%s; "
                               "take it in one place",
                               fn->name, reached->items[a].param->type_name,
                               keyword(reached->items[a].param->kind),
                               reached->items[a].param->type_name, one ? " in bundle " : "",
                               one ? one->name : "", keyword(reached->items[b].param->kind),
                               reached->items[b].param->type_name, two ? " in bundle " : "",
                               two ? two->name : "");
        }
    }
    return WEFT_OK;
}

weft_status weft_x_bind_failed(const weft_fn *fn, const weft_world *world)
{
    struct reached reached = { .count = 0 };
    weft_status status = reach(&reached, fn, world, fn->params, fn->param_count, 0, NULL);
    return status ? status : conflicting(&reached, fn, world);
}

/* ---- the world tag --------------------------------------------------------------------------- */

/* The first resource in the state that does not lie in this world, or NULL. */
static const weft_param *stranger(const weft_param *params, size_t count, const char *state,
                                  const weft_world *world)
{
    for (size_t i = 0; i < count; i++) {
        const weft_param *param = &params[i];
        if (param->bundle) {
            const weft_param *inside = stranger(param->bundle->params, param->bundle->param_count,
                                                state + param->offset, world);
            if (inside)
                return inside;
        }
        if (!is_resource(param))
            continue;
        const void *value;
        memcpy(&value, state + param->offset, sizeof value);
        if (value && !weft_world_owns(world, value))
            return param;
    }
    return NULL;
}

void weft_x_check_world(const weft_fn *fn, const void *state, weft_world *world)
{
    const weft_param *param = stranger(fn->params, fn->param_count, state, world);
    if (!param)
        return;
    weft_report(world, WEFT_EWORLD,
                "%s runs on a world that it was not bound to: its %s belongs to another; bind it "
                "to each world it serves",
                fn->name, param->type_name);
    weft_fail(world, "%s was bound to another world", fn->name);
}
