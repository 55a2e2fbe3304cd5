#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <weft/clock.h>
#include <weft/net.h>

#define KV_DEFAULT_MAX_CLIENTS       10000
#define KV_DEFAULT_MAX_BYTES         (UINT64_C(1) << 30)
#define KV_DEFAULT_MAX_BUFFERS_BYTES ((size_t)256 << 20)
#define KV_DEFAULT_STALL_NS          (60 * WEFT_SECOND)
#define KV_DEFAULT_SPIN_NS           (50 * WEFT_MICROSECOND)
#define KV_MAX_SECONDS               (24 * 60 * 60)

static const char help[] =
    "usage: weft-kv --port N [OPTION...]\n"
    "A key-value server in memory that speaks the Redis protocol.\n"
    "\n"
    "  --port N            the TCP port; 0 picks a free one, which the first line of output tells\n"
    "  --bind A            the numeric address to listen on; 127.0.0.1 unless given\n"
    "  --maxclients N      connections at a time; 10000 unless given\n"
    "  --maxmemory B       refuse writes that need more memory for keys and values; 0: no limit.\n"
    "                      Memory goes back to the system in pieces of 2 MiB that no key is left\n"
    "                      in: after most keys are deleted, the process may stay large\n"
    "  --maxbuffers B      the memory for requests and unsent replies of all clients together;\n"
    "                      who needs more is dropped, and so is who has most while less than a\n"
    "                      quarter is left; 256mb unless given\n"
    "  --max-request B     the longest request that is read; while it arrives it takes up to "
    "three\n"
    "                      times its size of --maxbuffers, of which it is a quarter unless given,\n"
    "                      and at most 1gb\n"
    "  --max-unsent B      drop a client when the replies it has not read exceed this; 1gb unless\n"
    "                      given\n"
    "  --max-stall S       drop a client that read none of its replies for S seconds; 60 unless\n"
    "                      given\n"
    "  --spin US           look for work for so many microseconds before sleeping; clients are\n"
    "                      spared the time that waking takes; 50 unless given, 0 on one CPU\n"
    "  --backend NAME      how the kernel is asked: epoll, or uring where it has io_uring; unless\n"
    "                      given, as is usual on this system\n"
    "  --help              print this and exit\n"
    "\n"
    "B is a number of bytes, with k, m or g for powers of 1000 and kb, mb or gb for powers of "
    "1024.\n"
    "SIGTERM and SIGINT stop the server: it answers what it has received, and exits with 0.\n";

enum option_id {
    OPTION_PORT = 1, /* no character, so that no short option exists */
    OPTION_BIND,
    OPTION_MAX_CLIENTS,
    OPTION_MAX_MEMORY,
    OPTION_MAX_BUFFERS,
    OPTION_MAX_REQUEST,
    OPTION_MAX_UNSENT,
    OPTION_MAX_STALL,
    OPTION_SPIN,
    OPTION_BACKEND,
    OPTION_HELP
};

static const struct option table[] = {
    { "port", required_argument, NULL, OPTION_PORT },
    { "bind", required_argument, NULL, OPTION_BIND },
    { "maxclients", required_argument, NULL, OPTION_MAX_CLIENTS },
    { "maxmemory", required_argument, NULL, OPTION_MAX_MEMORY },
    { "maxbuffers", required_argument, NULL, OPTION_MAX_BUFFERS },
    { "max-request", required_argument, NULL, OPTION_MAX_REQUEST },
    { "max-unsent", required_argument, NULL, OPTION_MAX_UNSENT },
    { "max-stall", required_argument, NULL, OPTION_MAX_STALL },
    { "spin", required_argument, NULL, OPTION_SPIN },
    { "backend", required_argument, NULL, OPTION_BACKEND },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* Digits only, at most `most`; *end is behind them. */
static bool parse_digits(const char *text, uint64_t most, uint64_t *number, const char **end)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value) || value > most)
            return false;
    }
    *number = value;
    *end = at;
    return at > text;
}

bool kv_size_parse(const char *text, size_t *size_bytes)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = { { "", 1 },           { "b", 1 },
                  { "k", 1000 },       { "kb", 1024 },
                  { "m", 1000000 },    { "mb", 1024 * 1024 },
                  { "g", 1000000000 }, { "gb", 1024 * 1024 * 1024 } };
    uint64_t number;
    const char *unit;
    if (!parse_digits(text, SIZE_MAX, &number, &unit))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t product;
        if (strcasecmp(unit, units[i].name) == 0 &&
            !__builtin_mul_overflow(number, units[i].factor, &product)) {
            *size_bytes = product;
            return true;
        }
    }
    return false;
}

/* ---- one option ----------------------------------------------------------------------------- */

static bool refuse(const char *name, const char *wanted)
{
    fprintf(stderr, "weft-kv: --%s takes %s, not '%s'\n", name, wanted, optarg);
    return false;
}

static bool take_number(const char *name, uint64_t least, uint64_t most, const char *wanted,
                        uint64_t *number)
{
    uint64_t value;
    const char *end;
    if (!parse_digits(optarg, most, &value, &end) || *end || value < least)
        return refuse(name, wanted);
    *number = value;
    return true;
}

static bool take_size(const char *name, size_t least, size_t *size_bytes)
{
    size_t value;
    if (!kv_size_parse(optarg, &value) || value < least || value > SIZE_MAX / 4) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, "a number of bytes, such as 100mb, from %zu on", least);
        return refuse(name, wanted);
    }
    *size_bytes = value;
    return true;
}

static bool take_address(kv_settings *settings)
{
    weft_address address;
    if (strlen(optarg) >= sizeof settings->bind || weft_address_parse(optarg, 0, &address))
        return refuse("bind", "a numeric address, such as 127.0.0.1 or ::1");
    strcpy(settings->bind, optarg);
    return true;
}

static bool take_backend(weft_backend *backend)
{
    const bool is_epoll = strcmp(optarg, "epoll") == 0;
    if (!is_epoll && strcmp(optarg, "uring") != 0)
        return refuse("backend", "epoll or uring");
    *backend = is_epoll ? WEFT_IO_EPOLL : WEFT_IO_URING;
    return true;
}

static bool take_option(kv_options *options, int id)
{
    kv_settings *const settings = &options->settings;
    uint64_t number;
    switch ((enum option_id)id) {
    case OPTION_PORT:
        if (!take_number("port", 0, UINT16_MAX, "a port from 0 to 65535", &number))
            return false;
        settings->port = (unsigned)number;
        return true;
    case OPTION_BIND: return take_address(settings);
    case OPTION_MAX_CLIENTS:
        if (!take_number("maxclients", 1, 1000000, "a number from 1 to 1000000", &number))
            return false;
        settings->max_clients = number;
        return true;
    case OPTION_MAX_MEMORY: return take_size("maxmemory", 0, &options->max_memory_bytes);
    case OPTION_MAX_BUFFERS: return take_size("maxbuffers", 1 << 20, &settings->max_buffers_bytes);
    case OPTION_MAX_REQUEST: return take_size("max-request", 1024, &settings->max_request_bytes);
    case OPTION_MAX_UNSENT: return take_size("max-unsent", 1024, &settings->max_output_bytes);
    case OPTION_MAX_STALL:
        if (!take_number("max-stall", 1, KV_MAX_SECONDS, "seconds, from 1 to 86400", &number))
            return false;
        options->stall_ns = (int64_t)number * WEFT_SECOND;
        return true;
    case OPTION_SPIN:
        if (!take_number("spin", 0, 1000000, "microseconds, from 0 to 1000000", &number))
            return false;
        options->spin_ns = (int64_t)number * WEFT_MICROSECOND;
        return true;
    case OPTION_BACKEND: return take_backend(&options->backend);
    case OPTION_HELP: break;
    }
    return false;
}

/* Where there is one CPU, who spins keeps it from those that would bring work. */
static int64_t default_spin_ns(void)
{
    cpu_set_t cpus;
    const bool alone = sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
    return alone ? 0 : KV_DEFAULT_SPIN_NS;
}

/* While a request grows it takes up to three times its bytes, and while less than a quarter of all
 * memory is left the client with the largest is dropped: so much has to be there for the
 * longest. */
static size_t default_max_request(size_t max_buffers_bytes)
{
    const size_t bytes = max_buffers_bytes / 4;
    return bytes < KV_DEFAULT_MAX_BYTES ? bytes : KV_DEFAULT_MAX_BYTES;
}

kv_options_result kv_options_parse(kv_options *options, int argc, char **argv)
{
    *options = (kv_options){ .settings = { .bind = "127.0.0.1",
                                           .max_clients = KV_DEFAULT_MAX_CLIENTS,
                                           .max_output_bytes = KV_DEFAULT_MAX_BYTES,
                                           .max_buffers_bytes = KV_DEFAULT_MAX_BUFFERS_BYTES },
                             .stall_ns = KV_DEFAULT_STALL_NS,
                             .spin_ns = default_spin_ns() };
    bool has_port = false;
    int id;
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (id == OPTION_HELP) {
            fputs(help, stdout);
            return KV_OPTIONS_HELP;
        }
        if (id == '?' || !take_option(options, id))
            goto bad;
        has_port |= id == OPTION_PORT;
    }
    if (optind < argc) {
        fprintf(stderr, "weft-kv: '%s' is no option\n", argv[optind]);
        goto bad;
    }
    kv_settings *const settings = &options->settings;
    if (settings->max_request_bytes == 0)
        settings->max_request_bytes = default_max_request(settings->max_buffers_bytes);
    if (!has_port) {
        fputs("weft-kv: say which port to listen on with --port N\n", stderr);
        goto bad;
    }
    return KV_OPTIONS_RUN;

bad:
    fputs("weft-kv: --help lists the options\n", stderr);
    return KV_OPTIONS_BAD;
}
