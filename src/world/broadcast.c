/* The members lie in one array in the order of adding, which is also the order of their serials, so
 * an id is found by bisection. Who is removed stays in its place until no pass is under way: a
 * pass walks the array by position, up to the length that it found.
 */
#include <weft/broadcast.h>

#include <string.h>

#include "copy.h"

enum { FIRST_CAPACITY = 8 };

typedef struct member {
    weft_handler *handler; /* NULL once it is destroyed */
    uint64_t serial;
    bool removed;
} member;

struct weft_members {
    weft_event event;
    const weft_world *world;
    member *items;
    size_t len; /* those removed but still in their places included */
    size_t capacity;
    size_t removed;
    size_t passes; /* runs under way, one inside the other */
    uint64_t last_serial;
    size_t references; /* one for the handler, and the retained ones */
    bool ended;
};

/* ---- the array ------------------------------------------------------------------------------ */

static void items_free(const weft_allocator *from, member *items, size_t capacity)
{
    weft_free(from, items, capacity * sizeof *items, _Alignof(member));
}

static void destroy(struct weft_members *members, size_t i)
{
    weft_handler *handler = members->items[i].handler;
    members->items[i].handler = NULL;
    if (handler)
        weft_copy_free(handler, weft_world_allocator(members->world));
}

/* Destroys the removed members and closes the gaps. Not during a pass. A destructor may add and
 * remove: that counts as a pass, so the array only grows below the walk, which goes on until there
 * is nothing left to destroy. */
static void sweep(struct weft_members *members)
{
    members->passes++;
    for (size_t destroyed = 1; destroyed > 0;) {
        destroyed = 0;
        for (size_t i = 0; i < members->len; i++) {
            if (!members->items[i].removed || !members->items[i].handler)
                continue;
            destroy(members, i);
            destroyed++;
        }
    }
    members->passes--;
    size_t kept = 0;
    for (size_t i = 0; i < members->len; i++)
        if (!members->items[i].removed)
            members->items[kept++] = members->items[i];
    members->len = kept;
    members->removed = 0;
}

/* Room for one more, or false. */
static bool reserve(struct weft_members *members)
{
    if (members->len < members->capacity)
        return true;
    if (members->removed > 0 && members->passes == 0) {
        sweep(members);
        return true;
    }
    const weft_allocator *from = weft_world_allocator(members->world);
    const size_t capacity = members->capacity ? members->capacity * 2 : FIRST_CAPACITY;
    member *items = weft_alloc(from, capacity * sizeof *items, _Alignof(member));
    if (!items)
        return false;
    if (members->len > 0)
        memcpy(items, members->items, members->len * sizeof *items);
    items_free(from, members->items, members->capacity);
    members->items = items;
    members->capacity = capacity;
    return true;
}

/* The member that is there under this serial, or NULL. */
static member *find(struct weft_members *members, uint64_t serial)
{
    size_t low = 0, high = members->len;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (members->items[middle].serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    member *found = low < members->len ? &members->items[low] : NULL;
    return found && found->serial == serial && !found->removed ? found : NULL;
}

/* ---- as a handler --------------------------------------------------------------------------- */

/* Ends a pass, however it ends. */
static void pass_end(void *arg)
{
    struct weft_members *members = arg;
    if (--members->passes == 0 && members->removed > 0)
        sweep(members);
}

static bool broadcast_run(weft_handler *self, weft_world *world, const void *event)
{
    struct weft_members *members = ((weft_broadcast *)self)->members;
    weft_cleanup cleanup = { .run = pass_end, .arg = members };
    if (members->passes == 0 && members->removed > 0)
        sweep(members);
    members->passes++;
    weft_cleanup_push(world, &cleanup);
    const size_t len = members->len;
    for (size_t i = 0; i < len; i++) {
        /* A member may add, which moves the array. */
        const member *item = &members->items[i];
        if (!item->removed)
            weft_run(item->handler, world, event);
    }
    weft_cleanup_pop(world, &cleanup);
    pass_end(members);
    return true;
}

static void unref(struct weft_members *members)
{
    if (--members->references == 0)
        weft_free(weft_world_allocator(members->world), members, sizeof *members,
                  _Alignof(struct weft_members));
}

static void broadcast_fini(weft_handler *self)
{
    struct weft_members *members = ((weft_broadcast *)self)->members;
    if (members->ended)
        return;
    members->passes++; /* a destructor may still remove */
    for (size_t i = 0; i < members->len; i++)
        destroy(members, i);
    members->passes--;
    items_free(weft_world_allocator(members->world), members->items, members->capacity);
    members->items = NULL;
    members->len = members->capacity = members->removed = 0;
    members->ended = true;
    unref(members);
}

static weft_event broadcast_event(const weft_handler *self)
{
    return ((const weft_broadcast *)self)->members->event;
}

static const weft_handler *broadcast_member(const weft_handler *self, size_t index)
{
    const struct weft_members *members = ((const weft_broadcast *)self)->members;
    for (size_t i = 0; i < members->len; i++)
        if (!members->items[i].removed && index-- == 0)
            return members->items[i].handler;
    return NULL;
}

static const weft_fn broadcast_fn = { .name = "weft_broadcast",
                                      .shape = "broadcast",
                                      .size_bytes = sizeof(weft_broadcast),
                                      .align_bytes = _Alignof(weft_broadcast),
                                      .run = broadcast_run,
                                      .fini = broadcast_fini,
                                      .event = broadcast_event,
                                      .member = broadcast_member };

/* ---- public --------------------------------------------------------------------------------- */

weft_status weft_broadcast_init(weft_broadcast *broadcast, const weft_world *world,
                                weft_event event)
{
    const weft_allocator *from = weft_world_allocator(world);
    struct weft_members *members = weft_alloc(from, sizeof *members, _Alignof(struct weft_members));
    if (!members)
        return weft_report(world, WEFT_ENOMEM, "no memory for a broadcast of %s", event.name);
    *members = (struct weft_members){ .event = event, .world = world, .references = 1 };
    *broadcast = (weft_broadcast){ { broadcast_run, &broadcast_fn }, members };
    return WEFT_OK;
}

void weft_broadcast_fini(weft_broadcast *broadcast)
{
    if (!broadcast)
        return;
    weft_handler_fini(&broadcast->base);
    broadcast->base = (weft_handler){ NULL, NULL };
}

void weft_broadcast_retain(weft_broadcast *broadcast)
{
    broadcast->members->references++;
}

void weft_broadcast_release(weft_broadcast *broadcast)
{
    if (broadcast && broadcast->members)
        unref(broadcast->members);
}

/* True if running the handler would run this list again, through lists of any depth. The depth has
 * an end because no list that leads to itself is ever made. */
static bool leads_to(const weft_handler *handler, const struct weft_members *members)
{
    const weft_handler *inner = weft_handler_inner(handler);
    if (inner->fn != &broadcast_fn)
        return false;
    const struct weft_members *others = ((const weft_broadcast *)inner)->members;
    if (others == members)
        return true;
    for (size_t i = 0; i < others->len; i++)
        if (!others->items[i].removed && others->items[i].handler &&
            leads_to(others->items[i].handler, members))
            return true;
    return false;
}

weft_status weft_broadcast_add(weft_broadcast *broadcast, const weft_handler *handler,
                               weft_broadcast_id *id_out)
{
    struct weft_members *members = broadcast->members;
    const weft_world *world = members->world;
    weft_status status = weft_handler_expect(handler, world, "the broadcast", members->event);
    if (status)
        return status;
    if (members->ended)
        return weft_report(world, WEFT_ECLOSED, "%s comes too late: the broadcast of %s has ended",
                           weft_handler_name(handler), members->event.name);
    if (leads_to(handler, members))
        return weft_report(world, WEFT_EINVAL, "a broadcast of %s cannot be its own member",
                           members->event.name);
    if (!reserve(members))
        return weft_report(world, WEFT_ENOMEM, "no memory to add %s to a broadcast",
                           weft_handler_name(handler));
    weft_handler *copy = weft_copy_new(handler, world);
    if (!copy)
        return WEFT_ENOMEM;
    const uint64_t serial = ++members->last_serial;
    members->items[members->len++] = (member){ copy, serial, false };
    if (id_out)
        *id_out = (weft_broadcast_id){ serial };
    return WEFT_OK;
}

weft_status weft_broadcast_remove(weft_broadcast *broadcast, weft_broadcast_id id)
{
    struct weft_members *members = broadcast->members;
    member *found = find(members, id.serial);
    if (!found)
        return WEFT_ESTALE;
    found->removed = true;
    members->removed++;
    /* Its place is filled before the next pass, so that removing many costs one walk. */
    if (members->passes == 0)
        destroy(members, (size_t)(found - members->items));
    return WEFT_OK;
}

size_t weft_broadcast_len(const weft_broadcast *broadcast)
{
    return broadcast->members->len - broadcast->members->removed;
}
