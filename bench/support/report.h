/* The rows of a bench: a table for people while it runs, JSON at its end. For bench.c. */
#ifndef WEFT_BENCH_SUPPORT_REPORT_H
#define WEFT_BENCH_SUPPORT_REPORT_H

#include "support/bench.h"

typedef struct report {
    const char *area;
    bench_row *rows; /* own their texts */
    size_t row_count, row_cap;
    char **notes;
    size_t note_count;
} report;

void report_open(report *r, const char *area);
bool report_is_empty(const report *r);

/* Prints the row at once and keeps it. */
void report_row(report *r, const bench_row *row);

/* Keeps the line; notes are printed at the end. */
void report_note(report *r, const char *text);

/* Prints the notes, writes the JSON to `json_path` unless that is NULL, frees. False and a sentence
 * on stderr if the file cannot be written. */
bool report_close(report *r, const char *json_path);

#endif
