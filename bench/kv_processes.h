/* What bench-kv starts: the servers, on loopback ports of their own, and redis-benchmark. */
#ifndef WEFT_BENCH_KV_PROCESSES_H
#define WEFT_BENCH_KV_PROCESSES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct server {
    const char *name; /* what the program is called by */
    const char *program;
    pid_t pid;
    unsigned port;
} server;

/* Starts it with --port and the options, up to a NULL, and waits until it listens. Programs that
 * fail end the bench. */
void server_start(server *s, const char *const options[]);

/* Ends it, which it must do with status 0. */
void server_stop(const server *s);

/* Its time on a CPU so far. */
double server_cpu_ns(const server *s);

/* The first of the programs, up to a NULL, that PATH has; or false. */
bool find_program(char path[static PATH_MAX], const char *const names[]);

/* The program beside this one. */
void own_program(char path[static PATH_MAX], const char *name);

/* What redis-benchmark is told to do. */
typedef struct load {
    const char *id;   /* as a part of a row's */
    const char *test; /* -t */
    unsigned value_bytes;
    unsigned database; /* one for each size of values */
} load;

typedef struct outcome {
    double rate; /* requests per second */
    double p50_ns, p99_ns;
} outcome;

/* Runs it. */
outcome drive(const server *s, const load *l, unsigned clients, unsigned keys, unsigned pipeline,
              unsigned requests);

#endif
