/* Load for scripts/soak: a client process with several connections that checks every reply, and
 * keeps account of it where a SIGKILL does not reach: in a file that it maps, which the script
 * reads.
 *
 *     load kv|echo PORT ACCOUNT_FILE NAME CONNECTIONS PAUSE_US SEED
 *
 * In each round every connection sends a batch, and then every connection takes its replies. What
 * is sent is noted before it is sent, what is acknowledged when its reply was found right, so what
 * the server has done lies between the two, whenever this process is killed.
 *
 * The exit status is 0 after `finish` was set in the account, and after the server, being stopped,
 * ended the streams where replies end; else 1, with a sentence in the account.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "random.h"

enum {
    MAX_CONNECTIONS = 64,
    VALUES = 4,
    SHARED = 8,
    MAX_REQUESTS = 32,
    BATCH_BYTES = 32 * 1024,
    LONGEST_VALUE = 8000,
    ROOM_BYTES = BATCH_BYTES + 2 * LONGEST_VALUE,
    PATIENCE_SECONDS = 30,
};

/* scripts/soak knows this layout. */
typedef struct account {
    uint64_t finish;   /* set by the script: no more batches */
    uint64_t stopping; /* set by the script: the server may end streams where replies end */
    uint64_t sent, answered, bytes, connects, turned_away;
    uint64_t counter_sent[MAX_CONNECTIONS], counter_answered[MAX_CONNECTIONS];
    uint64_t value_sent[MAX_CONNECTIONS][VALUES], value_answered[MAX_CONNECTIONS][VALUES];
    uint64_t shared_sent[SHARED], shared_answered[SHARED];
    char failure[256];
} account;

typedef enum kind { EXACT, COUNTER, VALUE, SHARED_COUNTER } kind;

/* What a request is to be answered with; the first `size` bytes of what follows, unless the reply
 * is a counter that others count too. */
typedef struct expectation {
    kind kind;
    unsigned which; /* value or shared counter */
    size_t size;
    uint64_t number; /* that the answer acknowledges */
} expectation;

typedef struct connection {
    int fd; /* -1: not connected */
    unsigned index;
    size_t request_count, next; /* in `expected` */
    expectation expected[MAX_REQUESTS];
    size_t out_size, right_size, have;
    uint64_t shared_seen[SHARED];
    uint64_t stream_out, stream_in; /* states of the bytes that go and come */
    char out[ROOM_BYTES], right[ROOM_BYTES], in[ROOM_BYTES];
} connection;

static volatile account *book;
static bool is_kv;
static const char *name;
static unsigned port;
static uint64_t random_state;

/* ---- small things ---------------------------------------------------------------------------- */

static unsigned below(unsigned limit)
{
    return (unsigned)test_random_below(&random_state, limit);
}

static _Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *format, ...)
{
    char text[sizeof book->failure] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < sizeof text; i++)
        book->failure[i] = text[i];
    fprintf(stderr, "load %s: %s\n", name, text);
    exit(1);
}

static void put(char *buffer, size_t *size, const char *bytes, size_t size_bytes)
{
    if (*size + size_bytes > ROOM_BYTES)
        fail("a batch is longer than its room");
    memcpy(buffer + *size, bytes, size_bytes);
    *size += size_bytes;
}

static __attribute__((format(printf, 3, 4))) void put_text(char *buffer, size_t *size,
                                                           const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(buffer, size, text, (size_t)written);
}

/* ---- batches of kv --------------------------------------------------------------------------- */

/* A value tells its number and its size, so that anyone can see whether it is whole. */
static size_t make_value(char *value, const connection *c, unsigned which, uint64_t number)
{
    uint64_t state = number * 64 + c->index * VALUES + which;
    const uint64_t bits = test_random(&state);
    const size_t fill = bits % 16 == 0 ? (bits >> 8) % (LONGEST_VALUE - 64) : (bits >> 8) % 200;
    const int head = sprintf(value, "%llu:%zu:", (unsigned long long)number, fill);
    memset(value + head, 'a' + (int)(number % 26), fill);
    return (size_t)head + fill;
}

static void put_bulk(char *buffer, size_t *size, const char *bytes, size_t size_bytes)
{
    put_text(buffer, size, "$%zu\r\n", size_bytes);
    put(buffer, size, bytes, size_bytes);
    put(buffer, size, "\r\n", 2);
}

static void put_key(char *buffer, size_t *size, const connection *c, const char *type, unsigned i)
{
    char key[128];
    const int written = snprintf(key, sizeof key, "%s:%s:%u:%u", type, name, c->index, i);
    put_bulk(buffer, size, key, (size_t)written);
}

static void ask_own_counter(connection *c, expectation *e)
{
    const uint64_t number = ++book->counter_sent[c->index];
    put_text(c->out, &c->out_size, "*2\r\n$4\r\nINCR\r\n");
    put_key(c->out, &c->out_size, c, "c", 0);
    put_text(c->right, &c->right_size, ":%llu\r\n", (unsigned long long)number);
    e->kind = COUNTER;
    e->number = number;
}

static void ask_shared_counter(connection *c, expectation *e)
{
    e->kind = SHARED_COUNTER;
    e->which = below(SHARED);
    book->shared_sent[e->which]++;
    put_text(c->out, &c->out_size, "*2\r\n$4\r\nINCR\r\n$3\r\ns:%u\r\n", e->which);
}

static void ask_set(connection *c, expectation *e)
{
    char value[LONGEST_VALUE];
    e->kind = VALUE;
    e->which = below(VALUES);
    e->number = ++book->value_sent[c->index][e->which];
    const size_t size = make_value(value, c, e->which, e->number);
    put_text(c->out, &c->out_size, "*3\r\n$3\r\nSET\r\n");
    put_key(c->out, &c->out_size, c, "v", e->which);
    put_bulk(c->out, &c->out_size, value, size);
    put(c->right, &c->right_size, "+OK\r\n", 5);
}

static void ask_get(connection *c)
{
    char value[LONGEST_VALUE];
    const unsigned which = below(VALUES);
    const uint64_t number = book->value_sent[c->index][which];
    put_text(c->out, &c->out_size, "*2\r\n$3\r\nGET\r\n");
    put_key(c->out, &c->out_size, c, "v", which);
    if (number)
        put_bulk(c->right, &c->right_size, value, make_value(value, c, which, number));
    else
        put(c->right, &c->right_size, "$-1\r\n", 5);
}

static void ask(connection *c)
{
    expectation *const e = &c->expected[c->request_count++];
    const size_t before = c->right_size;
    const unsigned dice = below(10);
    *e = (expectation){ .kind = EXACT };
    if (dice < 3)
        ask_own_counter(c, e);
    else if (dice < 4)
        ask_shared_counter(c, e);
    else if (dice < 6)
        ask_set(c, e);
    else if (dice < 9)
        ask_get(c);
    else {
        put_text(c->out, &c->out_size, "*1\r\n$4\r\nPING\r\n");
        put(c->right, &c->right_size, "+PONG\r\n", 7);
    }
    e->size = c->right_size - before;
}

/* ---- batches of echo ------------------------------------------------------------------------- */

static void fill(char *bytes, size_t size, uint64_t *stream)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)((*stream)++ * UINT64_C(0x9E3779B97F4A7C15) >> 56);
}

static void say(connection *c)
{
    expectation *const e = &c->expected[c->request_count++];
    *e = (expectation){ .kind = EXACT, .size = 1 + below(below(8) ? 200 : BATCH_BYTES / 8) };
    fill(c->out + c->out_size, e->size, &c->stream_out);
    c->out_size += e->size;
    fill(c->right + c->right_size, e->size, &c->stream_in);
    c->right_size += e->size;
}

static void make_batch(connection *c)
{
    const size_t count = 1 + below(MAX_REQUESTS);
    c->request_count = c->next = c->out_size = c->right_size = c->have = 0;
    while (c->request_count < count && c->out_size < BATCH_BYTES && c->right_size < BATCH_BYTES)
        if (is_kv)
            ask(c);
        else
            say(c);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void hang_up(connection *c)
{
    close(c->fd);
    c->fd = -1;
}

static int connect_once(void)
{
    const int on = 1;
    const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("no socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (errno != ECONNREFUSED && errno != ECONNRESET && errno != EINTR)
        fail("cannot connect: %s", strerror(errno));
    close(fd);
    return -1;
}

/* A server without descriptors takes a client and sends it away: one is in when it has been
 * answered once. */
static bool is_let_in(int fd)
{
    static const char question[] = "PING\r\n", pong[] = "+PONG\r\n";
    const char *const right = is_kv ? pong : question;
    char got[16];
    size_t have = 0;
    if (send(fd, question, strlen(question), MSG_NOSIGNAL) < 0)
        return false;
    while (have < strlen(right)) {
        const ssize_t n = recv(fd, got + have, strlen(right) - have, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            fail("a client that was taken in got no answer in %d seconds", PATIENCE_SECONDS);
        if (n <= 0 && have == 0)
            return false;
        if (n <= 0)
            fail("the first reply is cut off");
        have += (size_t)n;
    }
    if (memcmp(got, right, have) == 0)
        return true;
    if (got[0] == '-')
        return false; /* -ERR max number of clients reached */
    fail("the first reply is wrong");
}

/* False if it was sent away. */
static bool get_connected(connection *c)
{
    if (c->fd >= 0)
        return true;
    c->fd = connect_once();
    if (c->fd >= 0 && is_let_in(c->fd)) {
        book->connects++;
        return true;
    }
    if (c->fd >= 0)
        hang_up(c);
    book->turned_away++;
    return false;
}

/* ---- a round --------------------------------------------------------------------------------- */

/* The stream has ended, where only a server that stops may end it. */
static void stream_over(connection *c, const char *what)
{
    if (!book->stopping)
        fail("connection %u: %s (%s), %zu replies short", c->index, what, strerror(errno),
             c->request_count - c->next);
    if (is_kv && c->have)
        fail("connection %u: the server stopped in the middle of a reply", c->index);
    hang_up(c);
}

static void send_batch(connection *c)
{
    /* Now and then in two parts, anywhere. */
    size_t part = below(4) ? c->out_size : 1 + below((unsigned)c->out_size);
    book->sent += c->request_count;
    for (size_t sent = 0; sent < c->out_size;) {
        const ssize_t n = send(c->fd, c->out + sent, part - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET) && book->stopping)
            return; /* what was answered is still there to be read */
        if (n < 0)
            fail("connection %u: cannot send: %s", c->index, strerror(errno));
        sent += (size_t)n;
        if (sent == part)
            part = c->out_size;
    }
}

static void acknowledge(const connection *c, const expectation *e)
{
    book->answered++;
    if (e->kind == COUNTER)
        book->counter_answered[c->index] = e->number;
    else if (e->kind == VALUE)
        book->value_answered[c->index][e->which] = e->number;
    else if (e->kind == SHARED_COUNTER)
        book->shared_answered[e->which]++;
}

/* Bytes of the reply at `in`, if it is right; 0 if more must come. */
static size_t check_shared(connection *c, const expectation *e, const char *in, size_t have)
{
    const char *const line_end = memchr(in, '\n', have);
    if (!line_end)
        return 0;
    const uint64_t number = strtoull(in + 1, NULL, 10);
    if (in[0] != ':' || number <= c->shared_seen[e->which])
        fail("connection %u: a shared counter went from %llu to '%.*s'", c->index,
             (unsigned long long)c->shared_seen[e->which], (int)(line_end - in), in);
    c->shared_seen[e->which] = number;
    return (size_t)(line_end - in) + 1;
}

static size_t check_one(connection *c, const char *in, size_t have, const char *right)
{
    const expectation *const e = &c->expected[c->next];
    if (e->kind == SHARED_COUNTER)
        return check_shared(c, e, in, have);
    const size_t size = have < e->size ? have : e->size;
    for (size_t i = 0; i < size; i++)
        if (in[i] != right[i])
            fail("connection %u: byte %zu of reply %zu of %zu is 0x%02x, not 0x%02x; it begins "
                 "'%.20s', not '%.20s'",
                 c->index, i, c->next, c->request_count, (unsigned char)in[i],
                 (unsigned char)right[i], in, right);
    return have < e->size ? 0 : e->size;
}

/* Checks what is there; whole replies are taken. */
static void check(connection *c, size_t *right_at)
{
    size_t at = 0;
    while (c->next < c->request_count) {
        const expectation *const e = &c->expected[c->next];
        const size_t size = check_one(c, c->in + at, c->have - at, c->right + *right_at);
        if (size == 0)
            break;
        acknowledge(c, e);
        *right_at += e->size;
        at += size;
        c->next++;
    }
    if (c->next == c->request_count && at < c->have)
        fail("connection %u: more came than was asked for", c->index);
    book->bytes += at;
    c->have -= at;
    memmove(c->in, c->in + at, c->have);
}

static void take_replies(connection *c)
{
    for (size_t right_at = 0; c->next < c->request_count;) {
        const ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - 1 - c->have, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            fail("connection %u: no reply within %d seconds, %zu short", c->index, PATIENCE_SECONDS,
                 c->request_count - c->next);
        if (n <= 0) {
            errno = n == 0 ? 0 : errno;
            stream_over(c, n == 0 ? "the stream ended" : "the connection broke");
            return;
        }
        c->have += (size_t)n;
        c->in[c->have] = '\0';
        check(c, &right_at);
    }
}

/* How many connections took part. */
static unsigned go_round(connection *connections, unsigned count)
{
    unsigned in = 0;
    bool asked[MAX_CONNECTIONS] = { false };
    for (unsigned i = 0; i < count; i++) {
        connection *const c = &connections[i];
        asked[i] = book->stopping ? c->fd >= 0 : get_connected(c);
        if (!asked[i])
            continue;
        in++;
        make_batch(c);
        send_batch(c);
    }
    for (unsigned i = 0; i < count; i++)
        if (asked[i])
            take_replies(&connections[i]);
    return in;
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return 2;
    const pid_t soak = (pid_t)atoi(argv[8]); /* whose child this was, if it is dead by now */
    const int file = open(argv[3], O_RDWR | O_CLOEXEC);
    void *const memory = mmap(NULL, sizeof *book, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    const unsigned count = (unsigned)atoi(argv[5]), pause_us = (unsigned)atoi(argv[6]);
    connection *const connections = calloc(count, sizeof *connections);
    if (file < 0 || memory == MAP_FAILED || !connections || count < 1 || count > MAX_CONNECTIONS)
        return 2;
    book = memory;
    is_kv = strcmp(argv[1], "kv") == 0;
    port = (unsigned)atoi(argv[2]);
    name = argv[4];
    random_state = strtoull(argv[7], NULL, 10);
    for (unsigned i = 0; i < count; i++) {
        connections[i].fd = -1;
        connections[i].index = i;
    }
    while (!book->finish && getppid() == soak) {
        const unsigned in = go_round(connections, count);
        if (book->stopping && !in)
            break;
        /* Now and then one leaves in good order and comes back, to find what it left. */
        connection *const c = &connections[below(count)];
        if (below(50) == 0 && c->fd >= 0)
            hang_up(c);
        usleep(in ? pause_us : 20000);
    }
    return 0;
}
