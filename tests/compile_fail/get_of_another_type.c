/* A resource taken for another one; a warning that is made an error. */
/* flags: -Werror=incompatible-pointer-types */
/* gcc: returning 'Counter *' from a function with incompatible return type 'Config *'
 * [-Werror=incompatible-pointer-types] */
/* clang: incompatible pointer types returning 'Counter *' from a function */
#include <weft/world.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);
typedef struct {
    int limit;
} Config;
WEFT_RESOURCE_DECLARE(Config);

Config *find(const weft_world *world);
Config *find(const weft_world *world)
{
    return WEFT_GET(world, Counter);
}
