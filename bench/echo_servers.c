#define _GNU_SOURCE
#include "echo_servers.h"

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
#include <unistd.h>

#include "support/bench.h"

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bench_must(fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) && !listen(fd, SOMAXCONN) &&
                   !getsockname(fd, (struct sockaddr *)&address, &size),
               "a server can listen");
    *port = ntohs(address.sin_port);
    return fd;
}

static void enter_child(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* should this program fail */
    if (sched_setaffinity(0, sizeof one, &one))
        _exit(127);
}

static _Noreturn void become_weft_echo(const echo_server *server, int output)
{
    char self[PATH_MAX] = "", path[PATH_MAX + 16];
    char *argv[16] = { (char[]){ "weft-echo" }, (char[]){ "--port" }, (char[]){ "0" } };
    if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
        _exit(127);
    snprintf(path, sizeof path, "%s/weft-echo", dirname(self));
    for (int i = 0; server->arguments[i]; i++)
        argv[3 + i] = strdup(server->arguments[i]);
    dup2(output, STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execv(path, argv);
    _exit(127);
}

/* Reads what weft-echo says when it has started. */
static void read_announcement(echo_server *server, int output)
{
    unsigned port = 0;
    char backend[32] = "";
    FILE *file = fdopen(output, "r");
    bench_must(file && fscanf(file, "ready on 127.0.0.1:%u polling with %31s", &port, backend) == 2,
               "weft-echo starts, beside this program");
    fclose(file);
    server->port = (uint16_t)port;
    server->is_other = server->wanted && strcmp(server->wanted, backend) != 0;
}

void echo_server_start(echo_server *server, int cpu)
{
    int ends[2], listener = -1;
    bench_must(pipe2(ends, O_CLOEXEC) == 0, "there is a pipe");
    if (!server->arguments)
        listener = listen_somewhere(&server->port);
    server->pid = fork();
    bench_must(server->pid >= 0, "a server can be started");
    if (server->pid == 0) {
        enter_child(cpu);
        if (server->arguments)
            become_weft_echo(server, ends[1]);
        server->run(listener);
        _exit(1);
    }
    close(ends[1]);
    if (server->arguments) {
        read_announcement(server, ends[0]);
        return;
    }
    close(ends[0]);
    close(listener);
}

void echo_server_stop(echo_server *server)
{
    int status;
    kill(server->pid, server->arguments ? SIGTERM : SIGKILL);
    bench_must(waitpid(server->pid, &status, 0) == server->pid, "the server ends");
    if (server->arguments)
        bench_must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "weft-echo ends with status 0");
}
