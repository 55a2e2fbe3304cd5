#define _GNU_SOURCE
#include "kv_processes.h"

#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
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

enum { PATIENCE_MS = 10000 };

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

/* redis-check-rdb is redis-server when it is called by that name. */
void server_start(server *s, const char *const options[])
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

void server_stop(const server *s)
{
    int status;
    kill(s->pid, SIGTERM);
    bench_must(waitpid(s->pid, &status, 0) == s->pid && WIFEXITED(status) &&
                   WEXITSTATUS(status) == 0,
               "the server stops with status 0");
}

double server_cpu_ns(const server *s)
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

bool find_program(char path[static PATH_MAX], const char *const names[])
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

void own_program(char path[static PATH_MAX], const char *name)
{
    char self[PATH_MAX] = "";
    bench_must(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "this program has a path");
    const int size = snprintf(path, PATH_MAX, "%s/%s", dirname(self), name);
    bench_must(size < PATH_MAX && access(path, X_OK) == 0, "weft-kv lies beside this program");
}

outcome drive(const server *s, const load *l, unsigned clients, unsigned keys, unsigned pipeline,
              unsigned requests)
{
    char line[256];
    outcome result = { 0 };
    snprintf(line, sizeof line,
             "redis-benchmark -p %u -t %s -d %u --dbnum %u -n %u -c %u -P %u -r %u --csv 2>&1",
             s->port, l->test, l->value_bytes, l->database, requests, clients, pipeline, keys);
    FILE *output = popen(line, "r");
    bench_must(output != NULL, "redis-benchmark can be run");
    while (fgets(line, sizeof line, output)) {
        double rps, average, min, p50, p95, p99;
        if (sscanf(line, "\"%*[^\"]\",\"%lf\",\"%lf\",\"%lf\",\"%lf\",\"%lf\",\"%lf\"", &rps,
                   &average, &min, &p50, &p95, &p99) == 6)
            result = (outcome){ .rate = rps, .p50_ns = p50 * 1e6, .p99_ns = p99 * 1e6 };
    }
    bench_must(pclose(output) == 0 && result.rate > 0, "redis-benchmark runs without an error");
    return result;
}
