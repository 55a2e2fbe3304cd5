#!/usr/bin/env python3
"""weft-kv as its clients see it: streams in pieces, garbage, ends of all kinds, limits, expiry."""
import random
import resource
import socket
import subprocess
import threading
import time
import unittest

from kv_support import (PATIENCE_SECONDS, PROGRAM, Client, Failure, Server, allow_open_files,
                        command, eventually)
from test_kv_differential import CASES, ENDLESS


class Streams(unittest.TestCase):
    def answer(self, server, pieces, end=True):
        with server.client() as client:
            try:
                for piece in pieces:
                    client.send(piece)
                if end:
                    client.end_sending()
            except OSError:
                pass  # the server may have closed before it has read everything
            return client.rest()

    def test_every_request_split_into_bytes_is_answered_as_if_it_came_whole(self):
        with Server() as server:
            compared = 0
            for name, sent in CASES.items():
                if len(sent) > 1500:
                    continue
                compared += 1
                with self.subTest(name):
                    with server.client() as client:
                        client.call("FLUSHALL")
                    whole = self.answer(server, [sent])
                    with server.client() as client:
                        client.call("FLUSHALL")
                    split = self.answer(server, [sent[i:i + 1] for i in range(len(sent))])
                    self.assertEqual(split, whole)
            self.assertGreater(compared, 40)

    def test_lines_that_never_end_are_refused_in_pieces_too(self):
        with Server() as server:
            for name, sent in ENDLESS.items():
                with self.subTest(name):
                    pieces = [sent[i:i + 5000] for i in range(0, len(sent), 5000)]
                    answer = self.answer(server, pieces, end=False)
                    self.assertRegex(answer, rb"^-ERR Protocol error: too big [a-z ]+\r\n$")

    def test_a_pipeline_is_answered_whole_and_in_order(self):
        with Server() as server, server.client() as client:
            count = 50000
            sent = b"".join(command("ECHO", i) for i in range(count))
            sender = threading.Thread(target=client.send, args=(sent,))
            sender.start()
            for i in range(count):
                self.assertEqual(client.reply(), b"%d" % i)
            sender.join()

    def test_pipelines_of_all_kinds_are_executed_once_where_turns_end_within_them(self):
        generator = random.Random(3)
        with Server() as server, server.client() as client:
            large = b"x" * 100000  # three of them end a turn
            client.call("SET", "large", large)
            kinds = (
                (command("GET", "large"), b"$100000\r\n" + large + b"\r\n"),
                (b"GET \"large\"\r\n", b"$100000\r\n" + large + b"\r\n"),
                (b'ECHO "a \\x41 b"\r\n', b"$5\r\na A b\r\n"),
                (b"*0\r\n" + b'ECHO "a b"\r\n', b"$3\r\na b\r\n"),
                (b"\r\n", b""),
                (b"*0\r\n", b""),
                (command("MGET", *"abcdefghij"), b"*10\r\n" + b"$-1\r\n" * 10),
                (command("ECHO", "x"), b"$1\r\nx\r\n"))
            for _ in range(40):
                client.call("SET", "n", 0)
                sent = expected = b""
                for n in range(1, 60):
                    request, reply = generator.choice(kinds)
                    sent += request + command("INCR", "n")
                    expected += reply + b":%d\r\n" % n
                with server.client() as other:
                    sender = threading.Thread(
                        target=lambda c=other, s=sent: (c.send(s), c.end_sending()))
                    sender.start()
                    self.assertEqual(other.rest(), expected)
                    sender.join()

    def test_requests_are_answered_though_the_client_has_ended_its_stream(self):
        with Server() as server:
            for count in (1, 100, 20000):
                with server.client() as client:
                    sender = threading.Thread(
                        target=lambda c=client, n=count: (c.send(b"PING\r\n" * n), c.end_sending()))
                    sender.start()
                    self.assertEqual(client.rest(), b"+PONG\r\n" * count)
                    sender.join()

    def test_half_a_request_at_the_end_of_the_stream_is_not_answered(self):
        with Server() as server:
            self.assertEqual(self.answer(server, [b"PING\r\n*1\r\n$4\r\nPI"]), b"+PONG\r\n")

    def test_after_quit_nothing_is_executed(self):
        with Server() as server:
            sent = command("SET", "k", "v") + command("QUIT") + command("SET", "k", "w")
            self.assertEqual(self.answer(server, [sent], end=False), b"+OK\r\n+OK\r\n")
            with server.client() as client:
                self.assertEqual(client.call("GET", "k"), b"v")

    def test_a_protocol_error_is_answered_behind_the_replies_and_ends_the_stream(self):
        with Server() as server:
            sent = b"PING\r\n*1\r\n$x\r\n" + b"PING\r\n" * 100000
            answer = self.answer(server, [sent], end=False)
            self.assertEqual(answer, b"+PONG\r\n-ERR Protocol error: invalid bulk length\r\n")

    def test_garbage_is_answered_or_refused_and_does_no_harm(self):
        generator = random.Random(7)
        with Server() as server, server.client() as witness:
            for _ in range(300):
                garbage = bytearray(generator.randbytes(generator.randint(1, 4096)))
                shape = generator.randrange(4)
                if shape == 1:
                    garbage[:0] = b"*3\r\n$3\r\nSET\r\n$"
                elif shape == 2:
                    garbage[:0] = b"*%d\r\n" % generator.randint(-2, 1 << 20)
                elif shape == 3:
                    garbage = bytearray(command("SET", "k", bytes(garbage)))
                    for _ in range(3):
                        garbage[generator.randrange(len(garbage))] = generator.randrange(256)
                answer = self.answer(server, [bytes(garbage)])
                self.assertRegex(answer, rb"^([-+:$*][^\r\n]*\r\n)*")
                self.assertEqual(witness.call("PING"), b"PONG")

    def test_large_values_go_through_in_both_directions(self):
        with Server() as server, server.client() as client:
            value = random.Random(1).randbytes(20 << 20)
            self.assertEqual(client.call("SET", "k", value), b"OK")
            client.send(command("GET", "k") * 2 + command("STRLEN", "k"))
            self.assertEqual(client.reply(), value)
            self.assertEqual(client.reply(), value)
            self.assertEqual(client.reply(), len(value))


class Ends(unittest.TestCase):
    def test_clients_that_reset_leave_nothing_behind(self):
        with Server() as server, server.client() as witness:
            witness.call("SET", "k", b"x" * 100000)
            for i in range(200):
                client = server.client()
                client.send([b"", b"PING\r\n", b"*1\r\n$4\r\nPI", command("GET", "k") * 50][i % 4])
                client.reset()
            eventually(lambda: witness.info("connected_clients") == 1, "the clients are gone")

    def test_clients_that_close_with_replies_unread_leave_nothing_behind(self):
        with Server() as server, server.client() as witness:
            witness.call("SET", "k", b"x" * 100000)
            for _ in range(50):
                with server.client() as client:
                    client.send(command("GET", "k") * 100)
            eventually(lambda: witness.info("connected_clients") == 1, "the clients are gone")

    def test_a_client_that_ignores_the_end_of_the_stream_is_closed_all_the_same(self):
        with Server() as server, server.client() as witness, server.client() as client:
            self.assertEqual(client.call("QUIT"), b"OK")
            eventually(lambda: witness.info("connected_clients") == 1, "the client is gone")


class Limits(unittest.TestCase):
    def test_a_client_too_many_is_told_so(self):
        with Server("--maxclients", 3) as server:
            clients = [server.client() for _ in range(3)]
            self.assertEqual([c.call("PING") for c in clients], [b"PONG"] * 3)
            for _ in range(20):
                with server.client() as refused:
                    self.assertEqual(refused.rest(), b"-ERR max number of clients reached\r\n")
            clients.pop().socket.close()
            eventually(lambda: clients[0].info("connected_clients") == 2, "one has gone")
            with server.client() as client:
                self.assertEqual(client.call("PING"), b"PONG")
            self.assertEqual(clients[0].info("rejected_connections"), 20)
            self.assertIn("as many as --maxclients allows", server.log())
            for client in clients:
                client.socket.close()

    def test_running_out_of_descriptors_is_survived(self):
        with Server(open_files=30) as server, server.client() as witness:
            began = time.monotonic()
            self.assertEqual(witness.call("PING"), b"PONG")
            served, refused = [], 0
            for _ in range(200):
                client = server.client()
                try:
                    if client.call("PING") == b"PONG":
                        served.append(client)
                        continue
                except (EOFError, ConnectionError):
                    refused += 1
                client.socket.close()
            self.assertGreater(len(served), 10)
            self.assertGreater(refused, 150)
            self.assertEqual(witness.info("rejected_connections"), refused)
            self.assertIn("the limit of open files is reached", server.log())
            lines = server.log().count("cannot accept")
            self.assertLessEqual(lines, 10 * (2 + time.monotonic() - began))
            self.assertEqual([c.call("PING") for c in served], [b"PONG"] * len(served))
            for client in served:
                client.socket.close()
            eventually(lambda: witness.info("connected_clients") == 1, "the others are gone")
            with server.client() as client:
                self.assertEqual(client.call("PING"), b"PONG")

    def test_a_request_longer_than_the_limit_is_refused(self):
        with Server("--max-request", "1mb") as server, server.client() as client:
            self.assertEqual(client.call("SET", "k", b"x" * 1000000), b"OK")
            try:
                client.send(command("SET", "k", b"x" * 2000000))
            except ConnectionError:
                pass
            self.assertEqual(client.rest(), b"-ERR Protocol error: too big request\r\n")

    def test_many_short_arguments_count_as_one_long_request(self):
        with Server("--max-request", "1mb") as server, server.client() as client:
            try:
                client.send(command("MGET", *[b"k" * 1000] * 2000))
            except ConnectionError:
                pass
            self.assertEqual(client.rest(), b"-ERR Protocol error: too big request\r\n")

    def test_maxmemory_refuses_what_grows_and_nothing_else(self):
        with Server("--maxmemory", "1mb") as server, server.client() as client:
            stored = 0
            while not isinstance(reply := client.call("SET", f"k{stored}", b"x" * 10000), Failure):
                stored += 1
            self.assertEqual(str(reply), "OOM command not allowed when used memory > 'maxmemory'.")
            self.assertGreater(stored, 90)
            self.assertLess(stored, 106)
            self.assertEqual(client.call("GET", "k0"), b"x" * 10000)
            self.assertEqual(client.call("DEL", "k0", "k1"), 2)
            self.assertEqual(client.call("SET", "k0", "v"), b"OK")

    def test_a_thousand_idle_clients_leave_one_that_works_alone(self):
        allow_open_files(4096)
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1100:
            self.skipTest("the limit of open files is below 1100")
        with Server() as server:
            before = server.resident_bytes()
            idle = [server.client() for _ in range(1000)]
            with server.client() as client:
                for i in range(2000):
                    self.assertEqual(client.call("INCR", "n"), i + 1)
                self.assertEqual(client.info("connected_clients"), 1001)
                self.assertLess(server.resident_bytes() - before, 32 << 20)
            self.assertEqual([c.call("PING") for c in idle], [b"PONG"] * 1000)
            for c in idle:
                c.socket.close()

    def test_an_endless_pipeline_does_not_keep_others_from_being_served(self):
        with Server() as server, server.client() as greedy, server.client() as other:
            stop = threading.Event()

            def send_for_ever():
                try:
                    while not stop.is_set():
                        greedy.send(b"PING\r\n" * 10000)
                except OSError:
                    pass

            def read_for_ever():
                try:
                    while greedy.socket.recv(1 << 20):
                        pass
                except OSError:
                    pass

            threads = [threading.Thread(target=f) for f in (send_for_ever, read_for_ever)]
            for thread in threads:
                thread.start()
            try:
                eventually(lambda: other.info("total_commands_processed") > 100000, "there is load")
                for _ in range(100):
                    self.assertEqual(other.call("PING"), b"PONG")
            finally:
                stop.set()
                threads[0].join()
                greedy.socket.shutdown(socket.SHUT_RDWR)
                threads[1].join()


class Expiry(unittest.TestCase):
    def test_keys_go_when_their_time_comes_though_nobody_asks_for_them(self):
        with Server() as server, server.client() as client:
            client.call("SET", "stays", "v")
            client.send(b"".join(command("SET", f"k{i}", "v", "PX", 20 + i % 200)
                                 for i in range(5000)))
            for _ in range(5000):
                self.assertEqual(client.reply(), b"OK")
            eventually(lambda: client.call("DBSIZE") == 1, "all but one have expired")
            self.assertEqual(client.info("expired_keys"), 5000)
            self.assertEqual(client.call("GET", "stays"), b"v")

    def test_the_timer_follows_a_deadline_that_is_brought_forward_or_put_off(self):
        with Server() as server, server.client() as client:
            for key in ("sooner", "later", "never"):
                self.assertEqual(client.call("SET", key, "v", "EX", 1000), b"OK")
            self.assertEqual(client.call("PEXPIRE", "later", 30), 1)
            self.assertEqual(client.call("EXPIRE", "later", 500), 1)
            self.assertEqual(client.call("PERSIST", "never"), 1)
            self.assertEqual(client.call("PEXPIRE", "sooner", 60), 1)
            eventually(lambda: client.call("DBSIZE") == 2, "one has expired")
            self.assertEqual(client.call("EXISTS", "sooner"), 0)
            self.assertIn(client.call("TTL", "later"), range(450, 501))
            self.assertEqual(client.call("TTL", "never"), -1)

    def test_keys_that_expire_at_one_moment_all_go(self):
        with Server() as server, server.client() as client:
            at = int(time.time() * 1000) + 300
            client.send(b"".join(command("SET", f"k{i}", "v", "PXAT", at) for i in range(20000)))
            for _ in range(20000):
                self.assertEqual(client.reply(), b"OK")
            eventually(lambda: client.call("DBSIZE") == 0, "all have expired")

    def test_no_key_goes_before_its_time(self):
        with Server() as server, server.client() as client:
            for _ in range(20):
                before = time.monotonic()
                client.call("SET", "k", "v", "PX", 30)
                eventually(lambda: client.call("DBSIZE") == 0, "it has expired")
                self.assertGreaterEqual(time.monotonic() - before, 0.030)

    def test_time_goes_on_while_nobody_talks_to_the_server(self):
        with Server() as server, server.client() as client:
            client.call("PING")
            client.call("PING")
            began_ms = time.time() * 1000
            eventually(lambda: server.is_asleep() and time.time() * 1000 >= began_ms + 300,
                       "it has been idle for a while")
            # Both are executed in one turn, the first after the sleep: a server that still has the
            # time from before it slept sees the deadline farther away than it is.
            before_ms = int(time.time() * 1000)
            deadline_ms = before_ms + 1000000
            client.send(command("SET", "k", "v", "PXAT", deadline_ms) + command("PTTL", "k"))
            self.assertEqual(client.reply(), b"OK")
            left_ms = client.reply()
            after_ms = int(time.time() * 1000)
            self.assertIn(left_ms, range(deadline_ms - after_ms - 1, deadline_ms - before_ms + 2))


class Arguments(unittest.TestCase):
    def run_with(self, *options):
        return subprocess.run([PROGRAM, *options], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE_SECONDS, check=False)

    def test_what_is_wrong_gets_a_sentence_and_status_1(self):
        for options, sentence in (
                ([], "say which port"),
                (["--port"], "requires an argument"),
                (["--port", "x"], "--port takes a port from 0 to 65535, not 'x'"),
                (["--port", "65536"], "not '65536'"),
                (["--port", "-1"], "not '-1'"),
                (["--port", ""], "not ''"),
                (["--port", "99999999999999999999999"], "--port takes"),
                (["--port", "0", "--bind", "localhost.example"], "--bind takes a numeric address"),
                (["--port", "0", "--bind", "203.0.113.77"], "cannot listen on 203.0.113.77"),
                (["--port", "0", "--maxclients", "0"], "--maxclients takes"),
                (["--port", "0", "--maxmemory", "1tb"], "--maxmemory takes a number of bytes"),
                (["--port", "0", "--maxmemory", "99999999999gb"], "--maxmemory takes"),
                (["--port", "0", "--maxbuffers", "0"], "--maxbuffers takes a number of bytes"),
                (["--port", "0", "--max-stall", "0"], "--max-stall takes seconds"),
                (["--port", "0", "--spin", "1s"], "--spin takes microseconds"),
                (["--port", "0", "--backend", "poll"], "--backend takes epoll or uring"),
                (["--port", "0", "more"], "'more' is no option"),
                (["--port", "0", "--unknown"], "'--unknown'")):
            with self.subTest(options):
                done = self.run_with(*options)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(sentence, done.stderr)

    def test_help_lists_the_options(self):
        done = self.run_with("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--port", "--bind", "--maxclients", "--maxmemory", "--maxbuffers"):
            self.assertIn(option, done.stdout)

    def test_every_backend_serves(self):
        for backend, name in (("epoll", b"epoll"), ("uring", b"io_uring")):
            with self.subTest(backend), Server("--backend", backend) as server:
                with server.client() as one, server.client() as other:
                    for i in range(200):
                        one.send(command("SET", f"key:{i}", i))
                        other.send(command("INCR", "n"))
                    self.assertEqual([one.reply() for _ in range(200)], [b"OK"] * 200)
                    self.assertEqual([other.reply() for _ in range(200)], list(range(1, 201)))
                    info = one.call("INFO", "server")
                    if b"multiplexing_api:" + name not in info:
                        self.assertIn(b"multiplexing_api:epoll", info)
                        self.assertIn("io_uring", server.log())

    def test_a_port_in_use_gets_a_sentence_and_status_1(self):
        with Server() as server:
            done = self.run_with("--port", str(server.port))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"port {server.port}: another program listens there", done.stderr)

    def test_what_was_asked_for_can_be_read_back(self):
        for size, expected in (("100", b"100"), ("1k", b"1000"), ("1KB", b"1024"),
                               ("3m", b"3000000"), ("3Mb", b"3145728"), ("2gb", b"2147483648")):
            with Server("--maxmemory", size, "--maxclients", 77, "--maxbuffers", "3mb") as server:
                with server.client() as client:
                    self.assertEqual(client.call("CONFIG", "GET", "maxmemory")[1], expected)
                    self.assertEqual(client.call("CONFIG", "GET", "maxclients")[1], b"77")
                    self.assertEqual(client.call("CONFIG", "GET", "maxmemory-clients")[1],
                                     b"3145728")
                    port = client.call("CONFIG", "GET", "port")[1]
                    self.assertEqual(int(port), server.port)

    def test_a_port_can_be_used_again_at_once(self):
        with Server() as server:
            port = server.port
            with server.client() as client:
                client.call("PING")
        again = subprocess.Popen([PROGRAM, "--port", str(port)], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(again.stdout.readline(), b"ready on 127.0.0.1:%d\n" % port)
            with Client(port) as client:
                self.assertEqual(client.call("PING"), b"PONG")
        finally:
            again.terminate()
            self.assertEqual(again.wait(timeout=PATIENCE_SECONDS), 0)
            again.stdout.close()


if __name__ == "__main__":
    unittest.main()
