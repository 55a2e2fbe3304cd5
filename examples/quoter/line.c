#include "line.h"

bool line_read(FILE *file, uint64_t number, Line *line)
{
    int c = getc(file);
    if (c == EOF)
        return false;
    line->number = number + 1;
    line->length_bytes = 0;
    int last = '\n';
    for (; c != EOF && c != '\n'; c = getc(file)) {
        if (line->length_bytes < LINE_BYTES)
            line->text[line->length_bytes] = (char)c;
        line->length_bytes++;
        last = c;
    }
    if (last == '\r')
        line->length_bytes--;
    return true;
}
