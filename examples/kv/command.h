/* Commands: the table, how one is looked up and run, and what the commands' files share. */
#ifndef KV_COMMAND_H
#define KV_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "resp.h"
#include "service.h"

typedef enum kv_command_flags {
    KV_READ = 1,
    KV_WRITE = 2,
    KV_DENY_OOM = 4,
    KV_FAST = 8,
    KV_ADMIN = 16,
    KV_NO_SCRIPT = 32,
    KV_LOADING = 64,
    KV_STALE = 128,
    KV_DANGEROUS = 256 /* may take long or tell much */
} kv_command_flags;

/* One request being answered. */
typedef struct kv_call {
    kv_service *service;
    kv_session *session;
    const struct kv_command *command;
    const kv_slice *argv;
    size_t argc;
    const kv_hash *hash; /* of argument 1; NULL if nobody knows */
    kv_buffer *out;
} kv_call;

typedef void kv_command_fn(kv_call *call);

typedef struct kv_command {
    const char *name; /* in lower case; of a subcommand "config|get" */
    kv_command_fn *run;
    int arity; /* number of arguments with the name; -n is n or more */
    unsigned flags;
    int first_key, last_key, key_step;
    const char *group, *since, *summary;
    const struct kv_command *subcommands; /* up to one without a name */
} kv_command;

/* All commands, up to one without a name. */
extern const kv_command kv_commands[];

/* Runs one request and writes its one reply, or none if the session is closing without one
 * (SHUTDOWN, HTTP). argc > 0. */
void kv_execute(kv_session *session, size_t argc, const kv_slice *argv, kv_buffer *out);

/* The same, if the hash of the first argument after the command is known; else it is NULL. */
void kv_execute_hashed(kv_session *session, size_t argc, const kv_slice *argv, const kv_hash *hash,
                       kv_buffer *out);

/* The command, or the subcommand of `container`, of that name in any case; or NULL. */
const kv_command *kv_command_find(kv_slice name);
const kv_command *kv_subcommand_find(const kv_command *container, kv_slice name);

/* The number of commands. */
size_t kv_command_count(void);

/* Whether `slice` is `word` (given in lower case), whatever the case. */
bool kv_slice_is(kv_slice slice, const char *word);

/* "-ERR" and a sentence that several commands use. */
void kv_reply_syntax_error(kv_call *call);
void kv_reply_not_an_integer(kv_call *call);
void kv_reply_wrong_arity(kv_call *call);

/* The error of a store call that failed. */
void kv_reply_status(kv_call *call, weft_status status);

/* Reads argument `index` as an integer; false, with the error replied, if it is none. */
bool kv_integer_argument(kv_call *call, size_t index, int64_t *number);

/* The entry of argument `index` in the session's database, or NULL; the second form counts the
 * hit or miss. */
kv_entry *kv_find_argument(kv_call *call, size_t index);
kv_entry *kv_read_argument(kv_call *call, size_t index);

/* Turns a time-to-live in units of unit_ms into a deadline. False if that does not fit. */
bool kv_deadline_after(const kv_service *service, int64_t ttl, int64_t unit_ms,
                       int64_t *deadline_ms);

/* command_string.c */
kv_command_fn kv_command_set, kv_command_get, kv_command_getdel, kv_command_setnx, kv_command_mset,
    kv_command_mget, kv_command_incr, kv_command_decr, kv_command_incrby, kv_command_decrby,
    kv_command_append, kv_command_strlen;

/* command_key.c */
kv_command_fn kv_command_del, kv_command_exists, kv_command_expire, kv_command_pexpire,
    kv_command_ttl, kv_command_pttl, kv_command_persist, kv_command_type, kv_command_keys,
    kv_command_scan, kv_command_randomkey, kv_command_dbsize, kv_command_flushall,
    kv_command_flushdb;

/* command_connection.c */
kv_command_fn kv_command_ping, kv_command_echo, kv_command_select, kv_command_hello,
    kv_command_quit, kv_command_client_id, kv_command_client_getname, kv_command_client_setname,
    kv_command_client_setinfo, kv_command_client_info, kv_command_client_list;

/* command_server.c */
kv_command_fn kv_command_config_get, kv_command_shutdown;

/* command_info.c */
kv_command_fn kv_command_info;

/* command_docs.c; kv_command_help is the HELP of every command that has subcommands */
kv_command_fn kv_command_command, kv_command_command_count, kv_command_command_docs,
    kv_command_command_info, kv_command_command_list, kv_command_help;

#endif
