/* Resources live in an arena of chunks that never move, so a resource's address is its id. The
 * hash table only serves lookups; everything whose order can be seen (destruction) walks `order`.
 */
#include "registry.h"
#include "ending.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 4096, FIRST_TABLE_SLOTS = 64 };

/* A chunk of the arena:  | weft_chunk | values, upwards -> ... free ... | */
typedef struct weft_chunk {
    struct weft_chunk *older;
    size_t size_bytes; /* of the whole chunk */
    size_t used_bytes; /* including this header */
} weft_chunk;

static const size_t chunk_align = 64;

/* ---- arena ---------------------------------------------------------------------------------- */

static void *chunk_take(weft_chunk *chunk, size_t size_bytes, size_t align_bytes)
{
    uintptr_t base = (uintptr_t)chunk;
    uintptr_t start = (base + chunk->used_bytes + align_bytes - 1) & ~(uintptr_t)(align_bytes - 1);
    if (start - base > chunk->size_bytes || chunk->size_bytes - (start - base) < size_bytes)
        return NULL;
    chunk->used_bytes = start - base + size_bytes;
    return (void *)start;
}

/* Memory for a value, or NULL. A value of size 0 gets an address of its own too. */
static void *arena_take(weft_registry *registry, size_t size_bytes, size_t align_bytes)
{
    size_t need = size_bytes ? size_bytes : 1;
    if (registry->arena) {
        void *value = chunk_take(registry->arena, need, align_bytes);
        if (value)
            return value;
    }
    if (need > SIZE_MAX / 2 - align_bytes)
        return NULL;
    size_t size = sizeof(weft_chunk) + align_bytes + need;
    if (size < CHUNK_BYTES)
        size = CHUNK_BYTES;
    weft_chunk *chunk = weft_alloc(&registry->allocator, size, chunk_align);
    if (!chunk)
        return NULL;
    *chunk = (weft_chunk){ registry->arena, size, sizeof *chunk };
    registry->arena = chunk;
    return chunk_take(chunk, need, align_bytes);
}

bool weft_world_owns(const weft_world *world, const void *value)
{
    uintptr_t at = (uintptr_t)value;
    for (const weft_chunk *chunk = world->registry.arena; chunk; chunk = chunk->older)
        if (at - (uintptr_t)chunk < chunk->used_bytes)
            return true;
    return false;
}

/* ---- table and order ------------------------------------------------------------------------ */

static weft_slot *slots_new(weft_registry *registry, size_t count)
{
    weft_slot *slots = weft_alloc(&registry->allocator, count * sizeof *slots, _Alignof(weft_slot));
    if (slots)
        memset(slots, 0, count * sizeof *slots);
    return slots;
}

static void slots_free(weft_registry *registry, weft_slot *slots, size_t count)
{
    weft_free(&registry->allocator, slots, count * sizeof *slots, _Alignof(weft_slot));
}

static void table_put(weft_slot *table, size_t mask, weft_slot slot)
{
    size_t i = weft_x_hash(slot.type) & mask;
    while (table[i].type)
        i = (i + 1) & mask;
    table[i] = slot;
}

/* Room for one more in table and order; false if there is no memory, and nothing has changed. */
static bool slots_reserve(weft_registry *registry)
{
    if (registry->len < registry->order_cap)
        return true;
    size_t cap = registry->order_cap ? registry->order_cap * 2 : FIRST_TABLE_SLOTS / 4;
    weft_slot *order = slots_new(registry, cap);
    weft_slot *table = slots_new(registry, cap * 4);
    if (!order || !table) {
        slots_free(registry, order, cap);
        slots_free(registry, table, cap * 4);
        return false;
    }
    for (size_t i = 0; i < registry->len; i++) {
        order[i] = registry->order[i];
        table_put(table, cap * 4 - 1, order[i]);
    }
    slots_free(registry, registry->order, registry->order_cap);
    slots_free(registry, registry->table, registry->order_cap * 4);
    registry->order = order;
    registry->order_cap = cap;
    registry->table = table;
    registry->table_mask = cap * 4 - 1;
    return true;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void report_to_stderr(void *ctx, weft_status status, const char *sentence)
{
    (void)ctx;
    (void)status;
    fprintf(stderr, "weft: %s\n", sentence);
}

bool weft_registry_init(weft_registry *registry, const weft_world_desc *desc)
{
    *registry = (weft_registry){ .allocator = weft_allocator_or_default(desc->allocator),
                                 .report = desc->report ? desc->report : report_to_stderr,
                                 .report_ctx = desc->report_ctx };
    return slots_reserve(registry);
}

static void end_value(const weft_type *type, void *value)
{
    const unsigned before = weft_endings_begin();
    type->fini(value);
    weft_endings_set(before);
}

void weft_registry_fini(weft_registry *registry)
{
    for (size_t i = 0; i < registry->len; i++)
        if (registry->order[i].type->fini)
            end_value(registry->order[i].type, registry->order[i].value);
    for (weft_chunk *chunk = registry->arena, *older; chunk; chunk = older) {
        older = chunk->older;
        weft_free(&registry->allocator, chunk, chunk->size_bytes, chunk_align);
    }
    slots_free(registry, registry->order, registry->order_cap);
    slots_free(registry, registry->table, registry->order_cap * 4);
}

weft_status weft_registry_add(weft_world *world, const weft_type *type, const void *value)
{
    weft_registry *registry = &world->registry;
    if (weft_world_find(world, type))
        return weft_report(world, WEFT_EEXISTS,
                           "resource %s is already registered; register it once, or use "
                           "WEFT_ENSURE if several places may",
                           type->name);
    void *at =
        slots_reserve(registry) ? arena_take(registry, type->size_bytes, type->align_bytes) : NULL;
    if (!at)
        return weft_report(world, WEFT_ENOMEM, "no memory to register resource %s (%zu bytes)",
                           type->name, type->size_bytes);
    if (value)
        memcpy(at, value, type->size_bytes);
    else
        memset(at, 0, type->size_bytes);
    if (!value && type->init)
        type->init(at);
    const weft_slot slot = { type, at };
    registry->order[registry->len++] = slot;
    table_put(registry->table, registry->table_mask, slot);
    return WEFT_OK;
}

weft_status weft_registry_destroy_value(weft_world *world, const weft_type *type, const void *value)
{
    if (!type->fini)
        return WEFT_OK;
    const weft_allocator *from = &world->registry.allocator;
    void *copy = weft_alloc(from, type->size_bytes, type->align_bytes);
    if (!copy)
        return weft_report(world, WEFT_ENOMEM, "no memory to destroy a second value of %s",
                           type->name);
    memcpy(copy, value, type->size_bytes);
    end_value(type, copy);
    weft_free(from, copy, type->size_bytes, type->align_bytes);
    return WEFT_OK;
}

/* ---- reporting ------------------------------------------------------------------------------ */

weft_status weft_report(const weft_world *world, weft_status status, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    /* Bookkeeping behind the const view: the world itself is never a const object. */
    weft_registry *registry = (weft_registry *)(uintptr_t)&world->registry;
    if (registry->first_error == WEFT_OK)
        registry->first_error = status;
    registry->report(registry->report_ctx, status, sentence);
    return status;
}
