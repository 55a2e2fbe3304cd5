"""What the pages in docs/ and the comments of the headers quote is what is built and run.

A fenced block of a page right behind one of these lines is compared to the letter:

    <!-- from FILE -->           it is a part of that file
    <!-- output of PROGRAM -->   it is a part of what the program prints

Of a C file white space does not count, but an empty line does; `...` stands for anything without
one, and what empty lines divide may lie apart.

An example in a comment of include/weft/NAME.h is compared likewise with tests/docs/test_NAME.c,
which runs it. It is each paragraph of an indented block in which a line ends with a semicolon. A
block right behind a line of text, without an empty one between them, belongs to that text: what a
macro declares, a table. Each header opens with an example and with what it does not do, but for
those that are not for users, and weft.h, which has nothing of its own.
"""
import glob
import os
import re
import subprocess
import sys

SOURCE = os.environ['WEFT_SOURCE']
BIN = os.environ['WEFT_BIN']
QUOTE = re.compile(r'^<!-- (from|output of) (\S+) -->\n```\w*\n(.*?)^```$', re.M | re.S)
BLOCK = re.compile(r'^(?! \*(?:     .*)?$).*\n((?: \*(?:     .*)?\n)+)', re.M)
CODE = re.compile(r';\s*(?://.*)?$', re.M)


def read(path):
    with open(os.path.join(SOURCE, path), encoding='utf-8') as file:
        return file.read()


def original(kind, name):
    """The text that is quoted, or None if this build has no such program."""
    if kind == 'from':
        return read(name)
    program = os.path.join(BIN, name)
    if not os.path.exists(program):
        return None
    return subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout


def squeezed(text):
    return re.sub(r'\s+', '', re.sub(r'\n\s*\n', '\0', text.strip()))


def is_in(source, text):
    """Whether the code is in the source, but for white space and what `...` stands for."""
    parts = [re.escape(part) for part in squeezed(text).split('...')]
    return re.search('[^\0]*?'.join(parts), squeezed(source)) is not None


def check_page(path):
    """Returns (number of quotes, what is wrong) of a page."""
    page = read(path)
    marks = len(re.findall(r'^<!-- (?:from|output of) ', page, re.M))
    quotes = QUOTE.findall(page)
    compared, wrong = 0, []
    if marks != len(quotes):
        wrong.append(f'{path}: {marks} marks, but {len(quotes)} have a block behind them')
    for kind, name, text in quotes:
        source = original(kind, name)
        compared += source is not None
        if name.endswith('.c'):
            same = all(is_in(source, part) for part in text.split('\n\n'))
        else:
            same = source is None or '\n' + text in '\n' + source
        if not same:
            wrong.append(f'{path}: this is not what "{kind} {name}" says:\n{text}')
    return compared, wrong


def examples(header):
    """The paragraphs of code in the comments of a header."""
    for block in BLOCK.findall(header):
        if not block.startswith(' *\n'):
            continue
        for paragraph in re.sub(r'^ \* ?', '', block, flags=re.M).split('\n\n'):
            if CODE.search(paragraph):
                yield paragraph


def check_header(path, header, source):
    """Returns (number of examples, what is wrong) of a header and the test of its examples."""
    top = ' '.join(re.sub(r'^ \*', '', header[:header.index('*/')], flags=re.M).split())
    wrong = []
    if 'nothing here is for users' not in top:
        if not any(examples(header[:header.index('*/')])):
            wrong.append(f'{path}: it does not open with an example')
        if not re.search(r'What this (?:does not do|is not):', top):
            wrong.append(f'{path}: it does not open with "What this does not do:"')
    compared = 0
    for example in examples(header):
        compared += 1
        if not is_in(source, example):
            wrong.append(f'{path}: the test of its examples does not have this:\n{example}')
    return compared, wrong


# Header, test, number of mistakes. Where the header is no comment yet, it stands in a good one.
SELF_TEST = [
    ('f();  // g\n *     h();', 'f(); // g\n\th();', 0),
    ('f();\n *     g();', 'f();\n\ng();', 1),
    ('f();\n *\n *     g();', 'f();', 1),
    ('f() { ... }\n *     g();', 'f() { 1 }g();', 0),
    ('f() { ... }\n *     g();', 'f() {\n\n}g();', 1),
    ('f  a table; or so', '', 1),
    ('/* What this does not do: fail.\n *     f();\n */', '', 1),
    ('f();\n * Declares\n *     g();\n *\n *     h();', 'f();', 0),
    ('/* It does everything.\n *\n *     f();\n */', 'f();', 1),
    ('/* Internal; nothing here\n * is for users. */\n/* As in\n *\n *     f();\n */', '', 1),
    ('/* Internal; nothing here is for users.\n *     f();\n */', '', 0),
]


def main():
    for header, source, expected in SELF_TEST:
        if not header.startswith('/*'):
            header = f'/* What this does not do: fail.\n *\n *     {header}\n */'
        _, wrong = check_header('self-test', header, source)
        if len(wrong) != expected:
            print(f'self-test: expected {expected} wrong, got {wrong} in:\n{header}\n{source}')
            return 1
    os.chdir(SOURCE)
    quotes = [check_page(path) for path in sorted(glob.glob('docs/**/*.md', recursive=True))]
    shown = []
    for path in sorted(glob.glob('include/weft/*.h')):
        if path != 'include/weft/weft.h':
            test = f'tests/docs/test_{os.path.basename(path)[:-2]}.c'
            shown.append(check_header(path, read(path), read(test) if os.path.exists(test) else ''))
    for _, wrong in quotes + shown:
        print(*wrong, sep='\n', end='\n' if wrong else '')
    wrong = sum(len(wrong) for _, wrong in quotes + shown)
    pages = sum(count for count, _ in quotes)
    headers = sum(count for count, _ in shown)
    print(f'{pages} quotes and {headers} examples compared, {wrong} wrong')
    return 1 if wrong or headers < 50 else 0


if __name__ == '__main__':
    sys.exit(main())
