/* weft-quoter: the core of a market maker. The command line, the input, and the order of things;
 * what it is made of stands in desk.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "feed.h"
#include "options.h"
#include "summary.h"

/* Makes the world, runs it on the file, prints the summary. False if that failed, with a sentence.
 */
static bool quote(const Options *options, FILE *file, const char *name)
{
    Run_stats stats = { 0 };
    weft_world *const world = desk_new(options, NULL);
    bool good = world && desk_start(world, file) == WEFT_OK;
    if (good)
        desk_run(world, &stats);
    const int error = good ? feed_error(WEFT_GET(world, Feed)) : 0;
    if (error) {
        fprintf(stderr, "weft-quoter: cannot read %s: %s\n", name, strerror(error));
        good = false;
    }
    if (good)
        summary_print(world, &stats);
    weft_world_free(world);
    return good;
}

/* False if something that was printed got lost, with a sentence. */
static bool output_is_written(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fputs("weft-quoter: cannot write the output\n", stderr);
    return false;
}

int main(int argc, char **argv)
{
    Options options;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_HELP: return output_is_written() ? 0 : 1;
    case OPTIONS_BAD: return 1;
    case OPTIONS_RUN: break;
    }
    const char *const name = options.path ? options.path : "standard input";
    FILE *const file = options.path ? fopen(options.path, "r") : stdin;
    if (!file) {
        fprintf(stderr, "weft-quoter: cannot open %s: %s\n", name, strerror(errno));
        return 1;
    }
    const bool good = quote(&options, file, name);
    if (file != stdin)
        fclose(file);
    return output_is_written() && good ? 0 : 1;
}
