#include <weft/status.h>

const char *weft_status_name(weft_status status)
{
    switch (status) {
#define NAME(name, value, sentence) \
    case name: return #name;
        WEFT_STATUS_LIST(NAME)
#undef NAME
    }
    return "WEFT_?";
}

const char *weft_status_sentence(weft_status status)
{
    switch (status) {
#define SENTENCE(name, value, sentence) \
    case name: return sentence;
        WEFT_STATUS_LIST(SENTENCE)
#undef SENTENCE
    }
    return "no status of this library";
}
