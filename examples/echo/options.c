/* The command line. */
#include "echo.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: weft-echo --port N [OPTION...]\n"
    "Sends back what it receives, on 127.0.0.1.\n"
    "\n"
    "  --port N           the TCP port; 0 picks a free one, which the first line of output tells\n"
    "  --backend NAME     how the kernel is asked: epoll, or uring where it has io_uring; unless\n"
    "                     given, as is usual on this system\n"
    "  --mode NAME        park sleeps when there is nothing to do, and is the default; spin never\n"
    "                     sleeps: the shortest way from one message to the next, on a CPU of its\n"
    "                     own\n"
    "  --max-clients N    connections at a time, whose memory is laid aside at the start; 1000\n"
    "                     unless given; the limit of open files (ulimit -n) holds too\n"
    "  --help             print this and exit\n"
    "\n"
    "SIGTERM and SIGINT stop it: it sends back what has arrived, waits up to 2 seconds for its\n"
    "clients to close, and exits with 0.\n";

static const struct option table[] = {
    { "port", required_argument, NULL, 'p' },        { "backend", required_argument, NULL, 'b' },
    { "mode", required_argument, NULL, 'm' },        { "help", no_argument, NULL, 'h' },
    { "max-clients", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
};

/* The number that was given, or -1 after a sentence. */
static long number(const char *name, long least, long most)
{
    char *end;
    const long value = strtol(optarg, &end, 10);
    if (*optarg >= '0' && *optarg <= '9' && !*end && value >= least && value <= most)
        return value;
    fprintf(stderr, "weft-echo: --%s takes a number from %ld to %ld, not '%s'\n", name, least, most,
            optarg);
    return -1;
}

/* Which of the two was given, or -1 after a sentence. */
static long choice(const char *name, const char *first, const char *second)
{
    if (strcmp(optarg, first) == 0)
        return 0;
    if (strcmp(optarg, second) == 0)
        return 1;
    fprintf(stderr, "weft-echo: --%s takes %s or %s, not '%s'\n", name, first, second, optarg);
    return -1;
}

bool echo_options_parse(echo_options *options, int *status_out, int argc, char **argv)
{
    static const weft_backend backends[] = { WEFT_IO_EPOLL, WEFT_IO_URING, WEFT_IO_DEFAULT };
    long port = -1, backend = 2, mode = 0, max_clients = 1000;
    *status_out = 1;
    for (int id; (id = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        long *value = id == 'p' ? &port : id == 'b' ? &backend : id == 'm' ? &mode : &max_clients;
        switch (id) {
        case 'h': *status_out = fputs(help, stdout) < 0 || fflush(stdout); return false;
        case 'p': *value = number("port", 0, UINT16_MAX); break;
        case 'c': *value = number("max-clients", 1, 100000); break;
        case 'b': *value = choice("backend", "epoll", "uring"); break;
        case 'm': *value = choice("mode", "park", "spin"); break;
        default: return false; /* getopt has said why */
        }
        if (*value < 0)
            return false;
    }
    if (optind < argc)
        fprintf(stderr, "weft-echo: '%s' is no option; --help lists them\n", argv[optind]);
    else if (port < 0)
        fputs("weft-echo: say which port to listen on with --port N\n", stderr);
    else
        *status_out = 0;
    *options = (echo_options){ .port = (uint16_t)port,
                               .max_clients = (uint32_t)max_clients,
                               .backend = backends[backend],
                               .mode = mode ? WEFT_SPIN : WEFT_PARK };
    return *status_out == 0;
}
