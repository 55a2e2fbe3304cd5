/* A resource defined twice in one file. */
/* gcc: redeclaration of enumerator 'weft_type_asked_Counter' */
/* clang: redefinition of enumerator 'weft_type_asked_Counter' */
#include <weft/resource.h>

typedef struct {
    int n;
} Counter;
WEFT_RESOURCE_DECLARE(Counter);

WEFT_RESOURCE_DEFINE(Counter);
WEFT_RESOURCE_DEFINE(Counter);
