/* A resource that nobody declared. */
/* gcc: 'weft_type_Counter' undeclared here */
/* clang: use of undeclared identifier 'weft_type_Counter' */
#include <weft/fn.h>

typedef struct {
    int n;
} Counter;
static void on_tick(Counter *counter)
{
    counter->n++;
}
WEFT_FN(on_tick, MUT(Counter));
