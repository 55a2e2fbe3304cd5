/* CONFIG GET and SHUTDOWN. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "glob.h"

/* ---- CONFIG --------------------------------------------------------------------------------- */

#define KV_VALUE_BYTES 64

typedef struct parameter {
    const char *name;
    /* Writes the value to `text`, of KV_VALUE_BYTES; NULL if the value is always `constant`. */
    void (*format)(const kv_service *service, char *text);
    const char *constant;
} parameter;

static void format_size(char *text, size_t size)
{
    snprintf(text, KV_VALUE_BYTES, "%zu", size);
}

static void format_bind(const kv_service *service, char *text)
{
    snprintf(text, KV_VALUE_BYTES, "%s", service->settings.bind);
}

static void format_port(const kv_service *service, char *text)
{
    format_size(text, service->settings.port);
}

static void format_max_clients(const kv_service *service, char *text)
{
    format_size(text, service->settings.max_clients);
}

static void format_max_memory(const kv_service *service, char *text)
{
    format_size(text, service->store.max_memory_bytes);
}

static void format_max_buffers(const kv_service *service, char *text)
{
    format_size(text, service->settings.max_buffers_bytes);
}

static void format_max_value(const kv_service *service, char *text)
{
    format_size(text, service->store.max_value_bytes);
}

static void format_max_request(const kv_service *service, char *text)
{
    format_size(text, service->settings.max_request_bytes);
}

static void format_databases(const kv_service *service, char *text)
{
    (void)service;
    format_size(text, KV_DATABASES);
}

/* What can be set, and what clients ask for to learn that it is not there. */
static const parameter parameters[] = {
    { "appendonly", NULL, "no" },
    { "bind", format_bind, NULL },
    { "client-query-buffer-limit", format_max_request, NULL },
    { "databases", format_databases, NULL },
    { "maxclients", format_max_clients, NULL },
    { "maxmemory", format_max_memory, NULL },
    { "maxmemory-clients", format_max_buffers, NULL },
    { "maxmemory-policy", NULL, "noeviction" },
    { "port", format_port, NULL },
    { "proto-max-bulk-len", format_max_value, NULL },
    { "save", NULL, "" },
    { "timeout", NULL, "0" },
};

static bool has_wildcards(kv_slice pattern)
{
    for (size_t i = 0; i < pattern.size_bytes; i++)
        if (strchr("*?[", pattern.data[i]) && pattern.data[i] != '\0')
            return true;
    return false;
}

/* The argument that asks for the parameter, or NULL. */
static const kv_slice *wanted_by(const kv_call *call, const char *name)
{
    const kv_slice text = { name, strlen(name) };
    for (size_t i = 2; i < call->argc; i++)
        if (has_wildcards(call->argv[i]) ? kv_glob_match_nocase(call->argv[i], text)
                                         : kv_slice_is(call->argv[i], name))
            return &call->argv[i];
    return NULL;
}

void kv_command_config_get(kv_call *call)
{
    const size_t begin = kv_reply_array_begin(call->out);
    size_t count = 0;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const parameter *wanted = &parameters[i];
        const kv_slice *asked = wanted_by(call, wanted->name);
        if (!asked)
            continue;
        char text[KV_VALUE_BYTES] = "";
        if (wanted->format)
            wanted->format(call->service, text);
        if (has_wildcards(*asked))
            kv_reply_bulk_text(call->out, wanted->name);
        else
            kv_reply_bulk(call->out, asked->data, asked->size_bytes); /* as it was spelt */
        kv_reply_bulk_text(call->out, wanted->format ? text : wanted->constant);
        count += 2;
    }
    kv_reply_array_end(call->out, begin, count);
}

/* ---- SHUTDOWN ------------------------------------------------------------------------------- */

void kv_command_shutdown(kv_call *call)
{
    bool save = false;
    bool no_save = false;
    bool at_once = false;
    bool abort = false;
    for (size_t i = 1; i < call->argc; i++) {
        const kv_slice word = call->argv[i];
        if (kv_slice_is(word, "save"))
            save = true;
        else if (kv_slice_is(word, "nosave"))
            no_save = true;
        else if (kv_slice_is(word, "now") || kv_slice_is(word, "force"))
            at_once = true;
        else if (kv_slice_is(word, "abort"))
            abort = true;
        else
            goto syntax_error;
    }
    if ((save && no_save) || (abort && (save || no_save || at_once)))
        goto syntax_error;
    if (abort) {
        kv_reply_error(call->out, "ERR No shutdown in progress.");
    } else if (save) {
        kv_reply_error(call->out, "ERR Nothing is ever saved here; SHUTDOWN NOSAVE stops the "
                                  "server.");
    } else {
        call->service->shutdown_requested = true;
        call->session->closing = true;
    }
    return;

syntax_error:
    kv_reply_syntax_error(call);
}
