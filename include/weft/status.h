/* Status codes: how every Weft call that can fail says so.
 *
 * 0 is success, every failure is negative. A call that fails leaves its outputs untouched.
 * Calls that bind or register also send one sentence to the world's error hook (world.h).
 *
 *     weft_status status = weft_timers_cancel(timers, id);
 *     if (status == WEFT_ESTALE)
 *         puts(weft_status_sentence(status));
 *
 * What this does not do: keep the last failure anywhere (errno stays the system's).
 */
#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(WEFT_BUILDING_SHARED)
#define WEFT_API __attribute__((visibility("default")))
#else
#define WEFT_API
#endif

/* A result that must be looked at. */
#define WEFT_CHECKED __attribute__((warn_unused_result))

/* X(name, value, sentence): the one list behind the enum, the names and the sentences. */
#define WEFT_STATUS_LIST(X)                                                             \
    X(WEFT_OK, 0, "success")                                                            \
    X(WEFT_ENOMEM, -1, "out of memory")                                                 \
    X(WEFT_EINVAL, -2, "an argument is out of its range")                               \
    X(WEFT_EMISSING, -3, "a required resource is not registered")                       \
    X(WEFT_EEXISTS, -4, "it exists already")                                            \
    X(WEFT_ECONFLICT, -5, "two parameters of one function reach the same resource")     \
    X(WEFT_EFULL, -6, "the capacity that was asked for is used up")                     \
    X(WEFT_ESTALE, -7, "the id names something that has ended")                         \
    X(WEFT_ETOOBIG, -8, "it does not fit the storage it was given")                     \
    X(WEFT_ETYPE, -9, "the handler takes another type of event than this source gives") \
    X(WEFT_EWORLD, -10, "it was bound to another world")                                \
    X(WEFT_EFAILED, -11, "a handler failed")                                            \
    X(WEFT_EAGAIN, -12, "nothing is ready now; try again when the poller says so")      \
    X(WEFT_ECLOSED, -13, "the other side has closed")                                   \
    X(WEFT_ELIMIT, -14, "the limit of open files is reached")                           \
    X(WEFT_ESYSTEM, -15, "the operating system refused; errno says why")                \
    X(WEFT_EUNSUPPORTED, -16, "this machine cannot do it")                              \
    X(WEFT_ECYCLE, -17, "what it depends on depends on it")

typedef enum weft_status {
#define WEFT_X_ENUM(name, value, sentence) name = value,
    WEFT_STATUS_LIST(WEFT_X_ENUM)
#undef WEFT_X_ENUM
} weft_status;

/* The code's identifier, "WEFT_ESTALE"; "WEFT_?" for a number that is no status.
 * Never fails; the text is static. [any thread] [in signal handler] */
WEFT_API const char *weft_status_name(weft_status status);

/* What the code means, as half a sentence without a full stop; the same rules as the name.
 * [any thread] [in signal handler] */
WEFT_API const char *weft_status_sentence(weft_status status);

#ifdef __cplusplus
}
#endif
#endif
