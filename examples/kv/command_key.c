/* The commands on keys, whatever their values. */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "number.h"

void kv_command_del(kv_call *call)
{
    int64_t removed = 0;
    for (size_t i = 1; i < call->argc; i++) {
        kv_entry *entry = kv_find_argument(call, i);
        if (entry) {
            kv_store_remove(entry);
            removed++;
        }
    }
    kv_reply_integer(call->out, removed);
}

void kv_command_exists(kv_call *call)
{
    int64_t found = 0;
    for (size_t i = 1; i < call->argc; i++)
        found += kv_read_argument(call, i) != NULL;
    kv_reply_integer(call->out, found);
}

void kv_command_type(kv_call *call)
{
    kv_reply_text(call->out, kv_read_argument(call, 1) ? "string" : "none");
}

/* ---- deadlines ------------------------------------------------------------------------------ */

typedef struct expire_options {
    bool only_without; /* NX: has no deadline yet */
    bool only_with;    /* XX */
    bool only_later;   /* GT: no deadline is the latest */
    bool only_earlier; /* LT */
} expire_options;

static bool parse_expire_options(kv_call *call, expire_options *options)
{
    for (size_t i = 3; i < call->argc; i++) {
        const kv_slice argument = call->argv[i];
        if (kv_slice_is(argument, "nx")) {
            options->only_without = true;
        } else if (kv_slice_is(argument, "xx")) {
            options->only_with = true;
        } else if (kv_slice_is(argument, "gt")) {
            options->only_later = true;
        } else if (kv_slice_is(argument, "lt")) {
            options->only_earlier = true;
        } else {
            const size_t size_bytes = argument.size_bytes;
            kv_reply_errorf(call->out, "ERR Unsupported option %.*s",
                            size_bytes < 256 ? (int)size_bytes : 256, argument.data);
            return false;
        }
    }
    if (options->only_without &&
        (options->only_with || options->only_later || options->only_earlier)) {
        kv_reply_error(call->out, "ERR NX and XX, GT or LT options at the same time are not "
                                  "compatible");
        return false;
    }
    if (options->only_later && options->only_earlier) {
        kv_reply_error(call->out, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

static bool may_expire_at(const expire_options *options, int64_t now_has_ms, int64_t deadline_ms)
{
    const bool has = now_has_ms != KV_NO_DEADLINE;
    return !(options->only_without && has) && !(options->only_with && !has) &&
           !(options->only_later && (!has || deadline_ms <= now_has_ms)) &&
           !(options->only_earlier && has && deadline_ms >= now_has_ms);
}

static void expire(kv_call *call, int64_t unit_ms)
{
    expire_options options = { 0 };
    int64_t ttl;
    int64_t deadline_ms;
    if (!parse_expire_options(call, &options) || !kv_integer_argument(call, 2, &ttl))
        return;
    if (!kv_deadline_after(call->service, ttl, unit_ms, &deadline_ms)) {
        kv_reply_errorf(call->out, "ERR invalid expire time in '%s' command", call->command->name);
        return;
    }
    kv_entry *entry = kv_find_argument(call, 1);
    if (!entry || !may_expire_at(&options, kv_entry_deadline_ms(entry), deadline_ms)) {
        kv_reply_integer(call->out, 0);
        return;
    }
    if (ttl <= 0)
        kv_store_remove(entry);
    else
        kv_entry_set_deadline(entry, deadline_ms);
    kv_reply_integer(call->out, 1);
}

void kv_command_expire(kv_call *call)
{
    expire(call, 1000);
}

void kv_command_pexpire(kv_call *call)
{
    expire(call, 1);
}

/* The milliseconds left of argument 1; negative, and replied already, if that has no answer. */
static int64_t left_ms(kv_call *call)
{
    const kv_entry *entry = kv_read_argument(call, 1);
    if (!entry || kv_entry_deadline_ms(entry) == KV_NO_DEADLINE) {
        kv_reply_integer(call->out, entry ? -1 : -2);
        return -1;
    }
    const int64_t left = kv_entry_deadline_ms(entry) - call->service->next_ms;
    return left < 0 ? 0 : left;
}

void kv_command_ttl(kv_call *call)
{
    const int64_t left = left_ms(call);
    if (left >= 0)
        kv_reply_integer(call->out, left / 1000 + (left % 1000 >= 500));
}

void kv_command_pttl(kv_call *call)
{
    const int64_t left = left_ms(call);
    if (left >= 0)
        kv_reply_integer(call->out, left);
}

void kv_command_persist(kv_call *call)
{
    kv_entry *entry = kv_find_argument(call, 1);
    const bool had = entry && kv_entry_deadline_ms(entry) != KV_NO_DEADLINE;
    if (had)
        kv_entry_set_deadline(entry, KV_NO_DEADLINE);
    kv_reply_integer(call->out, had);
}

/* ---- the whole keyspace --------------------------------------------------------------------- */

static void reply_key(kv_call *call, const kv_entry *entry)
{
    const kv_slice key = kv_entry_key(entry);
    kv_reply_bulk(call->out, key.data, key.size_bytes);
}

void kv_command_keys(kv_call *call)
{
    const kv_db *db = call->session->db;
    const size_t begin = kv_reply_array_begin(call->out);
    size_t matched = 0;
    for (size_t i = 0; i < db->count && !call->out->refused; i++) {
        const kv_entry *entry = kv_store_peek(db, i, call->service->now_ms);
        if (entry && kv_glob_match(call->argv[1], kv_entry_key(entry))) {
            reply_key(call, entry);
            matched++;
        }
    }
    kv_reply_array_end(call->out, begin, matched);
}

typedef struct scan_options {
    bool has_pattern;
    kv_slice pattern;
    bool no_type_matches; /* TYPE names another type than the one that there is */
    int64_t count;
} scan_options;

static bool parse_scan_options(kv_call *call, scan_options *options)
{
    for (size_t i = 2; i < call->argc; i += 2) {
        const kv_slice argument = call->argv[i];
        if (i + 1 == call->argc) {
            kv_reply_syntax_error(call);
            return false;
        }
        if (kv_slice_is(argument, "count")) {
            if (!kv_integer_argument(call, i + 1, &options->count))
                return false;
            if (options->count < 1) {
                kv_reply_syntax_error(call);
                return false;
            }
        } else if (kv_slice_is(argument, "match")) {
            options->has_pattern = true;
            options->pattern = call->argv[i + 1];
        } else if (kv_slice_is(argument, "type")) {
            options->no_type_matches = !kv_slice_is(call->argv[i + 1], "string");
        } else {
            kv_reply_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* As strtoul reads it, which is how Redis does: "" is 0 and "-1" is the largest number. */
static bool parse_cursor(kv_slice argument, uint64_t *cursor)
{
    char text[32];
    if (argument.size_bytes >= sizeof text || memchr(argument.data, '\0', argument.size_bytes))
        return false;
    memcpy(text, argument.data, argument.size_bytes);
    text[argument.size_bytes] = '\0';
    char *end;
    errno = 0;
    *cursor = strtoull(text, &end, 10);
    return !isspace((unsigned char)text[0]) && *end == '\0' && errno != ERANGE;
}

/* The cursor is the number of places that are left to visit, from the array's low end; 0 is both
 * the beginning and the end. */
void kv_command_scan(kv_call *call)
{
    uint64_t cursor;
    scan_options options = { .count = 10 };
    if (!parse_cursor(call->argv[1], &cursor)) {
        kv_reply_error(call->out, "ERR invalid cursor");
        return;
    }
    if (!parse_scan_options(call, &options))
        return;
    kv_db *const db = call->session->db;
    size_t at = cursor == 0 || cursor > db->count ? db->count : (size_t)cursor;
    const size_t stop = (uint64_t)options.count < at ? at - (size_t)options.count : 0;
    char digits[KV_NUMBER_MAX_BYTES];
    kv_reply_array(call->out, 2);
    kv_reply_bulk(call->out, digits, kv_number_format(digits, (int64_t)stop));
    const size_t begin = kv_reply_array_begin(call->out);
    size_t matched = 0;
    while (at > stop) {
        const kv_entry *entry = kv_store_at(db, --at, call->service->now_ms);
        if (entry && !options.no_type_matches &&
            (!options.has_pattern || kv_glob_match(options.pattern, kv_entry_key(entry)))) {
            reply_key(call, entry);
            matched++;
        }
    }
    kv_reply_array_end(call->out, begin, matched);
}

void kv_command_randomkey(kv_call *call)
{
    const kv_entry *entry = kv_store_random(call->session->db, call->service->now_ms);
    if (entry)
        reply_key(call, entry);
    else
        kv_reply_null(call->out);
}

void kv_command_dbsize(kv_call *call)
{
    kv_reply_integer(call->out, (int64_t)call->session->db->count);
}

/* FLUSHALL and FLUSHDB may say whether to wait; both ways all is gone when the reply is sent. */
static bool flush_arguments_are_valid(kv_call *call)
{
    if (call->argc == 1 || (call->argc == 2 && (kv_slice_is(call->argv[1], "sync") ||
                                                kv_slice_is(call->argv[1], "async"))))
        return true;
    kv_reply_syntax_error(call);
    return false;
}

void kv_command_flushall(kv_call *call)
{
    if (!flush_arguments_are_valid(call))
        return;
    for (size_t i = 0; i < KV_DATABASES; i++)
        kv_store_clear(&call->service->store.dbs[i]);
    kv_reply_ok(call->out);
}

void kv_command_flushdb(kv_call *call)
{
    if (!flush_arguments_are_valid(call))
        return;
    kv_store_clear(call->session->db);
    kv_reply_ok(call->out);
}
