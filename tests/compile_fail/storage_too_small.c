/* A storage that could not even hold a pointer to what does not fit. */
/* gcc: storage_too_small.c:6:.*WEFT_STORAGE.Slot.: 32 is no multiple of 16, or less than 48 */
/* clang: storage_too_small.c:6:.*WEFT_STORAGE.Slot.: 32 is no multiple of 16, or less than 48 */
#include <weft/storage.h>

WEFT_STORAGE(Slot, 32);
