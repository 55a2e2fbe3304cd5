#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: weft-quoter [--trace] [FILE]\n"
    "The core of a market maker: reads ticks, follows the books of 1000 instruments, quotes them,\n"
    "trades, and watches its risk. Prints a line whenever the risk has changed, then a summary\n"
    "and the last quotes.\n"
    "\n"
    "  FILE      ticks as CSV, instrument,kind,price,size; standard input if it is - or missing\n"
    "  --trace   print each quote and each fill as well\n"
    "  --help    print this and exit\n"
    "\n"
    "Lines that are no ticks are reported on standard error and skipped.\n";

enum option_id { OPTION_TRACE = 1, OPTION_HELP };

static const struct option table[] = {
    { "trace", no_argument, NULL, OPTION_TRACE },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static Options_result refuse(void)
{
    fputs("weft-quoter: --help lists the options\n", stderr);
    return OPTIONS_BAD;
}

Options_result options_parse(Options *options, int argc, char **argv)
{
    int id;
    *options = (Options){ 0 };
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (id) {
        case OPTION_TRACE: options->trace = true; break;
        case OPTION_HELP: fputs(help, stdout); return OPTIONS_HELP;
        default: return refuse();
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "weft-quoter: one file at most, but '%s' is another\n", argv[optind + 1]);
        return refuse();
    }
    if (optind < argc && strcmp(argv[optind], "-") != 0)
        options->path = argv[optind];
    return OPTIONS_RUN;
}
