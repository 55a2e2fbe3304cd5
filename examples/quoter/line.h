/* Lines: the input, cut at line ends and numbered from 1. */
#ifndef QUOTER_LINE_H
#define QUOTER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINE_BYTES 64 /* the longest that is kept */

/* One line without its end. Of one that is too long, only the first LINE_BYTES are there. */
typedef struct Line {
    uint64_t number;
    size_t length_bytes;
    char text[LINE_BYTES];
} Line;

/* Reads the next line; `number` is that of the last. False, with the line untouched, at the end of
 * the file or if it cannot be read: ferror. */
bool line_read(FILE *file, uint64_t number, Line *line);

#endif
