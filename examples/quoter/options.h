/* The command line of weft-quoter. */
#ifndef QUOTER_OPTIONS_H
#define QUOTER_OPTIONS_H

#include <stdbool.h>

typedef struct Options {
    const char *path; /* NULL: standard input */
    bool trace;
} Options;

typedef enum Options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_BAD } Options_result;

/* Reads the command line. OPTIONS_HELP: the help is printed; OPTIONS_BAD: a sentence on stderr. */
Options_result options_parse(Options *options, int argc, char **argv);

#endif
