/* COMMAND and HELP: what the command table says of itself. */
#include "command.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct flag_word {
    unsigned flag;
    const char *word;
} flag_word;

static const flag_word flag_words[] = {
    { KV_WRITE, "write" }, { KV_READ, "readonly" },      { KV_DENY_OOM, "denyoom" },
    { KV_ADMIN, "admin" }, { KV_NO_SCRIPT, "noscript" }, { KV_LOADING, "loading" },
    { KV_STALE, "stale" }, { KV_FAST, "fast" },
};

static void reply_flags(kv_buffer *out, const kv_command *command)
{
    const size_t begin = kv_reply_array_begin(out);
    size_t count = 0;
    for (size_t i = 0; i < sizeof flag_words / sizeof *flag_words; i++) {
        if (command->flags & flag_words[i].flag) {
            kv_reply_text(out, flag_words[i].word);
            count++;
        }
    }
    kv_reply_array_end(out, begin, count);
}

/* The groups of commands that access rules speak of. */
static void reply_categories(kv_buffer *out, const kv_command *command)
{
    const bool keyspace =
        strcmp(command->group, "generic") == 0 ||
        (strcmp(command->group, "server") == 0 && (command->flags & (KV_READ | KV_WRITE)));
    const struct {
        bool applies;
        const char *word;
    } words[] = {
        { keyspace, "@keyspace" },
        { (command->flags & KV_READ) != 0, "@read" },
        { (command->flags & KV_WRITE) != 0, "@write" },
        { strcmp(command->group, "string") == 0, "@string" },
        { (command->flags & KV_ADMIN) != 0, "@admin" },
        { (command->flags & KV_FAST) != 0, "@fast" },
        { (command->flags & KV_FAST) == 0, "@slow" },
        { (command->flags & (KV_ADMIN | KV_DANGEROUS)) != 0, "@dangerous" },
        { strcmp(command->group, "connection") == 0, "@connection" },
    };
    const size_t begin = kv_reply_array_begin(out);
    size_t count = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i].applies) {
            kv_reply_text(out, words[i].word);
            count++;
        }
    }
    kv_reply_array_end(out, begin, count);
}

static size_t table_length(const kv_command *table)
{
    size_t length = 0;
    while (table && table[length].name)
        length++;
    return length;
}

/* One command as clients expect it since Redis 7: ten facts, the last one its subcommands, which
 * have the same facts and no subcommands. */
static void reply_facts(kv_buffer *out, const kv_command *command)
{
    kv_reply_array(out, 10);
    kv_reply_bulk_text(out, command->name);
    kv_reply_integer(out, command->arity);
    reply_flags(out, command);
    kv_reply_integer(out, command->first_key);
    kv_reply_integer(out, command->last_key);
    kv_reply_integer(out, command->key_step);
    reply_categories(out, command);
    kv_reply_array(out, 0); /* tips */
    kv_reply_array(out, 0); /* key specifications: first, last and step say it all */
    const size_t subcommands = table_length(command->subcommands);
    kv_reply_array(out, subcommands);
    for (size_t i = 0; i < subcommands; i++) {
        const kv_command *sub = &command->subcommands[i];
        kv_reply_array(out, 10);
        kv_reply_bulk_text(out, sub->name);
        kv_reply_integer(out, sub->arity);
        reply_flags(out, sub);
        kv_reply_integer(out, 0);
        kv_reply_integer(out, 0);
        kv_reply_integer(out, 0);
        reply_categories(out, sub);
        kv_reply_array(out, 0);
        kv_reply_array(out, 0);
        kv_reply_array(out, 0);
    }
}

/* The command of a name as COMMAND takes it, "get" or "config|get". */
static const kv_command *find_full_name(kv_slice name)
{
    const char *bar = memchr(name.data, '|', name.size_bytes);
    if (!bar)
        return kv_command_find(name);
    const size_t before = (size_t)(bar - name.data);
    const kv_command *container = kv_command_find((kv_slice){ name.data, before });
    if (!container || !container->subcommands)
        return NULL;
    return kv_subcommand_find(container, (kv_slice){ bar + 1, name.size_bytes - before - 1 });
}

static void reply_all_facts(kv_buffer *out)
{
    kv_reply_array(out, kv_command_count());
    for (const kv_command *command = kv_commands; command->name; command++)
        reply_facts(out, command);
}

void kv_command_command(kv_call *call)
{
    reply_all_facts(call->out);
}

void kv_command_command_count(kv_call *call)
{
    kv_reply_integer(call->out, (int64_t)kv_command_count());
}

void kv_command_command_info(kv_call *call)
{
    if (call->argc == 2) {
        reply_all_facts(call->out);
        return;
    }
    kv_reply_array(call->out, call->argc - 2);
    for (size_t i = 2; i < call->argc; i++) {
        const kv_command *command = find_full_name(call->argv[i]);
        if (command)
            reply_facts(call->out, command);
        else
            kv_reply_null(call->out);
    }
}

void kv_command_command_list(kv_call *call)
{
    kv_reply_array(call->out, kv_command_count());
    for (const kv_command *command = kv_commands; command->name; command++)
        kv_reply_bulk_text(call->out, command->name);
}

/* ---- documentation -------------------------------------------------------------------------- */

static void reply_text_docs(kv_buffer *out, const kv_command *command)
{
    kv_reply_bulk_text(out, "summary");
    kv_reply_bulk_text(out, command->summary);
    kv_reply_bulk_text(out, "since");
    kv_reply_bulk_text(out, command->since);
    kv_reply_bulk_text(out, "group");
    kv_reply_bulk_text(out, command->group);
}

/* A map as RESP2 writes it: names and values in turn. */
static void reply_docs(kv_buffer *out, const kv_command *command)
{
    const size_t subcommands = table_length(command->subcommands);
    kv_reply_bulk_text(out, command->name);
    kv_reply_array(out, subcommands ? 8 : 6);
    reply_text_docs(out, command);
    if (subcommands == 0)
        return;
    kv_reply_bulk_text(out, "subcommands");
    kv_reply_array(out, 2 * subcommands);
    for (size_t i = 0; i < subcommands; i++) {
        kv_reply_bulk_text(out, command->subcommands[i].name);
        kv_reply_array(out, 6);
        reply_text_docs(out, &command->subcommands[i]);
    }
}

void kv_command_command_docs(kv_call *call)
{
    if (call->argc == 2) {
        kv_reply_array(call->out, 2 * kv_command_count());
        for (const kv_command *command = kv_commands; command->name; command++)
            reply_docs(call->out, command);
        return;
    }
    const size_t begin = kv_reply_array_begin(call->out);
    size_t count = 0;
    for (size_t i = 2; i < call->argc; i++) {
        const kv_command *command = find_full_name(call->argv[i]);
        if (command) {
            reply_docs(call->out, command);
            count += 2;
        }
    }
    kv_reply_array_end(call->out, begin, count);
}

static void upper_case(char *to, size_t cap, const char *from, size_t size_bytes)
{
    size_t i = 0;
    for (; i < size_bytes && i + 1 < cap; i++)
        to[i] = (char)toupper((unsigned char)from[i]);
    to[i] = '\0';
}

/* The HELP of every command that has subcommands. */
void kv_command_help(kv_call *call)
{
    const char *const name = call->command->name;
    const char *const bar = strchr(name, '|');
    const kv_command *container = kv_command_find((kv_slice){ name, (size_t)(bar - name) });
    const size_t subcommands = table_length(container->subcommands);
    char word[24];
    char line[96];
    kv_reply_array(call->out, 1 + 2 * subcommands);
    upper_case(word, sizeof word, name, (size_t)(bar - name));
    snprintf(line, sizeof line,
             "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", word);
    kv_reply_text(call->out, line);
    for (size_t i = 0; i < subcommands; i++) {
        const char *sub = strchr(container->subcommands[i].name, '|') + 1;
        upper_case(word, sizeof word, sub, strlen(sub));
        kv_reply_text(call->out, word);
        snprintf(line, sizeof line, "    %s.", container->subcommands[i].summary);
        kv_reply_text(call->out, line);
    }
}
