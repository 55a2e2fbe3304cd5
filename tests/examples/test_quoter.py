#!/usr/bin/env python3
"""weft-quoter: what it prints for the recorded sample, for lines of all kinds and for markets that
are made up is what quoter_model.py, which shares nothing with it, works out."""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import unittest

from quoter_model import Model

PROGRAM = os.path.join(os.environ.get("WEFT_BIN", "build/bin"), "weft-quoter")
SOURCE = os.environ.get("WEFT_SOURCE", ".")
EXAMPLE = os.path.join(SOURCE, "examples/quoter")
SAMPLE = os.path.join(EXAMPLE, "ticks.csv")
EXPECTED = os.path.join(SOURCE, "tests/examples/quoter_expected.txt")
HEADER = b"instrument,kind,price,size\n"

REJECTED = re.compile(rb"weft-quoter: line ([0-9]+): [ -~]+\n")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def run(*arguments, data=b"", stdout=subprocess.PIPE):
    return subprocess.run([PROGRAM, *arguments], input=data, stdout=stdout, stderr=subprocess.PIPE,
                          timeout=60, check=False)


class Quoter(unittest.TestCase):
    maxDiff = 2000

    def check(self, data, *arguments, file=False):
        """Runs the program on the data and compares all it says with the model; returns that."""
        if file:
            with tempfile.NamedTemporaryFile() as named:
                named.write(data)
                named.flush()
                result = run(*arguments, named.name)
        else:
            result = run(*arguments, data=data)
        model = Model(trace="--trace" in arguments)
        expected = model.run(data)
        self.assertEqual(result.stdout.decode(), expected)
        lines = result.stderr.splitlines(keepends=True)
        for line in lines:
            self.assertRegex(line, REJECTED)
        self.assertEqual([int(REJECTED.match(line)[1]) for line in lines], model.bad_lines)
        self.assertEqual(result.returncode, 0)
        return result, model


class Sample(Quoter):
    def test_prints_what_is_stored(self):
        result = run(SAMPLE)
        self.assertEqual(result.stdout, read(EXPECTED))
        self.assertEqual(result.stderr, b"")
        self.assertEqual(result.returncode, 0)

    def test_what_is_stored_is_what_the_model_works_out(self):
        self.assertEqual(Model().run(read(SAMPLE)), read(EXPECTED).decode())

    def test_each_quote_and_fill_of_the_trace_is_the_model_s(self):
        _, model = self.check(read(SAMPLE), "--trace", file=True)
        self.assertEqual(sum(" quote " in line for line in model.out),
                         model.count["sent"] + model.count["pulled"])

    def test_is_what_the_generator_makes(self):
        made = subprocess.run([sys.executable, os.path.join(EXAMPLE, "make_ticks.py")],
                              stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(made, read(SAMPLE))

    def test_has_something_of_everything(self):
        expected = read(EXPECTED).decode()
        states = re.findall(r"^turn .*, (open|reducing)$", expected, re.M)
        changes = sum(a != b for a, b in zip(states, states[1:]))
        self.assertGreaterEqual(changes, 4)
        passes, systems = map(int, re.search(r"reconciliations (\d+), systems run (\d+)",
                                             expected).groups())
        self.assertLess(systems, 4 * passes)  # some passes ended early
        for name in ("trades", "quotes sent", "pulled", "fills", "lots bought", "sold"):
            self.assertGreater(int(re.search(rf"{name} (\d+)", expected)[1]), 100, name)

    def test_comes_from_standard_input_as_well(self):
        data = read(SAMPLE)
        for arguments in ((), ("-",)):
            self.assertEqual(run(*arguments, data=data).stdout, read(EXPECTED))

    def test_the_pieces_in_which_it_arrives_do_not_matter(self):
        data = read(SAMPLE)
        with subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              bufsize=0) as process:
            for at in range(0, len(data), 1009):
                process.stdin.write(data[at:at + 1009])
            process.stdin.close()
            said = process.stdout.read()
        self.assertEqual(said, read(EXPECTED))

    def test_twice_gives_the_same(self):
        first, second = (run("--trace", SAMPLE) for _ in range(2))
        self.assertGreater(len(first.stdout), 100000)
        self.assertEqual(first.stdout, second.stdout)


class Generator(unittest.TestCase):
    def make(self, *arguments, stdout=subprocess.PIPE):
        return subprocess.run([sys.executable, os.path.join(EXAMPLE, "make_ticks.py"), *arguments],
                              stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False)

    def test_makes_as_many_lines_as_it_is_told(self):
        for lines in (1, 1999, 2000, 2001):
            result = self.make(str(lines), "3")
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertEqual(result.stdout.count(b"\n"), 1 + lines)

    def test_refuses_what_is_no_number_of_lines(self):
        for arguments in (("abc",), ("0",), ("-5",), ("1", "x"), ("1", "2", "3")):
            with self.subTest(arguments):
                result = self.make(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, b""))
                self.assertRegex(result.stderr, rb"^usage: (.|\n)*\nmake_ticks.py: error: .*\n$")

    def test_ends_quietly_when_nobody_reads_on(self):
        reading, writing = os.pipe()
        os.close(reading)
        result = self.make(stdout=writing)
        os.close(writing)
        self.assertEqual((result.returncode, result.stderr), (-signal.SIGPIPE, b""))


class Lines(Quoter):
    FIELDS = b"a line has the four fields instrument,kind,price,size"
    NUMBER = b"the price must be a whole number up to 1000000"
    BAD = (
        (b"", FIELDS + b", not ''"),
        (b"7,bid,100", FIELDS + b", not '7,bid,100'"),
        (b"7,bid,100,1,", FIELDS + b", not '7,bid,100,1,'"),
        (b"instrument,kind,price,size", b"the instrument must be a number below 1000, not "
                                        b"'instrument'"),
        (b"1000,bid,100,1", b"the instrument must be a number below 1000, not '1000'"),
        (b"-1,bid,100,1", b"the instrument must be a number below 1000, not '-1'"),
        (b" 1,bid,100,1", b"the instrument must be a number below 1000, not ' 1'"),
        (b"1,Bid,100,1", b"the kind must be bid, ask or trade, not 'Bid'"),
        (b"1,bi,100,1", b"the kind must be bid, ask or trade, not 'bi'"),
        (b"1,trades,100,1", b"the kind must be bid, ask or trade, not 'trades'"),
        (b"1,bid,,1", NUMBER + b", not ''"),
        (b"1,bid,100.5,1", NUMBER + b", not '100.5'"),
        (b"1,bid,1000001,1", NUMBER + b", not '1000001'"),
        (b"1,bid,99999999999999999999999999,1", NUMBER + b", not '99999999999999999999999999'"),
        (b"1,bid,100,1000001", b"the size must be a whole number up to 1000000, not '1000001'"),
        (b"1,bid,100,1\x00", b"the size must be a whole number up to 1000000, not '1?'"),
        (b"1,bid,100,\x1b[2J", b"the size must be a whole number up to 1000000, not '?[2J'"),
        (b"1,bid,100,\xff", b"the size must be a whole number up to 1000000, not '?'"),
        (b"1,bid,100," + b"x" * 40, b"the size must be a whole number up to 1000000, not '"
         + b"x" * 32 + b"'..."),
        (b"1,bid,100," + b"0" * 55, b"a line has at most 64 bytes"),
        (b"1,bid,100," + b"0" * 55 + b"\r", b"a line has at most 64 bytes"),
        (b"x" * 1000000, b"a line has at most 64 bytes"),
        (b"1,bid,0,1", b"the price must be at least 1"),
        (b"1,trade,0,1", b"the price must be at least 1"),
        (b"1,trade,100,0", b"a trade has a size of at least 1"),
        (b"1,bid,100,1\r\r", b"the size must be a whole number up to 1000000, not '1?'"),
    )
    GOOD = (b"0,bid,1,1", b"999,ask,1000000,1000000", b"1,bid,0,0", b"1,ask,5,0", b"1,trade,1,1",
            b"007,bid,0100,01", b"1,bid,100,1\r", b"1,bid,100," + b"0" * 53 + b"1",
            b"1,bid,100," + b"0" * 53 + b"1\r")

    def test_malformed_ones_are_reported_with_their_number_and_skipped(self):
        for bad, sentence in self.BAD:
            with self.subTest(bad[:80]):
                data = b"5,bid,100,3\n" + bad + b"\n5,ask,110,3\n"
                result, _ = self.check(data)
                self.assertEqual(result.stderr, b"weft-quoter: line 2: " + sentence + b"\n")
                self.assertIn(b"ticks 2, rejected lines 1, ", result.stdout)
                self.assertIn(b"\n5,10,", result.stdout)

    def test_all_kinds_in_one_file(self):
        self.check(HEADER + b"\n".join(line for line, _ in self.BAD) + b"\n"
                   + b"\n".join(self.GOOD), file=True)

    def test_what_is_allowed_is_taken(self):
        for good in self.GOOD:
            for end in (b"", b"\n"):
                with self.subTest(good + end):
                    result, _ = self.check(good + end)
                    self.assertIn(b"ticks 1, rejected lines 0, ", result.stdout)

    def test_a_header_is_skipped_in_the_first_line_alone(self):
        for data, bad in ((HEADER, 0), (HEADER[:-1], 0), (HEADER[:-1] + b"\r\n", 0),
                          (HEADER * 3, 2), (b"\n" + HEADER, 2)):
            with self.subTest(data):
                _, model = self.check(data)
                self.assertEqual(len(model.bad_lines), bad)

    def test_no_lines_at_all(self):
        for file in (True, False):
            result, _ = self.check(b"", file=file)
            self.assertEqual(result.stdout,
                             b"ticks 0, rejected lines 0, trades 0\n"
                             b"turns 0, reactors run 0, quotes sent 0, pulled 0\n"
                             b"fills 0, lots bought 0, sold 0\n"
                             b"reconciliations 0, systems run 0\n"
                             b"instrument,bid_size,bid,ask,ask_size,position,theo\n")


class Markets(Quoter):
    def market(self, generator, count, instruments, dirty):
        """Lines about few instruments around one price, so that much happens to each; sometimes
        near the limits of what a price may be."""
        base = generator.choice((1, 3, 40, 100000, 999990))
        for _ in range(count):
            if dirty and generator.random() < 0.1:
                yield bytes(generator.choice(b"0159,bidasktre\r\x00\xff") for _ in
                            range(generator.randrange(30)))
                continue
            price = min(1000000, max(0, base + generator.randrange(-4, 5)))
            size = generator.choice((0, 1, 2, 5, 9, 10, 11, 100, 1000000))
            kind = generator.choice((b"bid", b"ask", b"trade"))
            yield b"%d,%s,%d,%d" % (generator.randrange(instruments), kind, price, size)

    def test_made_up_ones_go_as_in_the_model(self):
        generator = random.Random(4)
        fills = reducing = 0
        for number in range(60):
            instruments = generator.choice((1, 3, 20, 1000))
            count = generator.choice((1, 31, 32, 33, 255, 256, 257, 2000))
            lines = list(self.market(generator, count, instruments, number % 2))
            with self.subTest(number):
                _, model = self.check(b"\n".join(lines) + generator.choice((b"", b"\n")), "--trace")
                fills += model.count["fills"]
                reducing += any(line.endswith("reducing") for line in model.out)
        self.assertGreater(fills, 400)
        self.assertGreater(reducing, 2)

    def test_long_ones_of_the_generator_go_as_in_the_model(self):
        for seed in ("2", "3"):
            data = subprocess.run([sys.executable, os.path.join(EXAMPLE, "make_ticks.py"), "12000",
                                   seed], stdout=subprocess.PIPE, check=True).stdout
            self.check(data, "--trace")


class CommandLine(unittest.TestCase):
    def refused(self, result, sentence):
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout or b"", b"")
        self.assertRegex(result.stderr.decode(), sentence)

    def test_a_file_that_is_not_there(self):
        self.refused(run("no-such.csv"),
                     r"^weft-quoter: cannot open no-such.csv: No such file or directory\n$")

    def test_a_folder(self):
        self.refused(run("/"), r"^weft-quoter: cannot read /: Is a directory\n$")

    def test_two_files(self):
        self.refused(run(SAMPLE, "b"), r"^weft-quoter: one file at most, but 'b' is another\n")

    def test_an_unknown_option(self):
        self.refused(run("--fast"), r"--fast(.|\n)*weft-quoter: --help lists the options\n$")

    def test_output_that_cannot_be_written(self):
        for argument in (SAMPLE, "--help"):
            with self.subTest(argument), open("/dev/full", "wb") as full:
                self.refused(run(argument, stdout=full),
                             r"^weft-quoter: cannot write the output\n$")

    def test_help(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, b"")
        for word in (b"--trace", b"--help", b"FILE", b"instrument,kind,price,size"):
            self.assertIn(word, result.stdout)


if __name__ == "__main__":
    unittest.main()
