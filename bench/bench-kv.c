/* The key-value example beside redis-server: both run as programs of their own on loopback ports
 * and are driven by redis-benchmark in turns, each turn of ours next to one of the peer's. Of a row
 * the median of the turns is reported.
 *
 *     kv.pN       requests per second with N requests in a pipeline; half SET, half GET
 *     kv.pN.park  the same where ours sleeps at once when there is nothing to do, instead of
 * looking for work for a while first kv.pN.p99   99th percentile of a pipeline's round trip
 *     kv.pN.cpu   CPU time of the server per request, which tells servers apart that answer faster
 *                 than redis-benchmark, on its one CPU, can ask
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/bench.h"

enum {
    TURNS = 5,
    CLIENTS = 50,
    KEYS = 100000,
    TURN_MS = 500, /* for each of SET and GET, about */
    PATIENCE_MS = 10000,
};

typedef struct server {
    const char *name;
    const char *program;
    pid_t pid;
    unsigned port;
} server;

typedef struct figures {
    double rate[TURNS]; /* requests per second */
    double p99_ns[TURNS];
    double cpu_ns[TURNS]; /* per request */
} figures;

/* ---- servers --------------------------------------------------------------------------------- */

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A port that nobody has at the moment. */
static unsigned free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) &&
                   !getsockname(fd, (struct sockaddr *)&address, &size),
               "a port is free");
    close(fd);
    return ntohs(address.sin_port);
}

static bool is_listening(unsigned port)
{
    const struct sockaddr_in address = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = !connect(fd, (const struct sockaddr *)&address, sizeof address);
    close(fd);
    return connected;
}

/* `name` is what the program is called by; redis-check-rdb is redis-server by that name. */
static void start(server *s, const char *const options[])
{
    char port[16];
    const char *argv[16] = { s->name, "--port", port };
    s->port = free_port();
    snprintf(port, sizeof port, "%u", s->port);
    for (size_t i = 0; options[i]; i++)
        argv[3 + i] = options[i];
    s->pid = fork();
    bench_must(s->pid >= 0, "a server can be started");
    if (s->pid == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should this program fail */
        execv(s->program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    for (int waited_ms = 0; !is_listening(s->port); waited_ms += 20) {
        bench_must(waited_ms < PATIENCE_MS && waitpid(s->pid, NULL, WNOHANG) == 0,
                   "the server listens");
        sleep_ms(20);
    }
}

static void stop(const server *s)
{
    int status;
    kill(s->pid, SIGTERM);
    bench_must(waitpid(s->pid, &status, 0) == s->pid && WIFEXITED(status) &&
                   WEXITSTATUS(status) == 0,
               "the server stops with status 0");
}

/* Time on a CPU so far. */
static double cpu_ns_of(const server *s)
{
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)s->pid);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%llu", &ns) != 1)
            ns = 0;
        fclose(file);
    }
    return (double)ns;
}

/* The first of the programs that PATH has, or false. */
static bool find_program(char path[static PATH_MAX], const char *const names[])
{
    for (size_t i = 0; names[i]; i++) {
        char *folders = strdup(getenv("PATH") ? getenv("PATH") : "");
        char *rest = folders;
        for (char *folder; (folder = strsep(&rest, ":"));) {
            snprintf(path, PATH_MAX, "%s/%s", folder, names[i]);
            if (access(path, X_OK) == 0) {
                free(folders);
                return true;
            }
        }
        free(folders);
    }
    return false;
}

/* The program beside this one. */
static void own_program(char path[static PATH_MAX], const char *name)
{
    char self[PATH_MAX] = "";
    bench_must(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "this program has a path");
    const int size = snprintf(path, PATH_MAX, "%s/%s", dirname(self), name);
    bench_must(size < PATH_MAX && access(path, X_OK) == 0, "weft-kv lies beside this program");
}

/* ---- measuring ------------------------------------------------------------------------------- */

typedef struct outcome {
    double set_rate, get_rate;
    double set_p99_ms, get_p99_ms;
} outcome;

/* Runs redis-benchmark, SET and GET, `requests` of each. */
static outcome drive(const server *s, unsigned pipeline, unsigned requests)
{
    char line[256], test[32];
    outcome result = { 0 };
    snprintf(line, sizeof line,
             "redis-benchmark -p %u -t set,get -n %u -c %d -P %u -r %d --csv 2>&1", s->port,
             requests, CLIENTS, pipeline, KEYS);
    FILE *output = popen(line, "r");
    bench_must(output != NULL, "redis-benchmark can be run");
    while (fgets(line, sizeof line, output)) {
        double rps, average, min, p50, p95, p99;
        if (sscanf(line, "\"%31[^\"]\",\"%lf\",\"%lf\",\"%lf\",\"%lf\",\"%lf\",\"%lf\"", test, &rps,
                   &average, &min, &p50, &p95, &p99) != 7)
            continue;
        if (strcmp(test, "SET") == 0) {
            result.set_rate = rps;
            result.set_p99_ms = p99;
        } else {
            result.get_rate = rps;
            result.get_p99_ms = p99;
        }
    }
    bench_must(pclose(output) == 0 && result.set_rate > 0 && result.get_rate > 0,
               "redis-benchmark runs without an error");
    return result;
}

static void measure(const server *s, unsigned pipeline, unsigned requests, figures *f, size_t turn)
{
    const double before_ns = cpu_ns_of(s);
    const outcome o = drive(s, pipeline, requests);
    f->cpu_ns[turn] = (cpu_ns_of(s) - before_ns) / (2.0 * requests);
    f->rate[turn] = 2 / (1 / o.set_rate + 1 / o.get_rate);
    f->p99_ns[turn] = 1e6 * (o.set_p99_ms > o.get_p99_ms ? o.set_p99_ms : o.get_p99_ms);
}

static void record(bench *b, unsigned pipeline, figures *ours, figures *parked, figures *peers,
                   const char *peer)
{
    char id[32], what[96];
    const double peer_rate = peer ? bench_median(peers->rate, TURNS) : 0;
    snprintf(id, sizeof id, "kv.p%u", pipeline);
    snprintf(what, sizeof what, "SET and GET in turns, pipeline of %u, %d clients, %d keys",
             pipeline, CLIENTS, KEYS);
    bench_record(b, &(bench_row){ .id = id,
                                  .what = what,
                                  .unit = "requests/s",
                                  .ns = bench_median(ours->rate, TURNS),
                                  .peer = peer,
                                  .peer_ns = peer_rate });
    snprintf(id, sizeof id, "kv.p%u.park", pipeline);
    bench_record(b, &(bench_row){ .id = id,
                                  .what = "the same, weft-kv --spin 0",
                                  .unit = "requests/s",
                                  .ns = bench_median(parked->rate, TURNS),
                                  .peer = peer,
                                  .peer_ns = peer_rate });
    const struct {
        const char *suffix, *what;
        double *ours, *peers;
    } times[] = {
        { "p99", "99th percentile of a round trip, the worse of SET and GET", ours->p99_ns,
          peers->p99_ns },
        { "cpu", "CPU time of the server per request, looking for work included", ours->cpu_ns,
          peers->cpu_ns },
        { "park.cpu", "the same, weft-kv --spin 0", parked->cpu_ns, peers->cpu_ns },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const double our_median = bench_median(times[i].ours, TURNS);
        const double peer_median = bench_median(times[i].peers, TURNS);
        snprintf(id, sizeof id, "kv.p%u.%s", pipeline, times[i].suffix);
        bench_record(b, &(bench_row){ .id = id,
                                      .what = times[i].what,
                                      .ns = our_median,
                                      .median_ns = our_median,
                                      .peer = peer,
                                      .peer_ns = peer ? peer_median : 0,
                                      .peer_median_ns = peer ? peer_median : 0 });
    }
}

/* `peer` may be NULL. */
static void contest(bench *b, unsigned pipeline, const server *ours, const server *parked,
                    const server *peer)
{
    static figures our_figures, parked_figures, peer_figures;
    /* What a turn takes is found out on ours, and both get the same. */
    const outcome trial = drive(ours, pipeline, 10000 * pipeline);
    (void)drive(parked, pipeline, 10000 * pipeline);
    if (peer)
        (void)drive(peer, pipeline, 10000 * pipeline);
    unsigned requests = (unsigned)(trial.get_rate * TURN_MS / 1000);
    requests -= requests % pipeline;
    for (size_t turn = 0; turn < TURNS; turn++) {
        measure(ours, pipeline, requests, &our_figures, turn);
        if (peer)
            measure(peer, pipeline, requests, &peer_figures, turn);
        measure(parked, pipeline, requests, &parked_figures, turn);
    }
    record(b, pipeline, &our_figures, &parked_figures, &peer_figures, peer ? peer->name : NULL);
}

int main(int argc, char **argv)
{
    /* The servers and redis-benchmark need more than the one CPU that a bench is pinned to. */
    cpu_set_t all;
    bench_must(sched_getaffinity(0, sizeof all, &all) == 0, "the CPUs are known");
    bench *b = bench_open("kv", argc, argv);
    bench_must(sched_setaffinity(0, sizeof all, &all) == 0, "the CPUs can be used");

    char our_program[PATH_MAX], peer_program[PATH_MAX], driver[PATH_MAX];
    static const unsigned pipelines[] = { 1, 16, 64 };
    own_program(our_program, "weft-kv");
    if (!find_program(driver, (const char *const[]){ "redis-benchmark", NULL })) {
        bench_note(b, "nothing was measured: there is no redis-benchmark (Debian: redis-tools)");
        return bench_close(b);
    }
    server ours = { .name = "weft-kv", .program = our_program };
    server parked = ours;
    server peer = { .name = "redis-server", .program = peer_program };
    const bool has_peer = find_program(
        peer_program, (const char *const[]){ "redis-server", "redis-check-rdb", NULL });
    start(&ours, (const char *const[]){ NULL });
    start(&parked, (const char *const[]){ "--spin", "0", NULL });
    if (has_peer)
        start(&peer, (const char *const[]){ "--bind", "127.0.0.1", "--save", "", "--appendonly",
                                            "no", "--dir", "/tmp", NULL });
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
        char id[16];
        snprintf(id, sizeof id, "kv.p%u", pipelines[i]);
        if (bench_wants(b, id))
            contest(b, pipelines[i], &ours, &parked, has_peer ? &peer : NULL);
    }
    stop(&ours);
    stop(&parked);
    if (has_peer)
        stop(&peer);
    else
        bench_note(b, "there is no redis-server to compare with (Debian: redis-tools)");
    bench_note(b, "redis-benchmark has one CPU, so rates meet where it is the slower side");
    return bench_close(b);
}
