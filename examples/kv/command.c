#include "command.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

#define KV_ERROR_ARGS_BYTES 128 /* of an unknown command's name and arguments in its error */

/* ---- lookup --------------------------------------------------------------------------------- */

/* A name of up to sixteen letters in two words, whatever their case. The bytes are read straight
 * into registers: by way of memory they would wait until all that was stored before has arrived
 * there, such as the value of the request before. */
typedef struct packed_name {
    uint64_t head;
    uint64_t tail;
} packed_name;

static packed_name pack(kv_slice name)
{
    const uint64_t lower = 0x2020202020202020U;
    const char *const end = name.data + name.size_bytes;
    packed_name packed = { 0, 0 };
    if (name.size_bytes >= 8) {
        memcpy(&packed.head, name.data, 8);
        memcpy(&packed.tail, end - 8, 8);
    } else if (name.size_bytes >= 4) {
        uint32_t words[2];
        memcpy(&words[0], name.data, 4);
        memcpy(&words[1], end - 4, 4);
        packed.head = words[0];
        packed.tail = words[1];
    } else if (name.size_bytes > 0) {
        packed.head = (unsigned char)name.data[0];
        packed.tail =
            (uint64_t)(unsigned char)name.data[name.size_bytes / 2] << 8 | (unsigned char)end[-1];
    }
    /* That makes two bytes equal that are not only if neither is a letter. */
    return (packed_name){ packed.head | lower, packed.tail | lower };
}

/* Open addressing over kv_commands, made at the first lookup. */
#define KV_INDEX_BITS 8
#define KV_NAME_BYTES 16

static struct {
    packed_name name;
    size_t name_bytes; /* 0: free */
    const kv_command *command;
} command_index[1 << KV_INDEX_BITS];
static size_t command_count;

static size_t slot_of(packed_name name, size_t name_bytes)
{
    const uint64_t mixed = (name.head * 31 + name.tail + name_bytes) * 0x9e3779b97f4a7c15U;
    return (size_t)(mixed >> (64 - KV_INDEX_BITS));
}

static size_t next_slot(size_t slot)
{
    return (slot + 1) % (sizeof command_index / sizeof *command_index);
}

static void make_index(void)
{
    for (const kv_command *command = kv_commands; command->name; command++) {
        const size_t name_bytes = strlen(command->name);
        assert(name_bytes <= KV_NAME_BYTES);
        assert(strspn(command->name, "abcdefghijklmnopqrstuvwxyz") == name_bytes);
        const packed_name name = pack((kv_slice){ command->name, name_bytes });
        size_t slot = slot_of(name, name_bytes);
        while (command_index[slot].name_bytes)
            slot = next_slot(slot);
        command_index[slot].name = name;
        command_index[slot].name_bytes = name_bytes;
        command_index[slot].command = command;
        command_count++;
    }
}

bool kv_slice_is(kv_slice slice, const char *word)
{
    for (size_t i = 0; i < slice.size_bytes; i++) {
        const char c = slice.data[i];
        const char lower = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if (word[i] == '\0' || lower != word[i])
            return false;
    }
    return word[slice.size_bytes] == '\0';
}

const kv_command *kv_command_find(kv_slice name)
{
    if (__builtin_expect(command_count == 0, 0))
        make_index();
    if (name.size_bytes == 0 || name.size_bytes > KV_NAME_BYTES)
        return NULL;
    const packed_name packed = pack(name);
    for (size_t slot = slot_of(packed, name.size_bytes); command_index[slot].name_bytes;
         slot = next_slot(slot)) {
        if (command_index[slot].name_bytes == name.size_bytes &&
            command_index[slot].name.head == packed.head &&
            command_index[slot].name.tail == packed.tail)
            return command_index[slot].command;
    }
    return NULL;
}

const kv_command *kv_subcommand_find(const kv_command *container, kv_slice name)
{
    for (const kv_command *sub = container->subcommands; sub->name; sub++)
        if (kv_slice_is(name, strchr(sub->name, '|') + 1))
            return sub;
    return NULL;
}

size_t kv_command_count(void)
{
    if (command_count == 0)
        make_index();
    return command_count;
}

/* ---- execution ------------------------------------------------------------------------------ */

static int clamp(size_t size_bytes, size_t max_bytes)
{
    return (int)(size_bytes < max_bytes ? size_bytes : max_bytes);
}

/* A browser that was lured into talking to this port says "POST / HTTP/1.1" and "Host: ..." first;
 * what follows is not to be obeyed. */
static bool is_http(kv_slice name)
{
    return kv_slice_is(name, "post") || kv_slice_is(name, "host:");
}

static void reply_unknown(kv_call *call)
{
    if (is_http(call->argv[0])) {
        call->session->closing = true;
        return;
    }
    char arguments[KV_ERROR_ARGS_BYTES * 2] = "";
    size_t used = 0;
    for (size_t i = 1; i < call->argc && used < KV_ERROR_ARGS_BYTES; i++) {
        const kv_slice argument = call->argv[i];
        const int shown = clamp(argument.size_bytes, KV_ERROR_ARGS_BYTES - used);
        used += (size_t)snprintf(arguments + used, sizeof arguments - used, "'%.*s' ", shown,
                                 argument.data);
    }
    kv_reply_errorf(call->out, "ERR unknown command '%.*s', with args beginning with: %s",
                    clamp(call->argv[0].size_bytes, KV_ERROR_ARGS_BYTES), call->argv[0].data,
                    arguments);
}

static void reply_unknown_subcommand(kv_call *call, const char *container)
{
    char upper[16];
    size_t i = 0;
    for (; container[i] && i < sizeof upper - 1; i++)
        upper[i] = (char)toupper((unsigned char)container[i]);
    upper[i] = '\0';
    kv_reply_errorf(call->out, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                    clamp(call->argv[1].size_bytes, KV_ERROR_ARGS_BYTES), call->argv[1].data,
                    upper);
}

static bool arity_fits(const kv_command *command, size_t argc)
{
    return command->arity >= 0 ? argc == (size_t)command->arity : argc >= (size_t)-command->arity;
}

/* Which command it is; NULL, with the error replied, if it is none. */
static const kv_command *resolve(kv_call *call)
{
    const kv_command *command = kv_command_find(call->argv[0]);
    if (!command) {
        reply_unknown(call);
        return NULL;
    }
    if (command->subcommands && call->argc > 1) {
        const kv_command *sub = kv_subcommand_find(command, call->argv[1]);
        if (!sub) {
            reply_unknown_subcommand(call, command->name);
            return NULL;
        }
        command = sub;
    }
    call->command = command;
    if (!arity_fits(command, call->argc)) {
        kv_reply_wrong_arity(call);
        return NULL;
    }
    return command;
}

void kv_execute(kv_session *session, size_t argc, const kv_slice *argv, kv_buffer *out)
{
    kv_execute_hashed(session, argc, argv, NULL, out);
}

void kv_execute_hashed(kv_session *session, size_t argc, const kv_slice *argv, const kv_hash *hash,
                       kv_buffer *out)
{
    kv_service *const service = session->service;
    kv_call call = {
        .service = service, .session = session, .argv = argv, .argc = argc, .hash = hash, .out = out
    };
    session->active_ms = service->now_ms;
    const kv_command *command = resolve(&call);
    if (!command) {
        service->stats.errors++;
        return;
    }
    session->last_command = command->name;
    service->stats.commands++;
    command->run(&call);
}

/* ---- what commands share -------------------------------------------------------------------- */

void kv_reply_syntax_error(kv_call *call)
{
    kv_reply_error(call->out, "ERR syntax error");
}

void kv_reply_not_an_integer(kv_call *call)
{
    kv_reply_error(call->out, "ERR value is not an integer or out of range");
}

void kv_reply_wrong_arity(kv_call *call)
{
    kv_reply_errorf(call->out, "ERR wrong number of arguments for '%s' command",
                    call->command->name);
}

void kv_reply_status(kv_call *call, weft_status status)
{
    switch (status) {
    case WEFT_EFULL:
        kv_reply_error(call->out, "OOM command not allowed when used memory > 'maxmemory'.");
        break;
    case WEFT_ETOOBIG:
        kv_reply_error(call->out, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        break;
    case WEFT_ENOMEM: kv_reply_error(call->out, "OOM out of memory"); break;
    default: kv_reply_errorf(call->out, "ERR %s", weft_status_sentence(status)); break;
    }
}

bool kv_integer_argument(kv_call *call, size_t index, int64_t *number)
{
    if (kv_number_parse(call->argv[index].data, call->argv[index].size_bytes, number))
        return true;
    kv_reply_not_an_integer(call);
    return false;
}

kv_entry *kv_find_argument(kv_call *call, size_t index)
{
    kv_db *const db = call->session->db;
    const kv_slice key = call->argv[index];
    if (index == 1 && call->hash)
        return kv_store_find_hashed(db, key, *call->hash, call->service->now_ms);
    return kv_store_find(db, key, call->service->now_ms);
}

kv_entry *kv_read_argument(kv_call *call, size_t index)
{
    kv_entry *entry = kv_find_argument(call, index);
    if (entry)
        call->service->stats.keyspace_hits++;
    else
        call->service->stats.keyspace_misses++;
    return entry;
}

bool kv_deadline_after(const kv_service *service, int64_t ttl, int64_t unit_ms,
                       int64_t *deadline_ms)
{
    int64_t ttl_ms;
    return !__builtin_mul_overflow(ttl, unit_ms, &ttl_ms) &&
           !__builtin_add_overflow(ttl_ms, service->next_ms, deadline_ms);
}
