/* A storage whose size is no multiple of 16. */
/* gcc: storage_odd_size.c:6:.*WEFT_STORAGE.Slot.: 72 is no multiple of 16, or less than 48 */
/* clang: storage_odd_size.c:6:.*WEFT_STORAGE.Slot.: 72 is no multiple of 16, or less than 48 */
#include <weft/storage.h>

WEFT_STORAGE(Slot, 72);
