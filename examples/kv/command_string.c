/* The commands on values. */
#include "command.h"

#include "number.h"

/* Sets argument `key` to argument `value`, whether it is there or not; the deadline is the
 * caller's affair. *entry is what is there already, and then what is there. */
static weft_status put(kv_call *call, kv_slice key, kv_slice value, kv_entry **entry)
{
    if (*entry)
        return kv_entry_assign(*entry, value);
    return kv_store_insert(call->session->db, key, value, entry);
}

static void reply_value(kv_call *call, const kv_entry *entry)
{
    if (entry) {
        const kv_slice value = kv_entry_value(entry);
        kv_reply_bulk(call->out, value.data, value.size_bytes);
    } else {
        kv_reply_null(call->out);
    }
}

/* ---- SET ------------------------------------------------------------------------------------ */

typedef struct set_options {
    bool only_new; /* NX */
    bool only_old; /* XX */
    bool get;
    bool keep_ttl;
    size_t expiry;   /* the index of the argument that says when; 0 is none */
    int64_t unit_ms; /* of that argument */
    bool absolute;   /* it is a time, not a duration */
} set_options;

typedef struct set_expiry_word {
    const char *word;
    int64_t unit_ms;
    bool absolute;
} set_expiry_word;

static bool parse_expiry_word(kv_slice argument, set_options *options)
{
    static const set_expiry_word words[] = {
        { "ex", 1000, false }, { "px", 1, false }, { "exat", 1000, true }, { "pxat", 1, true }
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (kv_slice_is(argument, words[i].word)) {
            options->unit_ms = words[i].unit_ms;
            options->absolute = words[i].absolute;
            return true;
        }
    }
    return false;
}

static bool parse_set_options(const kv_call *call, set_options *options)
{
    for (size_t i = 3; i < call->argc; i++) {
        const kv_slice argument = call->argv[i];
        const bool expires = options->expiry != 0;
        if (kv_slice_is(argument, "nx") && !options->only_old)
            options->only_new = true;
        else if (kv_slice_is(argument, "xx") && !options->only_new)
            options->only_old = true;
        else if (kv_slice_is(argument, "get"))
            options->get = true;
        else if (kv_slice_is(argument, "keepttl") && !expires)
            options->keep_ttl = true;
        else if (!expires && !options->keep_ttl && i + 1 < call->argc &&
                 parse_expiry_word(argument, options))
            options->expiry = ++i;
        else
            return false;
    }
    return true;
}

/* The deadline that the options ask for. False, with the error replied, if it is none. */
static bool set_deadline_ms(kv_call *call, const set_options *options, int64_t *deadline_ms)
{
    *deadline_ms = KV_NO_DEADLINE;
    if (options->expiry == 0)
        return true;
    int64_t number;
    if (!kv_integer_argument(call, options->expiry, &number))
        return false;
    const bool fits = options->absolute
                          ? !__builtin_mul_overflow(number, options->unit_ms, deadline_ms)
                          : kv_deadline_after(call->service, number, options->unit_ms, deadline_ms);
    if (number > 0 && fits)
        return true;
    kv_reply_errorf(call->out, "ERR invalid expire time in '%s' command", call->command->name);
    return false;
}

void kv_command_set(kv_call *call)
{
    set_options options = { 0 };
    int64_t deadline_ms;
    if (!parse_set_options(call, &options)) {
        kv_reply_syntax_error(call);
        return;
    }
    if (!set_deadline_ms(call, &options, &deadline_ms))
        return;
    kv_entry *entry = options.get ? kv_read_argument(call, 1) : kv_find_argument(call, 1);
    const size_t answered_bytes = kv_buffer_size(call->out);
    if (options.get)
        reply_value(call, entry);
    if ((options.only_new && entry) || (options.only_old && !entry)) {
        if (!options.get)
            kv_reply_null(call->out);
        return;
    }
    const weft_status status = put(call, call->argv[1], call->argv[2], &entry);
    if (status) {
        kv_reply_take_back(call->out, answered_bytes);
        kv_reply_status(call, status);
        return;
    }
    if (!options.keep_ttl)
        kv_entry_set_deadline(entry, deadline_ms);
    if (!options.get)
        kv_reply_ok(call->out);
}

void kv_command_setnx(kv_call *call)
{
    kv_entry *entry = kv_find_argument(call, 1);
    if (entry) {
        kv_reply_integer(call->out, 0);
        return;
    }
    const weft_status status = put(call, call->argv[1], call->argv[2], &entry);
    if (status)
        kv_reply_status(call, status);
    else
        kv_reply_integer(call->out, 1);
}

/* Whether the limit leaves room for all pairs, so that none is set if not all can be. What each
 * needs is counted as if it came first, which is too much only if a key comes twice. */
static bool all_pairs_fit(kv_call *call)
{
    if (call->service->store.max_memory_bytes == 0)
        return true;
    size_t growth_bytes = 0;
    for (size_t i = 1; i < call->argc; i += 2)
        growth_bytes += kv_store_growth_bytes(call->session->db, call->argv[i], call->argv[i + 1],
                                              call->service->now_ms);
    return kv_store_has_room(&call->service->store, growth_bytes);
}

void kv_command_mset(kv_call *call)
{
    if (call->argc % 2 == 0) {
        kv_reply_wrong_arity(call);
        return;
    }
    if (!all_pairs_fit(call)) {
        kv_reply_status(call, WEFT_EFULL);
        return;
    }
    for (size_t i = 1; i < call->argc; i += 2) {
        kv_entry *entry = kv_find_argument(call, i);
        const weft_status status = put(call, call->argv[i], call->argv[i + 1], &entry);
        if (status) {
            kv_reply_status(call, status);
            return;
        }
        kv_entry_set_deadline(entry, KV_NO_DEADLINE);
    }
    kv_reply_ok(call->out);
}

/* ---- reading -------------------------------------------------------------------------------- */

void kv_command_get(kv_call *call)
{
    reply_value(call, kv_read_argument(call, 1));
}

void kv_command_getdel(kv_call *call)
{
    kv_entry *entry = kv_read_argument(call, 1);
    reply_value(call, entry);
    if (entry)
        kv_store_remove(entry);
}

void kv_command_mget(kv_call *call)
{
    kv_reply_array(call->out, call->argc - 1);
    for (size_t i = 1; i < call->argc && !call->out->refused; i++)
        reply_value(call, kv_read_argument(call, i));
}

void kv_command_strlen(kv_call *call)
{
    const kv_entry *entry = kv_read_argument(call, 1);
    kv_reply_integer(call->out, entry ? (int64_t)kv_entry_value(entry).size_bytes : 0);
}

/* ---- changing ------------------------------------------------------------------------------- */

static void add(kv_call *call, int64_t summand)
{
    kv_entry *entry = kv_find_argument(call, 1);
    int64_t number = 0;
    if (entry) {
        const kv_slice value = kv_entry_value(entry);
        if (!kv_number_parse(value.data, value.size_bytes, &number)) {
            kv_reply_not_an_integer(call);
            return;
        }
    }
    if (__builtin_add_overflow(number, summand, &number)) {
        kv_reply_error(call->out, "ERR increment or decrement would overflow");
        return;
    }
    char digits[KV_NUMBER_MAX_BYTES] = { 0 };
    const kv_slice value = { digits, kv_number_format(digits, number) };
    const weft_status status = put(call, call->argv[1], value, &entry);
    if (status)
        kv_reply_status(call, status);
    else
        kv_reply_digits(call->out, value.data, value.size_bytes);
}

void kv_command_incr(kv_call *call)
{
    add(call, 1);
}

void kv_command_decr(kv_call *call)
{
    add(call, -1);
}

void kv_command_incrby(kv_call *call)
{
    int64_t summand;
    if (kv_integer_argument(call, 2, &summand))
        add(call, summand);
}

void kv_command_decrby(kv_call *call)
{
    int64_t subtrahend;
    if (!kv_integer_argument(call, 2, &subtrahend))
        return;
    if (subtrahend == INT64_MIN)
        kv_reply_error(call->out, "ERR decrement would overflow");
    else
        add(call, -subtrahend);
}

void kv_command_append(kv_call *call)
{
    kv_entry *entry = kv_find_argument(call, 1);
    const weft_status status =
        entry ? kv_entry_append(entry, call->argv[2])
              : kv_store_insert(call->session->db, call->argv[1], call->argv[2], &entry);
    if (status)
        kv_reply_status(call, status);
    else
        kv_reply_integer(call->out, (int64_t)kv_entry_value(entry).size_bytes);
}
