"""What the pages in docs/ quote is what is built and run.

A fenced block right behind one of these lines is compared, as a whole and to the letter:

    <!-- from FILE -->           it is a part of that file
    <!-- output of PROGRAM -->   it is a part of what the program prints
"""
import glob
import os
import re
import subprocess
import sys

SOURCE = os.environ['WEFT_SOURCE']
BIN = os.environ['WEFT_BIN']
QUOTE = re.compile(r'^<!-- (from|output of) (\S+) -->\n```\w*\n(.*?)^```$', re.M | re.S)


def original(kind, name):
    """The text that is quoted, or None if this build has no such program."""
    if kind == 'from':
        with open(os.path.join(SOURCE, name), encoding='utf-8') as file:
            return file.read()
    program = os.path.join(BIN, name)
    if not os.path.exists(program):
        return None
    return subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    compared = wrong = 0
    for path in sorted(glob.glob(os.path.join(SOURCE, 'docs/**/*.md'), recursive=True)):
        with open(path, encoding='utf-8') as file:
            page = file.read()
        marks = len(re.findall(r'^<!-- (?:from|output of) ', page, re.M))
        quotes = QUOTE.findall(page)
        if marks != len(quotes):
            wrong += 1
            print(f'{path}: {marks} marks, but {len(quotes)} have a block behind them')
        for kind, name, text in quotes:
            source = original(kind, name)
            compared += source is not None
            if source is not None and '\n' + text not in '\n' + source:
                wrong += 1
                print(f'{path}: this is not what "{kind} {name}" says:\n{text}')
    print(f'{compared} quotes compared, {wrong} wrong')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
