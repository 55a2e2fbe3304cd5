#include "line.h"

bool line_read(FILE *file, uint64_t number, Line *line)
{
    int c = getc(file);
    if (c == EOF)
        return false;
    line->number = number + 1;
    line->length_bytes = 0;
    for (; c != EOF && c != '\n'; c = getc(file)) {
        if (line->length_bytes < LINE_BYTES)
            line->text[line->length_bytes] = (char)c;
        line->length_bytes++;
    }
    const size_t length = line->length_bytes;
    if (length > 0 && length <= LINE_BYTES && line->text[length - 1] == '\r')
        line->length_bytes--;
    return true;
}
