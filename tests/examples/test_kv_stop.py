#!/usr/bin/env python3
"""How weft-kv stops: it answers what it has received, sends it, and exits with 0, also under
load."""
import array
import fcntl
import re
import shutil
import signal
import subprocess
import termios
import threading
import time
import unittest

from kv_support import PATIENCE_SECONDS, Failure, Server, command, eventually


def unacknowledged_bytes(client):
    """What was sent and has not arrived in the other end's kernel yet (SIOCOUTQ)."""
    amount = array.array("i", [0])
    fcntl.ioctl(client.socket, termios.TIOCOUTQ, amount)
    return amount[0]


class Stopping(unittest.TestCase):
    @staticmethod
    def unsent_bytes(witness):
        """What the server keeps for clients because their sockets are full."""
        listed = witness.call("CLIENT", "LIST")
        return sum(map(int, re.findall(rb" omem=(\d+)", listed)))

    def stop_while_it_sleeps(self, server, clients, number):
        """Lets the signal come first, then all that the clients have sent."""
        for client in clients:
            eventually(lambda c=client: unacknowledged_bytes(c) == 0, "the requests have arrived")
        server.signal(number)
        server.signal(signal.SIGCONT)

    def test_what_has_arrived_when_the_signal_comes_is_answered(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Server() as server, server.client() as a, server.client() as b:
                a.call("PING")
                b.call("PING")
                server.signal(signal.SIGSTOP)
                a.send(b"".join(command("ECHO", i) for i in range(3000)))
                b.send(b"PING\r\n*1\r\n$4\r\nPI")
                late = server.client()  # waits to be accepted
                late.send(command("ECHO", "late"))
                self.stop_while_it_sleeps(server, (a, b, late), number)
                expected = b"".join(b"$%d\r\n%d\r\n" % (len(str(i)), i) for i in range(3000))
                self.assertEqual(a.rest(), expected)
                self.assertEqual(b.rest(), b"+PONG\r\n")
                self.assertEqual(late.rest(), b"$4\r\nlate\r\n")
                late.socket.close()
                self.assertEqual(server.wait(), 0)

    def test_replies_that_do_not_fit_the_socket_are_sent_before_the_end(self):
        with Server() as server, server.client(receive_buffer_bytes=65536) as client:
            value = b"x" * (8 << 20)  # more than the kernel takes
            client.call("SET", "k", value)
            client.send(command("GET", "k"))
            with server.client() as witness:
                eventually(lambda: self.unsent_bytes(witness) > 0, "the reply waits")
            server.signal(signal.SIGTERM)
            self.assertEqual(client.reply(), value)
            self.assertEqual(client.rest(), b"")
            self.assertEqual(server.wait(), 0)

    def test_a_client_that_goes_on_reading_is_waited_for(self):
        with Server("--max-stall", 2) as server, server.client(receive_buffer_bytes=4096) as client:
            value = b"x" * (8 << 20)
            client.call("SET", "k", value)
            client.send(command("GET", "k"))
            with server.client() as witness:
                eventually(lambda: self.unsent_bytes(witness) > 0, "the reply waits")
            server.signal(signal.SIGTERM)
            # So little at a time that the socket stays full for longer than a stall lasts.
            pause = threading.Event()
            until = time.monotonic() + 5
            while time.monotonic() < until:
                client.more()
                pause.wait(0.02)  # the pace of this reader
            self.assertEqual(client.reply(), value)
            self.assertEqual(client.rest(), b"")
            self.assertEqual(server.wait(), 0)
            self.assertNotIn("dropped", server.log())

    def test_idle_clients_do_not_hold_it_up(self):
        with Server() as server:
            clients = [server.client() for _ in range(100)]
            self.assertEqual([c.call("PING") for c in clients], [b"PONG"] * 100)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)
            for client in clients:
                self.assertEqual(client.rest(), b"")
                client.socket.close()

    def test_a_client_that_never_reads_does_not_hold_it_up(self):
        with Server() as server, server.client() as witness:
            witness.call("SET", "k", b"x" * 1000000)
            deaf = server.client()
            deaf.send(command("GET", "k") * 100)
            eventually(lambda: witness.info("keyspace_hits") > 3, "it has asked")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertIn("it does not read its replies", server.log())
            deaf.socket.close()

    def test_a_second_signal_stops_it_at_once(self):
        with Server() as server, server.client() as client:
            client.call("PING")
            server.signal(signal.SIGTERM)
            eventually(lambda: "stopping" in server.log(), "it stops")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_shutdown_stops_it_without_a_reply(self):
        for words in (("SHUTDOWN",), ("SHUTDOWN", "NOSAVE"), ("shutdown", "now", "force")):
            with Server() as server, server.client() as client, server.client() as other:
                self.assertEqual(other.call("PING"), b"PONG")
                client.send(command("PING") + command(*words) + command("PING"))
                self.assertEqual(client.rest(), b"+PONG\r\n")
                self.assertEqual(other.rest(), b"")
                self.assertEqual(server.wait(), 0)

    def test_shutdown_that_cannot_be_is_an_error(self):
        with Server() as server, server.client() as client:
            self.assertIsInstance(client.call("SHUTDOWN", "SAVE"), Failure)
            self.assertIsInstance(client.call("SHUTDOWN", "ABORT"), Failure)
            self.assertEqual(client.call("PING"), b"PONG")

    def test_nobody_is_taken_in_any_more(self):
        with Server() as server, server.client() as client:
            client.call("PING")
            server.signal(signal.SIGTERM)

            def refused():
                try:
                    with server.client():
                        return False
                except ConnectionError:
                    return True

            eventually(refused, "a new client is refused")
            self.assertEqual(server.wait(), 0)


class Talker:
    """Sends pipelines without end and reads what comes until the stream ends."""

    def __init__(self, server):
        self.client = server.client()
        self.sent = 0
        self.got = b""
        self.error = None
        self.threads = [threading.Thread(target=self.send), threading.Thread(target=self.read)]
        for thread in self.threads:
            thread.start()

    def send(self):
        try:
            while True:
                self.client.send(command("ECHO", "0123456789") * 100)
                self.sent += 100
        except OSError:
            pass  # the server has closed

    def read(self):
        try:
            self.got = self.client.rest()
        except OSError as error:
            self.error = error

    def join(self):
        for thread in self.threads:
            thread.join()
        self.client.socket.close()


class UnderLoad(unittest.TestCase):
    def test_every_reply_is_whole_and_the_status_is_0(self):
        with Server() as server, server.client() as witness:
            benchmark = subprocess.Popen(
                [shutil.which("redis-benchmark"), "-p", str(server.port), "-q", "-n", "1000000000",
                 "-c", "50", "-P", "16", "-t", "set"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            talkers = [Talker(server) for _ in range(3)]
            try:
                eventually(lambda: witness.info("total_commands_processed") > 50000 and
                           witness.info("connected_clients") > 50, "there is load")
                server.signal(signal.SIGTERM)
                began = time.monotonic()
                self.assertEqual(server.wait(), 0)
                self.assertLess(time.monotonic() - began, PATIENCE_SECONDS)
            finally:
                benchmark.kill()
                benchmark.wait()
                server.process.poll() is None and server.process.kill()
                for talker in talkers:
                    talker.join()
            reply = b"$10\r\n0123456789\r\n"
            for talker in talkers:
                self.assertIsNone(talker.error)
                self.assertGreater(len(talker.got), 0)
                count, left_over = divmod(len(talker.got), len(reply))
                self.assertEqual(left_over, 0)
                self.assertEqual(talker.got, reply * count)


if __name__ == "__main__":
    unittest.main()
