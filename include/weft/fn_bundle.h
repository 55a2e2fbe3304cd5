/* What WEFT_BUNDLE makes of its members. Internal to fn.h; nothing here is for users.
 */
#ifndef WEFT_FN_BUNDLE_H
#define WEFT_FN_BUNDLE_H

#include <weft/handler.h>
#include <weft/pp.h>

#ifndef WEFT_NO_SYSTEM_HEADER
#pragma GCC system_header /* see fn.h */
#endif

/* Members as: class, kind, type, pointer type or `~`, member name. */
#define WEFT_X_B_RES(...)               WEFT_X_B_RES_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_MUT(...)               WEFT_X_B_MUT_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_OPT(...)               WEFT_X_B_OPT_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_OPT_MUT(...)           WEFT_X_B_OPT_MUT_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_LOCAL(...)             WEFT_X_B_LOCAL_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_BUNDLE(...)            WEFT_X_B_BUNDLE_(__VA_ARGS__, unnamed, ~)
#define WEFT_X_B_RES_(T, name, ...)     slot_, RES, T, const T *, name
#define WEFT_X_B_MUT_(T, name, ...)     slot_, MUT, T, T *, name
#define WEFT_X_B_OPT_(T, name, ...)     slot_, OPT, T, const T *, name
#define WEFT_X_B_OPT_MUT_(T, name, ...) slot_, OPT_MUT, T, T *, name
#define WEFT_X_B_LOCAL_(T, name, ...)   LOCAL, LOCAL, T, ~, name
#define WEFT_X_B_BUNDLE_(B, name, ...)  BUNDLE, BUNDLE, B, ~, name
/* A member is known if it has a name. */
#define WEFT_X_BKNOWN_RES(...)     ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BKNOWN_MUT(...)     ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BKNOWN_OPT(...)     ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BKNOWN_OPT_MUT(...) ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BKNOWN_LOCAL(...)   ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BKNOWN_BUNDLE(...)  ~, WEFT_X_HAS_REST(__VA_ARGS__)
#define WEFT_X_BCHECK(B, i, p)                                                                     \
    _Static_assert(WEFT_X_KNOWN(WEFT_X_BKNOWN_##p),                                                \
                   #B ": " #p " is no member of a bundle; write RES, MUT, OPT, OPT_MUT, LOCAL or " \
                      "BUNDLE, each with a type and a name");
#define WEFT_X_BP(aspect, B, ...)                          WEFT_X_BP_(WEFT_X_##aspect, B, __VA_ARGS__, ~, ~, ~, ~)
#define WEFT_X_BP_(macro, B, class, kind, T, P, name, ...) macro##_##class(B, kind, T, P, name)

#define WEFT_X_BMEMBER(B, i, p)                    WEFT_X_BP(BMEMBER, B, WEFT_X_B_##p)
#define WEFT_X_BMEMBER_slot_(B, kind, T, P, name)  P name;
#define WEFT_X_BMEMBER_LOCAL(B, kind, T, P, name)  T name;
#define WEFT_X_BMEMBER_BUNDLE(B, kind, T, P, name) T name;

#define WEFT_X_BROW(B, i, p) WEFT_X_BP(BROW, B, WEFT_X_B_##p)
#define WEFT_X_BROW_slot_(B, kind, T, P, name) \
    { WEFT_PARAM_##kind, WEFT_X_STR(T), WEFT_TYPE(T), NULL, offsetof(B, name), sizeof(T) },
#define WEFT_X_BROW_LOCAL(B, kind, T, P, name) \
    { WEFT_PARAM_##kind, WEFT_X_STR(T), NULL, NULL, offsetof(B, name), sizeof(T) },
#define WEFT_X_BROW_BUNDLE(B, kind, T, P, name)               \
    {                                                         \
        WEFT_PARAM_##kind,       WEFT_X_STR(T),     NULL,     \
        &WEFT_X_CAT(T, _bundle), offsetof(B, name), sizeof(T) \
    },

#define WEFT_X_BUNDLE_(B, ...) WEFT_X_BUNDLE(B, __VA_ARGS__)
#define WEFT_X_BUNDLE(B, ...)                                                                  \
    WEFT_X_MAP(WEFT_X_BCHECK, __VA_ARGS__)                                                     \
    _Static_assert(WEFT_X_COUNT(__VA_ARGS__) <= 16,                                            \
                   #B ": a bundle has up to 16 members; put some into a bundle of their own"); \
    typedef struct B {                                                                         \
        WEFT_X_MAP(WEFT_X_BMEMBER, __VA_ARGS__)                                                \
    } B;                                                                                       \
    __attribute__((unused)) static const weft_param B##_bundle_params[] = { WEFT_X_MAP(        \
        WEFT_X_BROW, __VA_ARGS__){ WEFT_PARAM_WORLD, NULL, NULL, NULL, 0, 0 } };               \
    __attribute__((unused)) static const weft_bundle B##_bundle = {                            \
        .name = #B, .params = B##_bundle_params, .param_count = WEFT_X_COUNT(__VA_ARGS__)      \
    }

#endif
