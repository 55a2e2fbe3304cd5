/* What the world's own files share about registries. */
#ifndef WEFT_WORLD_REGISTRY_H
#define WEFT_WORLD_REGISTRY_H

#include <weft/world.h>

/* False if there is no memory; the registry needs no fini then. */
bool weft_registry_init(weft_registry *registry, const weft_world_desc *desc);

/* Destroys the values in order of registration and frees everything. */
void weft_registry_fini(weft_registry *registry);

/* Adds a copy of `value`, or the default for NULL. WEFT_EEXISTS, WEFT_ENOMEM; reported. */
weft_status weft_registry_add(weft_world *world, const weft_type *type, const void *value);

/* Destroys a value that was handed over but is not needed. */
weft_status weft_registry_destroy_value(weft_world *world, const weft_type *type,
                                        const void *value);

#endif
