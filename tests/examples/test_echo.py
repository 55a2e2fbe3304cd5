#!/usr/bin/env python3
# test-timeout: 180
"""weft-echo and clients of all kinds, in both modes and with each backend."""
import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

import kv_support
from kv_support import PATIENCE_SECONDS, SANITIZED, Client, eventually

PROGRAM = os.path.join(os.environ.get("WEFT_BIN", "build/bin"), "weft-echo")
BACKENDS = ("epoll", "uring")
WAYS = [(backend, mode) for backend in BACKENDS for mode in ("park", "spin")]
MIB = 1 << 20


class Server(kv_support.Server):
    """weft-echo, stopped with SIGTERM at the end, which must give exit status 0."""

    program = PROGRAM

    def __init__(self, way=WAYS[0], *options, **limits):
        super().__init__("--backend", way[0], "--mode", way[1], *options, **limits)

    def cpu_ticks(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def receive(client, size):
    """Exactly so many bytes."""
    got = bytearray()
    while len(got) < size:
        piece = client.socket.recv(min(size - len(got), 1 << 16))
        if not piece:
            raise EOFError(f"the stream ended after {len(got)} of {size} bytes")
        got += piece
    return bytes(got)


def exchange(client, data):
    """Sends all and reads as much back, at the same time."""
    got = bytearray()
    view = memoryview(data)
    sock = client.socket
    while len(got) < len(data):
        readable, writable, _ = select.select([sock], [sock] if view else [], [], PATIENCE_SECONDS)
        if not readable and not writable:
            raise AssertionError(f"nothing moves after {len(got)} of {len(data)} bytes")
        if writable:
            view = view[sock.send(view[:1 << 16]):]
        if readable:
            piece = sock.recv(1 << 16)
            if not piece:
                raise EOFError(f"the stream ended after {len(got)} of {len(data)} bytes")
            got += piece
    return bytes(got)


def is_served(server):
    with server.client() as client:
        client.send(b"hello")
        return receive(client, 5) == b"hello"


def fill(client):
    """Sends without reading until nothing has been taken for a while; returns what was taken."""
    sent = bytearray()
    client.socket.setblocking(False)
    numbers = random.Random(7)
    while select.select([], [client.socket], [], 0.2)[1]:
        piece = numbers.randbytes(1 << 16)
        try:
            sent += piece[:client.socket.send(piece)]
        except BlockingIOError:
            continue
    client.socket.settimeout(PATIENCE_SECONDS)
    return bytes(sent)


class Echo(unittest.TestCase):
    def test_it_says_which_backend_it_has(self):
        for backend, name in (("epoll", b"epoll"), ("uring", b"io_uring")):
            with Server((backend, "park")) as server:
                said = server.process.stdout.readline()
                if said != b"polling with " + name + b"\n":  # the kernel has none, and it says so
                    self.assertEqual((backend, said), ("uring", b"polling with epoll\n"))
                    self.assertIn("io_uring", server.log())

    def test_messages_of_all_sizes_come_back(self):
        numbers = random.Random(1)
        sizes = [1, 2, 63, 64, 65, 1000, 4096, 16383, 16384, 16385, 32768, 65536, 100000, MIB]
        for way in WAYS:
            with self.subTest(way), Server(way) as server, server.client() as client:
                for size in sizes:
                    data = numbers.randbytes(size)
                    self.assertEqual(exchange(client, data), data)

    def test_many_clients_with_pipelines_get_their_own_bytes_in_order(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server:
                failures = []

                def talk(seed, server=server, failures=failures):
                    numbers = random.Random(seed)
                    try:
                        with server.client() as client:
                            for _ in range(50):
                                data = numbers.randbytes(numbers.choice((10, 200, 5000, 40000)))
                                if exchange(client, data) != data:
                                    failures.append(seed)
                    except Exception as error:  # pylint: disable=broad-except
                        failures.append((seed, error))

                threads = [threading.Thread(target=talk, args=(seed,)) for seed in range(12)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(failures, [])

    def test_small_messages_with_many_in_flight_come_back_in_order(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server, server.client() as client:
                data = b"".join(b"%064d" % i for i in range(2000))
                for at in range(0, len(data), 640):
                    client.send(data[at:at + 640])
                self.assertEqual(receive(client, len(data)), data)


class Ends(unittest.TestCase):
    def test_after_the_end_of_a_stream_all_of_it_comes_back_and_then_the_end(self):
        for way in WAYS:
            for size in (0, 1, 64, 16384, 16385, 3 * MIB):
                with self.subTest(way, size=size), Server(way) as server, \
                        server.client() as client:
                    data = random.Random(size).randbytes(size)

                    def send(client=client, data=data):
                        client.send(data)
                        client.end_sending()

                    sender = threading.Thread(target=send)
                    sender.start()
                    self.assertEqual(client.rest(), data)
                    sender.join()
                    eventually(lambda s=server: s.open_files() == self.files_of_idle(way),
                               "its descriptor is closed")

    @staticmethod
    def files_of_idle(way, known={}):  # pylint: disable=dangerous-default-value
        if way not in known:
            with Server(way) as server:
                known[way] = server.open_files()
        return known[way]

    def test_resets_at_any_time_harm_nobody(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server, server.client() as witness:
                for size in (0, 1, 64, 100000):
                    for _ in range(20):
                        client = server.client()
                        if size:
                            client.send(b"x" * min(size, 64))
                            receive(client, 1)
                        if size > 64:
                            fill_a_little(client, size)
                        client.reset()
                        witness.send(b"still here")
                        self.assertEqual(receive(witness, 10), b"still here")
                with server.client() as deaf:
                    fill(deaf)
                    deaf.reset()
                eventually(lambda s=server: s.open_files() == self.files_of_idle(way) + 1,
                           "their descriptors are closed")
                self.assertTrue(is_served(server))


def fill_a_little(client, size):
    """Sends what is taken at once of so many bytes."""
    client.socket.setblocking(False)
    try:
        client.socket.send(b"y" * size)
    except OSError:
        pass


class Backpressure(unittest.TestCase):
    def test_a_client_that_does_not_read_is_not_read_from_and_loses_nothing(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server, server.client() as witness:
                self.assertTrue(is_served(server))
                before = server.resident_bytes()
                deaf = [server.client(receive_buffer_bytes=8192) for _ in range(2)]
                sent = [fill(client) for client in deaf]
                for bytes_sent in sent:
                    self.assertGreater(len(bytes_sent), 16384)
                    self.assertLess(len(bytes_sent), 64 * MIB)  # what the kernel takes, at most
                self.assertLess(server.resident_bytes() - before, (16 if SANITIZED else 1) * MIB)
                witness.send(b"hello")
                self.assertEqual(receive(witness, 5), b"hello")
                for client, bytes_sent in zip(deaf, sent):
                    self.assertEqual(receive(client, len(bytes_sent)), bytes_sent)
                    data = random.Random(3).randbytes(100000)
                    self.assertEqual(exchange(client, data), data)
                    client.socket.close()

    def test_a_full_client_does_not_keep_a_parked_server_awake(self):
        for backend in BACKENDS:
            with self.subTest(backend), Server((backend, "park")) as server, \
                    server.client() as deaf:
                fill(deaf)
                self.assert_sleeps(server)

    def assert_sleeps(self, server):
        """A server that turned around something would use the CPU all the time: of so many looks
        at it, one sees it unchanged and asleep."""
        def quiet():
            ticks = server.cpu_ticks()
            time.sleep(0.1)
            return server.is_asleep() and server.cpu_ticks() == ticks
        eventually(quiet, "the server sleeps")

    def test_clients_beyond_the_limit_of_open_files_are_sent_away(self):
        for way in WAYS:
            with self.subTest(way), Server(way, open_files=32) as server:
                inside, away = [], 0
                for _ in range(60):
                    client = server.client()
                    try:
                        client.send(b"hello")
                        receive(client, 5)
                        inside.append(client)
                    except (EOFError, ConnectionError):
                        away += 1
                        client.socket.close()
                self.assertGreater(len(inside), 10)
                self.assertEqual(away, 60 - len(inside))
                self.assertIn("the limit of open files is reached", server.log())
                self.assertEqual(server.log().count("turned a client away"), 1)
                if way[1] == "park":
                    self.assert_sleeps(server)
                for client in inside:
                    client.send(b"again")
                    self.assertEqual(receive(client, 5), b"again")
                inside.pop().socket.close()
                eventually(lambda s=server: admitted(s), "there is room again")
                for client in inside:
                    client.socket.close()

    def test_clients_beyond_the_most_are_sent_away(self):
        for way in WAYS:
            with self.subTest(way), Server(way, "--max-clients", 3) as server:
                inside = [server.client() for _ in range(3)]
                for client in inside:
                    client.send(b"hello")
                    self.assertEqual(receive(client, 5), b"hello")
                for _ in range(5):
                    self.assertFalse(admitted(server))
                self.assertEqual(server.log().count("turned a client away"), 1)
                inside.pop().reset()
                eventually(lambda s=server: admitted(s), "there is room again")
                for client in inside:
                    client.send(b"again")
                    self.assertEqual(receive(client, 5), b"again")
                    client.socket.close()


def admitted(server):
    try:
        return is_served(server)
    except (EOFError, ConnectionError):
        return False


class Stopping(unittest.TestCase):
    def test_what_has_arrived_when_the_signal_comes_is_sent_back(self):
        for way in WAYS:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(way, number=number), Server(way) as server:
                    clients = [server.client() for _ in range(5)]
                    for client in clients:
                        client.send(b"hello")
                        receive(client, 5)
                    server.signal(signal.SIGSTOP)
                    data = random.Random(5).randbytes(200000)
                    late = Client(server.port)  # waits to be accepted
                    for client in clients + [late]:
                        client.send(data)
                    server.signal(number)
                    server.signal(signal.SIGCONT)
                    for client in clients + [late]:
                        self.assertEqual(client.rest(), data)
                        client.socket.close()
                    self.assertEqual(server.wait(), 0)

    def test_idle_clients_are_told_the_end_and_a_new_one_is_refused(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server:
                clients = [server.client() for _ in range(20)]
                for client in clients:
                    client.send(b"hello")
                    receive(client, 5)
                server.signal(signal.SIGTERM)
                for client in clients:
                    self.assertEqual(client.rest(), b"")
                with self.assertRaises(ConnectionError):
                    server.client()
                for client in clients:
                    client.socket.close()
                self.assertEqual(server.wait(), 0)
                self.assertIn("served 20 clients, turned 0 away", server.log())

    def test_clients_that_neither_read_nor_close_do_not_hold_it_up(self):
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(Server((backend, "park"))) for backend in BACKENDS]
            for server in servers:
                fill(stack.enter_context(server.client()))
                idle = stack.enter_context(server.client())
                idle.send(b"hello")
                receive(idle, 5)
            for server in servers:
                server.signal(signal.SIGTERM)
            for server in servers:
                self.assertEqual(server.wait(), 0)

    def test_a_second_signal_stops_it_at_once(self):
        with Server() as server, server.client() as client:
            client.send(b"hello")
            receive(client, 5)
            server.signal(signal.SIGTERM)
            self.assertEqual(client.rest(), b"")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_under_load_each_client_gets_the_beginning_of_what_it_sent(self):
        for way in WAYS:
            with self.subTest(way), Server(way) as server:
                talkers = [Talker(server) for _ in range(8)]
                eventually(lambda t=talkers: all(len(one.got) > 100000 for one in t), "all talk")
                server.signal(signal.SIGTERM)
                self.assertEqual(server.wait(), 0)
                for talker in talkers:
                    talker.join()
                    self.assertTrue(talker.is_right())


class Talker:
    """Sends without end and reads what comes until the stream ends."""

    def __init__(self, server):
        self.client = server.client()
        self.got = bytearray()
        self.threads = [threading.Thread(target=self.send), threading.Thread(target=self.read)]
        for thread in self.threads:
            thread.start()

    def send(self):
        try:
            for i in range(1 << 30):
                self.client.send(b"%016d" % i)
        except OSError:
            pass  # the server has closed

    def read(self):
        try:
            while piece := self.client.socket.recv(1 << 16):
                self.got += piece
            self.client.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # what came until then counts

    def join(self):
        for thread in self.threads:
            thread.join()
        self.client.socket.close()

    def is_right(self):
        count = len(self.got) // 16 + 1
        return b"".join(b"%016d" % i for i in range(count)).startswith(self.got)


class CommandLine(unittest.TestCase):
    @staticmethod
    def run_with(*arguments):
        return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE_SECONDS, check=False)

    def test_help_names_every_option(self):
        result = self.run_with("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for option in ("--port", "--backend", "--mode", "--max-clients", "--help"):
            self.assertIn(option, result.stdout)

    def test_help_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([PROGRAM, "--help"], stdin=subprocess.DEVNULL, stdout=full,
                                    timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(result.returncode, 1)

    def test_what_is_no_option_is_refused_with_a_sentence(self):
        for arguments, sentence in (
                ([], "say which port to listen on with --port N"),
                (["--mode", "spin"], "say which port to listen on with --port N"),
                (["--port", "x"], "--port takes a number from 0 to 65535, not 'x'"),
                (["--port", ""], "--port takes a number from 0 to 65535, not ''"),
                (["--port", "-1"], "--port takes a number from 0 to 65535, not '-1'"),
                (["--port", " 1"], "--port takes a number from 0 to 65535, not ' 1'"),
                (["--port", "65536"], "--port takes a number from 0 to 65535, not '65536'"),
                (["--port", "9" * 40], "--port takes a number from 0 to 65535, not '999"),
                (["--port", "0", "--mode", "run"], "--mode takes park or spin, not 'run'"),
                (["--port", "0", "--backend", "kqueue"],
                 "--backend takes epoll or uring, not 'kqueue'"),
                (["--port", "0", "--max-clients", "0"],
                 "--max-clients takes a number from 1 to 100000, not '0'"),
                (["--port", "0", "more"], "'more' is no option"),
                (["--port", "0", "--what"], "--what"),
                (["--port"], "--port")):
            result = self.run_with(*arguments)
            self.assertEqual((result.returncode, result.stdout), (1, ""), arguments)
            self.assertIn(sentence, result.stderr)

    def test_a_port_in_use_is_refused_with_a_sentence(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            result = self.run_with("--port", port)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"weft-echo: cannot listen on port {port}: another program "
                                        "listens there\n")


if __name__ == "__main__":
    unittest.main()
