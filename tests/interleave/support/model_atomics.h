/* Redirects the atomic builtins to the model. Include this first, then the sources to be checked,
 * as "base/wake.c". The system's headers and cmocka's use none of these.
 */
#ifndef WEFT_TEST_MODEL_ATOMICS_H
#define WEFT_TEST_MODEL_ATOMICS_H

#include "model.h"

#define MODEL_SITE(name, place, with)                                                           \
    __extension__({                                                                             \
        static model_site site = {                                                              \
            .file = __FILE__, .line = __LINE__, .operation = name, .what = place, .order = with \
        };                                                                                      \
        &site;                                                                                  \
    })
#define MODEL_AS(p, value) ((__typeof__(*(p)))(uintptr_t)(value))

#define __atomic_load_n(p, order) \
    MODEL_AS(p, model_load(MODEL_SITE("load", #p, order), (p), sizeof *(p)))
#define __atomic_store_n(p, value, order) \
    model_store(MODEL_SITE("store", #p, order), (p), sizeof *(p), (uintptr_t)(value))
#define __atomic_compare_exchange_n(p, expected, desired, weak, success, failure)           \
    ((void)(weak), model_compare_exchange(MODEL_SITE("compare_exchange", #p, success), (p), \
                                          sizeof *(p), (expected), (uintptr_t)(desired), failure))
#define __atomic_thread_fence(order) model_fence(MODEL_SITE("fence", "", order))
#define __atomic_signal_fence(order) ((void)(order))

#define MODEL_RMW(name, kind, p, value, order, gives_new)                                      \
    __extension__({ /* its value may be left unused */                                         \
                    MODEL_AS(p, model_rmw(MODEL_SITE(name, #p, order), (p), sizeof *(p), kind, \
                                          (uintptr_t)(value), gives_new));                     \
    })
#define __atomic_exchange_n(p, value, order) \
    MODEL_RMW("exchange", MODEL_EXCHANGE, p, value, order, false)
#define __atomic_fetch_add(p, value, order) \
    MODEL_RMW("fetch_add", MODEL_ADD, p, value, order, false)
#define __atomic_fetch_sub(p, value, order) \
    MODEL_RMW("fetch_sub", MODEL_SUB, p, value, order, false)
#define __atomic_fetch_or(p, value, order) MODEL_RMW("fetch_or", MODEL_OR, p, value, order, false)
#define __atomic_fetch_and(p, value, order) \
    MODEL_RMW("fetch_and", MODEL_AND, p, value, order, false)
#define __atomic_fetch_xor(p, value, order) \
    MODEL_RMW("fetch_xor", MODEL_XOR, p, value, order, false)
#define __atomic_add_fetch(p, value, order) MODEL_RMW("add_fetch", MODEL_ADD, p, value, order, true)
#define __atomic_sub_fetch(p, value, order) MODEL_RMW("sub_fetch", MODEL_SUB, p, value, order, true)
#define __atomic_or_fetch(p, value, order)  MODEL_RMW("or_fetch", MODEL_OR, p, value, order, true)
#define __atomic_and_fetch(p, value, order) MODEL_RMW("and_fetch", MODEL_AND, p, value, order, true)

#endif
