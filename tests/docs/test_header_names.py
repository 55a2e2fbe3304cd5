"""What the comments of the public headers call is there.

Every weft_name( and WEFT_NAME( in a comment, examples above all, must be declared or defined in the
code of some public header: an example that calls what was renamed is worse than none. And a header
that a comment points to must be a public one, but for the user's own in examples.
"""
import glob
import os
import re
import sys

COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*', re.S)
CALL = re.compile(r'\b((?:weft|WEFT)_\w+)\s?\(')
HEADER = re.compile(r'\b\w+\.h\b')
NAME = re.compile(r'\b(?:weft|WEFT)_\w+')


def split(text):
    """Returns (code, [(line, comment)]) of a header; strings stay with the code."""
    comments = []

    def take(match):
        if match[0].startswith('"'):
            return match[0]
        comments.append((text.count('\n', 0, match.start()) + 1, match[0]))
        return ' '

    return COMMENT.sub(take, text), comments


def check(headers):
    """Returns (number of calls, what is wrong) of [(path, text)]."""
    parts = [(path, *split(text)) for path, text in headers]
    declared = {name for _, code, _ in parts for name in NAME.findall(code)}
    public = {os.path.basename(path) for path, _, _ in parts}
    calls, wrong = 0, []
    for path, _, comments in parts:
        for start, comment in comments:
            for match in CALL.finditer(comment):
                calls += 1
                if match[1] not in declared:
                    line = start + comment.count('\n', 0, match.start())
                    wrong.append(f'{path}:{line}: {match[1]} is called, but no header has it')
            for line, text in enumerate(comment.split('\n'), start):
                for name in HEADER.findall(text):
                    if name not in public and not text.startswith(' *     '):
                        wrong.append(f'{path}:{line}: {name} is no public header')
    return calls, wrong


SELF_TEST = [
    ('/* weft_new(x) */ int weft_new(int x);', 0),
    ('/* weft_init(x) */ int weft_new(int x);', 1),
    ('/* a\n *   WEFT_GONE(x);\n */\n#define WEFT_HERE(x) x // weft_gone(WEFT_HERE(x))\n', 2),
    ('char *s = "/* weft_gone(x) */";', 0),
    ('/* weft_type, without a call, and other_weft_f(x) */', 0),
    ('int f(void); // weft_f(', 1),
    ('/* see gone.h\n *\n *     int f;  // mine.h\n */ // and self_test.h, gone.h', 2),
]


def main():
    for text, expected in SELF_TEST:
        _, wrong = check([('self_test.h', text)])
        if len(wrong) != expected:
            print(f'self-test: expected {expected} wrong names, got {wrong} in:\n{text}')
            return 1
    paths = sorted(glob.glob(os.path.join(os.environ['WEFT_SOURCE'], 'include/weft/*.h')))
    headers = []
    for path in paths:
        with open(path, encoding='utf-8') as file:
            headers.append((path, file.read()))
    calls, wrong = check(headers)
    for line in wrong:
        print(line)
    print(f'{calls} calls in the comments of {len(headers)} headers, {len(wrong)} wrong')
    return 1 if wrong or calls < 100 else 0


if __name__ == '__main__':
    sys.exit(main())
