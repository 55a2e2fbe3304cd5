#!/usr/bin/env python3
"""weft-kv and the tools of Redis as they are: redis-cli and redis-benchmark."""
import csv
import subprocess
import unittest

from kv_support import PATIENCE_SECONDS, SANITIZED, Server, command


class RedisCli(unittest.TestCase):
    def cli(self, server, *arguments, data=b""):
        done = subprocess.run(["redis-cli", "-p", str(server.port), *arguments], input=data,
                              capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.returncode, 0)
        return done.stdout

    def test_single_commands(self):
        with Server() as server:
            for arguments, expected in (
                    (["PING"], b"PONG\n"), (["SET", "k", "a value"], b"OK\n"),
                    (["GET", "k"], b"a value\n"), (["GET", "nosuch"], b"\n"),
                    (["INCRBY", "n", "41"], b"41\n"), (["INCR", "n"], b"42\n"),
                    (["MSET", "a", "1", "b", "2"], b"OK\n"), (["MGET", "a", "b", "c"], b"1\n2\n\n"),
                    (["-x", "SET", "bytes"], b"OK\n"), (["STRLEN", "bytes"], b"256\n"),
                    (["EXPIRE", "k", "100"], b"1\n"), (["DBSIZE"], b"5\n"),
                    (["-n", "3", "SET", "k", "v"], b"OK\n"), (["-n", "3", "DBSIZE"], b"1\n"),
                    (["TYPE", "k"], b"string\n"), (["FLUSHALL"], b"OK\n"), (["DBSIZE"], b"0\n")):
                with self.subTest(arguments):
                    self.assertEqual(self.cli(server, *arguments, data=bytes(range(256))), expected)

    def test_commands_from_its_input(self):
        with Server() as server:
            lines = b"SET k 'a b'\nGET k\nAPPEND k \"\\x41\"\nGET k\nFOO\n"
            self.assertEqual(self.cli(server, data=lines),
                             b"OK\na b\n4\na bA\n"
                             b"ERR unknown command 'FOO', with args beginning with: \n\n")

    def test_what_it_asks_on_its_own(self):
        with Server() as server:
            with server.client() as client:
                for i in range(1000):
                    client.send(command("SET", f"key:{i}", i))
                self.assertEqual([client.reply() for _ in range(1000)], [b"OK"] * 1000)
            scanned = self.cli(server, "--scan", "--pattern", "key:*").split()
            self.assertEqual(sorted(scanned), sorted(b"key:%d" % i for i in range(1000)))
            self.assertIn(b"Biggest string found", self.cli(server, "--bigkeys"))
            self.assertIn(b"weft-kv", self.cli(server, "INFO", "server"))
            self.assertIn(b"summary", self.cli(server, "COMMAND", "DOCS", "get"))

    def test_mass_insertion(self):
        with Server() as server:
            count = 50000
            requests = b"".join(command("SET", f"key:{i}", f"value {i}") for i in range(count))
            printed = self.cli(server, "--pipe", data=requests)
            self.assertIn(b"errors: 0, replies: %d\n" % count, printed)
            with server.client() as client:
                self.assertEqual(client.call("DBSIZE"), count)
                keys = range(0, count, 7)
                values = client.call("MGET", *[f"key:{i}" for i in keys])
                self.assertEqual(values, [b"value %d" % i for i in keys])

    def test_mass_insertion_counts_errors(self):
        with Server() as server:
            requests = (command("SET", "k", "v") + command("INCR", "k")) * 100
            done = subprocess.run(["redis-cli", "-p", str(server.port), "--pipe"], input=requests,
                                  capture_output=True, timeout=PATIENCE_SECONDS, check=False)
            self.assertIn(b"errors: 100, replies: 200\n", done.stdout)

    def test_shutdown(self):
        with Server() as server:
            self.cli(server, "SHUTDOWN")
            self.assertEqual(server.wait(), 0)


class RedisBenchmark(unittest.TestCase):
    TESTS = "set,get,incr,mset,ping"

    def run_with(self, server, *arguments):
        done = subprocess.run(
            ["redis-benchmark", "-p", str(server.port), "-t", self.TESTS, "--csv", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS,
            check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([row["test"] for row in rows],
                         ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"])
        for row in rows:
            self.assertGreater(float(row["rps"]), 0)

    def test_it_runs_without_an_error(self):
        count = "4800" if SANITIZED else "20000"  # whole pipelines of 16
        with Server() as server:
            for pipeline in ("1", "16"):
                self.run_with(server, "-n", count, "-c", "50", "-P", pipeline)
            with server.client() as client:
                self.assertEqual(client.info("unknown_or_malformed_commands"), 0)
                # It exits at the first error; this is that nothing got lost.
                self.assertEqual(int(client.call("GET", "counter:__rand_int__")), 2 * int(count))

    def test_random_keys_and_long_values(self):
        with Server() as server:
            self.run_with(server, "-n", "5000", "-c", "20", "-P", "4", "-r", "1000", "-d", "10000")


if __name__ == "__main__":
    unittest.main()
