/* Patterns as Redis matches them: '*', '?', "[a-z]", "[^...]" and '\' before any byte. */
#ifndef KV_GLOB_H
#define KV_GLOB_H

#include <stdbool.h>

#include "resp.h"

/* Whether `pattern` matches all of `text`. Never recurses; O(pattern * text) at worst. */
bool kv_glob_match(kv_slice pattern, kv_slice text);

/* The same, upper and lower case being one. */
bool kv_glob_match_nocase(kv_slice pattern, kv_slice text);

#endif
