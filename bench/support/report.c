#include "support/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_open(report *r, const char *area)
{
    *r = (report){ .area = area };
}

bool report_is_empty(const report *r)
{
    return r->row_count == 0;
}

/* A time's is against the baseline, or the peer where there is none; a rate's against the peer.
 * 0: there is nothing to compare with. */
static double ratio_of(const bench_row *row, double ours, double baseline, double peer)
{
    const double against = row->baseline && !row->unit ? baseline : peer;
    return against > 0 ? ours / against : 0;
}

static double ratio(const bench_row *row)
{
    return ratio_of(row, row->ns, row->baseline_ns, row->peer_ns);
}

static double median_ratio(const bench_row *row)
{
    return ratio_of(row, row->median_ns, row->baseline_median_ns, row->peer_median_ns);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Three significant digits, at most three of them behind the point. */
static const char *figure(char text[static 24], double value)
{
    const int decimals = value < 10 ? 3 : value < 100 ? 2 : value < 10000 ? 1 : 0;
    snprintf(text, 24, "%.*f", decimals, value);
    return text;
}

static const char *figure_or_dash(char text[static 24], double value)
{
    return value > 0 ? figure(text, value) : "-";
}

static void print_row(const report *r, const bench_row *row)
{
    if (r->row_count == 0)
        printf("bench-%s: nanoseconds per operation unless a unit is named; minimum and median;\n"
               "ratio: ours / baseline, or / peer where there is no baseline\n\n"
               "%-26s %10s %10s %10s %10s %10s %7s %9s\n",
               r->area, "row", "ours", "median", "baseline", "median", "peer", "ratio",
               "of medians");
    char ours[24], median[24], baseline[24], baseline_median[24], peer[24];
    char quotient[24] = "-", median_quotient[24] = "-";
    if (ratio(row) > 0)
        snprintf(quotient, sizeof quotient, "%.3f", ratio(row));
    if (median_ratio(row) > 0)
        snprintf(median_quotient, sizeof median_quotient, "%.3f", median_ratio(row));
    printf("%-26s %10s %10s %10s %10s %10s %7s %9s%s%s\n", row->id, figure(ours, row->ns),
           figure_or_dash(median, row->median_ns), figure_or_dash(baseline, row->baseline_ns),
           figure_or_dash(baseline_median, row->baseline_median_ns),
           figure_or_dash(peer, row->peer_ns), quotient, median_quotient, row->unit ? " " : "",
           row->unit ? row->unit : "");
    printf("    %s", row->what);
    if (row->baseline)
        printf(" | baseline: %s", row->baseline);
    if (row->peer)
        printf(" | peer: %s", row->peer);
    printf("\n");
    fflush(stdout);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static char *copy_of(const char *text)
{
    if (!text)
        return NULL;
    const size_t size = strlen(text) + 1;
    return memcpy(bench_alloc(size, 1), text, size);
}

void report_row(report *r, const bench_row *row)
{
    print_row(r, row);
    if (r->row_count == r->row_cap) {
        r->row_cap = r->row_cap ? 2 * r->row_cap : 32;
        r->rows = realloc(r->rows, r->row_cap * sizeof *r->rows);
        bench_must(r->rows != NULL, "there is memory");
    }
    bench_row *kept = &r->rows[r->row_count++];
    *kept = *row;
    kept->id = copy_of(row->id);
    kept->what = copy_of(row->what);
    kept->unit = copy_of(row->unit);
    kept->baseline = copy_of(row->baseline);
    kept->peer = copy_of(row->peer);
}

void report_note(report *r, const char *text)
{
    r->notes = realloc(r->notes, (r->note_count + 1) * sizeof *r->notes);
    bench_must(r->notes != NULL, "there is memory");
    r->notes[r->note_count++] = copy_of(text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_text(FILE *file, const char *text)
{
    if (!text) {
        fputs("null", file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

static void write_member(FILE *file, const char *name, const char *text)
{
    fprintf(file, ", \"%s\": ", name);
    write_text(file, text);
}

static void write_number(FILE *file, const char *name, double value, bool known)
{
    if (known)
        fprintf(file, ", \"%s\": %.6g", name, value);
    else
        fprintf(file, ", \"%s\": null", name);
}

static void write_row(FILE *file, const bench_row *row)
{
    fputs("{\"id\": ", file);
    write_text(file, row->id);
    write_member(file, "what", row->what);
    if (row->unit) {
        write_number(file, "value", row->ns, true);
        write_member(file, "unit", row->unit);
    } else {
        write_number(file, "ns", row->ns, true);
        write_number(file, "median_ns", row->median_ns, true);
    }
    write_member(file, "baseline", row->baseline);
    write_number(file, "baseline_ns", row->baseline_ns, row->baseline != NULL);
    write_member(file, "peer", row->peer);
    write_number(file, "peer_ns", row->peer_ns, row->peer != NULL);
    write_number(file, "ratio", ratio(row), ratio(row) > 0);
    fputs("}", file);
}

static bool write_json(const report *r, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file) {
        fputs("{\"bench\": ", file);
        write_text(file, r->area);
        fputs(", \"rows\": [", file);
        for (size_t i = 0; i < r->row_count; i++) {
            fputs(i ? ",\n" : "\n", file);
            write_row(file, &r->rows[i]);
        }
        fputs("\n]}\n", file);
        const bool written = !ferror(file);
        if (fclose(file) == 0 && written)
            return true;
    }
    fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

bool report_close(report *r, const char *json_path)
{
    for (size_t i = 0; i < r->note_count; i++) {
        printf("%snote: %s\n", i ? "" : "\n", r->notes[i]);
        free(r->notes[i]);
    }
    const bool written = !json_path || write_json(r, json_path);
    for (size_t i = 0; i < r->row_count; i++) {
        const bench_row *row = &r->rows[i];
        free((char *)(uintptr_t)row->id);
        free((char *)(uintptr_t)row->what);
        free((char *)(uintptr_t)row->unit);
        free((char *)(uintptr_t)row->baseline);
        free((char *)(uintptr_t)row->peer);
    }
    free(r->rows);
    free(r->notes);
    *r = (report){ .area = NULL };
    return written;
}
