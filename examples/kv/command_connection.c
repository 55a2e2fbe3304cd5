/* The commands about the connection that they come over. */
#include "command.h"

#include <limits.h>
#include <string.h>

#include "number.h"

void kv_command_ping(kv_call *call)
{
    if (call->argc == 1)
        KV_REPLY_LITERAL(call->out, "+PONG\r\n");
    else if (call->argc == 2)
        kv_reply_bulk(call->out, call->argv[1].data, call->argv[1].size_bytes);
    else
        kv_reply_wrong_arity(call);
}

void kv_command_echo(kv_call *call)
{
    kv_reply_bulk(call->out, call->argv[1].data, call->argv[1].size_bytes);
}

void kv_command_select(kv_call *call)
{
    int64_t index;
    if (!kv_integer_argument(call, 1, &index))
        return;
    if (index < INT_MIN || index > INT_MAX) {
        kv_reply_errorf(call->out, "ERR value is out of range, value must between %d and %d",
                        INT_MIN, INT_MAX);
    } else if (index < 0 || index >= KV_DATABASES) {
        kv_reply_error(call->out, "ERR DB index is out of range");
    } else {
        call->session->db = &call->service->store.dbs[index];
        kv_reply_ok(call->out);
    }
}

void kv_command_quit(kv_call *call)
{
    call->session->closing = true;
    kv_reply_ok(call->out);
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_plain(kv_slice text)
{
    for (size_t i = 0; i < text.size_bytes; i++)
        if (text.data[i] < '!' || text.data[i] > '~')
            return false;
    return true;
}

/* False, with the error replied, if it cannot be a name. */
static bool check_name(kv_call *call, kv_slice name)
{
    if (!is_plain(name)) {
        kv_reply_error(call->out, "ERR Client names cannot contain spaces, newlines or special "
                                  "characters.");
        return false;
    }
    if (name.size_bytes >= sizeof call->session->name) {
        kv_reply_errorf(call->out, "ERR Client names cannot be longer than %zu bytes.",
                        sizeof call->session->name - 1);
        return false;
    }
    return true;
}

static void set_name(kv_session *session, kv_slice name)
{
    memcpy(session->name, name.data, name.size_bytes);
    session->name[name.size_bytes] = '\0';
}

void kv_command_client_setname(kv_call *call)
{
    if (!check_name(call, call->argv[2]))
        return;
    set_name(call->session, call->argv[2]);
    kv_reply_ok(call->out);
}

void kv_command_client_getname(kv_call *call)
{
    if (call->session->name[0])
        kv_reply_bulk_text(call->out, call->session->name);
    else
        kv_reply_null(call->out);
}

/* Client libraries introduce themselves; it is accepted and not kept. */
void kv_command_client_setinfo(kv_call *call)
{
    const kv_slice attribute = call->argv[2];
    const bool library_name = kv_slice_is(attribute, "lib-name");
    if (!library_name && !kv_slice_is(attribute, "lib-ver")) {
        kv_reply_errorf(call->out, "ERR Unrecognized option '%.*s'",
                        (int)(attribute.size_bytes < 128 ? attribute.size_bytes : 128),
                        attribute.data);
    } else if (!is_plain(call->argv[3])) {
        kv_reply_errorf(call->out, "ERR %s cannot contain spaces, newlines or special characters.",
                        library_name ? "lib-name" : "lib-ver");
    } else {
        kv_reply_ok(call->out);
    }
}

/* ---- HELLO ---------------------------------------------------------------------------------- */

/* There are no users but the default one, who needs no password: any will do. */
static bool check_user(kv_call *call, kv_slice user)
{
    if (user.size_bytes == strlen("default") && memcmp(user.data, "default", 7) == 0)
        return true;
    kv_reply_error(call->out, "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

/* Checks "AUTH user password" and "SETNAME name"; *name is the last one, if any. */
static bool parse_hello_options(kv_call *call, const kv_slice **name)
{
    for (size_t i = 2; i < call->argc; i++) {
        const size_t left = call->argc - 1 - i;
        const kv_slice option = call->argv[i];
        if (kv_slice_is(option, "auth") && left >= 2) {
            if (!check_user(call, call->argv[i + 1]))
                return false;
            i += 2;
        } else if (kv_slice_is(option, "setname") && left >= 1) {
            *name = &call->argv[++i];
            if (!check_name(call, **name))
                return false;
        } else {
            kv_reply_errorf(call->out, "ERR Syntax error in HELLO option '%.*s'",
                            (int)(option.size_bytes < 128 ? option.size_bytes : 128), option.data);
            return false;
        }
    }
    return true;
}

void kv_command_hello(kv_call *call)
{
    const kv_slice *name = NULL;
    if (call->argc > 1) {
        int64_t version;
        if (!kv_number_parse(call->argv[1].data, call->argv[1].size_bytes, &version)) {
            kv_reply_error(call->out, "ERR Protocol version is not an integer or out of range");
            return;
        }
        if (version != 2) {
            kv_reply_error(call->out, "NOPROTO unsupported protocol version");
            return;
        }
        if (!parse_hello_options(call, &name))
            return;
        if (name)
            set_name(call->session, *name);
    }
    kv_buffer *const out = call->out;
    kv_reply_array(out, 14);
    kv_reply_bulk_text(out, "server");
    kv_reply_bulk_text(out, "redis"); /* what is spoken here; client libraries look at it */
    kv_reply_bulk_text(out, "version");
    kv_reply_bulk_text(out, KV_REDIS_VERSION);
    kv_reply_bulk_text(out, "proto");
    kv_reply_integer(out, 2);
    kv_reply_bulk_text(out, "id");
    kv_reply_integer(out, (int64_t)call->session->id);
    kv_reply_bulk_text(out, "mode");
    kv_reply_bulk_text(out, "standalone");
    kv_reply_bulk_text(out, "role");
    kv_reply_bulk_text(out, "master");
    kv_reply_bulk_text(out, "modules");
    kv_reply_array(out, 0);
}

/* ---- CLIENT --------------------------------------------------------------------------------- */

static void write_session(kv_buffer *out, const kv_session *session)
{
    const int64_t now_ms = session->service->now_ms;
    kv_reply_printf(out, "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=N db=%d ",
                    (unsigned long long)session->id, session->peer, session->local, session->fd,
                    session->name, (long long)(now_ms - session->connected_ms) / 1000,
                    (long long)(now_ms - session->active_ms) / 1000,
                    (int)(session->db - session->service->store.dbs));
    kv_reply_printf(out,
                    "sub=0 psub=0 multi=-1 qbuf=%zu qbuf-free=%zu omem=%zu tot-mem=%zu cmd=%s "
                    "user=default resp=2\n",
                    session->input ? kv_buffer_size(session->input) : 0,
                    session->input ? kv_buffer_room(session->input) : 0,
                    session->output ? kv_buffer_size(session->output) : 0,
                    (session->input ? session->input->cap_bytes : 0) +
                        (session->output ? session->output->cap_bytes : 0),
                    session->last_command);
}

void kv_command_client_id(kv_call *call)
{
    kv_reply_integer(call->out, (int64_t)call->session->id);
}

void kv_command_client_info(kv_call *call)
{
    const size_t begin = kv_reply_bulk_begin(call->out);
    write_session(call->out, call->session);
    kv_reply_bulk_end(call->out, begin);
}

static void list_all(kv_call *call)
{
    for (const kv_session *session = call->service->first_session; session; session = session->next)
        write_session(call->out, session);
}

/* "CLIENT LIST ID id ...". */
static void list_by_id(kv_call *call)
{
    const size_t begin = kv_reply_bulk_begin(call->out);
    for (size_t i = 3; i < call->argc; i++) {
        int64_t id;
        if (!kv_number_parse(call->argv[i].data, call->argv[i].size_bytes, &id)) {
            kv_reply_take_back(call->out, begin);
            kv_reply_error(call->out, "ERR Invalid client ID");
            return;
        }
        const kv_session *session = call->service->first_session;
        while (session && session->id != (uint64_t)id)
            session = session->next;
        if (session)
            write_session(call->out, session);
    }
    kv_reply_bulk_end(call->out, begin);
}

/* "CLIENT LIST TYPE type": all clients here are normal ones. */
static void list_by_type(kv_call *call)
{
    const kv_slice type = call->argv[3];
    const bool normal = kv_slice_is(type, "normal");
    if (!normal && !kv_slice_is(type, "master") && !kv_slice_is(type, "replica") &&
        !kv_slice_is(type, "slave") && !kv_slice_is(type, "pubsub")) {
        kv_reply_errorf(call->out, "ERR Unknown client type '%.*s'",
                        (int)(type.size_bytes < 128 ? type.size_bytes : 128), type.data);
        return;
    }
    const size_t begin = kv_reply_bulk_begin(call->out);
    if (normal)
        list_all(call);
    kv_reply_bulk_end(call->out, begin);
}

void kv_command_client_list(kv_call *call)
{
    if (call->argc == 2) {
        const size_t begin = kv_reply_bulk_begin(call->out);
        list_all(call);
        kv_reply_bulk_end(call->out, begin);
    } else if (call->argc == 4 && kv_slice_is(call->argv[2], "type")) {
        list_by_type(call);
    } else if (call->argc > 3 && kv_slice_is(call->argv[2], "id")) {
        list_by_id(call);
    } else {
        kv_reply_syntax_error(call);
    }
}
