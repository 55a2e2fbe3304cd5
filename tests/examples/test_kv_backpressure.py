#!/usr/bin/env python3
"""weft-kv and clients that do not read: paused, then dropped with a log line, never a matter of
memory."""
import threading
import unittest

from kv_support import SANITIZED, Server, command, eventually

MIB = 1 << 20
# A sanitizer keeps freed memory for a while.
ROOM_BYTES = (400 if SANITIZED else 48) * MIB


def send_until_dropped(client, request):
    """Sends without reading until the server resets the connection. Returns the bytes sent."""
    sent = 0
    try:
        while True:
            sent += client.socket.send(request)
    except ConnectionError:
        return sent


class Backpressure(unittest.TestCase):
    def test_a_client_that_never_reads_is_paused_then_dropped(self):
        with Server("--max-stall", 1) as server, server.client() as witness:
            witness.call("SET", "k", b"x" * 10000)
            before = server.resident_bytes()
            deaf = server.client()
            result = []
            sender = threading.Thread(
                target=lambda: result.append(send_until_dropped(deaf, command("GET", "k") * 1000)))
            sender.start()
            most = 0

            def dropped():
                nonlocal most
                self.assertEqual(witness.call("PING"), b"PONG")
                most = max(most, server.resident_bytes())
                return witness.info("dropped_connections") == 1

            eventually(dropped, "the client is dropped")
            sender.join()
            deaf.socket.close()
            self.assertIn("it does not read its replies", server.log())
            self.assertLess(most - before, ROOM_BYTES)
            # Each 22 bytes ask for 10000: had it been read on, this would have been gigabytes.
            self.assertLess(result[0], 32 * MIB)
            self.assertEqual(witness.info("connected_clients"), 1)

    def test_many_clients_that_never_read_take_little_memory_each(self):
        with Server("--max-stall", 2) as server, server.client() as witness:
            witness.call("SET", "k", b"x" * 10000)
            before = server.resident_bytes()
            deaf = [server.client() for _ in range(50)]
            for client in deaf:
                client.socket.setblocking(False)
            asked = command("GET", "k") * 1000

            def all_dropped():
                for client in deaf:
                    try:
                        client.socket.send(asked)
                    except (BlockingIOError, ConnectionError):
                        pass
                self.assertLess(server.resident_bytes() - before, ROOM_BYTES)
                return witness.info("dropped_connections") == 50

            eventually(all_dropped, "they are dropped")
            for client in deaf:
                client.socket.close()

    def test_replies_beyond_the_hard_limit_drop_the_client_at_once(self):
        with Server("--max-unsent", "4mb") as server, server.client() as witness:
            witness.call("SET", "k", b"x" * MIB)
            before = server.resident_bytes()
            with server.client() as greedy:
                greedy.send(command("MGET", *["k"] * 1000))
                with self.assertRaises((ConnectionError, EOFError)):
                    greedy.reply()
            self.assertIn("the replies it has not read are too much", server.log())
            self.assertEqual(witness.info("dropped_connections"), 1)
            self.assertEqual(len(witness.call("GET", "k")), MIB)
            self.assertLess(server.resident_bytes() - before, ROOM_BYTES)

    def test_a_client_that_reads_late_gets_every_reply(self):
        with Server() as server, server.client(receive_buffer_bytes=4096) as client:
            values = [b"%d" % i * (1 + i * 37 % 400) for i in range(500)]
            client.call("MSET", *[a for i, v in enumerate(values) for a in (f"k{i}", v)])
            asked = b"".join(command("GET", f"k{i}") for i in range(500))
            rounds = 60
            sender = threading.Thread(target=client.send, args=(asked * rounds,))
            sender.start()
            with server.client() as witness:
                # Paused: it asked for more than all buffers on the way hold, and read nothing.
                seen = -1

                def stands_still():
                    nonlocal seen
                    last, seen = seen, witness.info("total_commands_processed")
                    return seen == last + 1

                eventually(stands_still, "nothing is executed for the client")
            for _ in range(rounds):
                for value in values:
                    self.assertEqual(client.reply(), value)
            sender.join()

    def test_a_client_that_reads_slowly_is_not_dropped(self):
        with Server("--max-stall", 2) as server:
            with server.client(receive_buffer_bytes=65536) as client:
                client.call("SET", "k", b"x" * (16 * MIB))
                client.send(command("GET", "k") + command("STRLEN", "k"))
                got = 0
                header = len(b"$%d\r\n" % (16 * MIB))
                wanted = header + 16 * MIB + 2 + len(b":%d\r\n" % (16 * MIB))
                slow = threading.Event()
                while got < wanted:
                    # First so little that the server's socket stays full for longer than a stall.
                    is_slow = got < 30 * 16384
                    piece = client.socket.recv(16384 if is_slow else 256 * 1024)
                    self.assertTrue(piece)
                    got += len(piece)
                    if is_slow:
                        slow.wait(0.1)  # the pace of this reader
                self.assertEqual(got, wanted)
            self.assertNotIn("dropped", server.log())

    def test_who_is_dropped_gets_nothing_more(self):
        with Server("--max-stall", 1) as server, server.client() as witness:
            witness.call("SET", "k", b"x" * (16 * MIB))
            with server.client() as deaf:
                deaf.send(command("GET", "k"))
                eventually(lambda: witness.info("dropped_connections") == 1, "it is dropped")
                with self.assertRaises(ConnectionResetError):
                    while deaf.socket.recv(MIB):
                        pass

    def test_the_memory_of_an_unusual_reply_is_given_back(self):
        with Server() as server, server.client() as client:
            client.call("SET", "k", b"x" * (8 * MIB))
            before = server.resident_bytes()
            self.assertEqual(len(client.call("MGET", *["k"] * 10)), 10)
            client.call("PING")
            self.assertLess(server.resident_bytes() - before, ROOM_BYTES)


class Budget(unittest.TestCase):
    """The memory of all clients together."""
    BUDGET = 64 * MIB

    def start(self, *options):
        return Server("--maxmemory", "20mb", "--maxbuffers", self.BUDGET, "--max-request", "1gb",
                      *options)

    def feed(self, clients, pieces):
        """Sends each client a piece of each, in turn, as far as the server lets it."""
        for piece in pieces:
            for client in clients:
                try:
                    client.send(piece)
                except ConnectionError:
                    pass  # dropped

    def test_half_sent_requests_of_many_clients_stay_within_it(self):
        with self.start() as server, server.client() as witness:
            witness.call("SET", "k", b"v" * 1000)
            before = server.resident_bytes()
            hungry = [server.client() for _ in range(12)]
            most = 0
            begin = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (40 * MIB)
            for piece in [begin] + [b"x" * MIB] * 30:
                self.feed(hungry, [piece])
                self.assertEqual(witness.call("GET", "k"), b"v" * 1000)
                most = max(most, server.resident_bytes())
                self.assertLessEqual(witness.info("mem_clients_normal"), self.BUDGET)
            eventually(lambda: witness.info("dropped_connections") > 0, "some are dropped")
            self.assertGreater(witness.info("mem_clients_normal_peak"), self.BUDGET // 4)
            self.assertLessEqual(witness.info("mem_clients_normal_peak"), self.BUDGET)
            self.assertIn("--maxbuffers", server.log())
            self.assertLess(most - before, self.BUDGET + ROOM_BYTES)
            for client in hungry:
                client.socket.close()
            eventually(lambda: witness.info("connected_clients") == 1, "they are gone")
            # What they held is there again.
            self.assertEqual(witness.call("SET", "k", b"x" * (15 * MIB)), b"OK")

    def test_unread_replies_of_many_clients_stay_within_it(self):
        with self.start() as server, server.client() as witness:
            witness.call("SET", "k", b"x" * (8 * MIB))
            before = server.resident_bytes()
            deaf = [server.client(receive_buffer_bytes=4096) for _ in range(20)]
            self.feed(deaf, [command("MGET", "k", "k")])
            eventually(lambda: witness.info("dropped_connections") > 8, "some are dropped")
            self.assertLess(server.resident_bytes() - before, self.BUDGET + ROOM_BYTES)
            self.assertLessEqual(witness.info("mem_clients_normal_peak"), self.BUDGET)
            self.assertEqual(len(witness.call("GET", "k")), 8 * MIB)
            for client in deaf:
                client.socket.close()

    def test_those_that_hold_most_make_room_for_the_others(self):
        with self.start() as server, server.client() as witness:
            witness.call("SET", "k", b"x" * (8 * MIB))
            deaf = [server.client(receive_buffer_bytes=4096) for _ in range(10)]
            self.feed(deaf, [command("GET", "k")])
            eventually(lambda: witness.info("keyspace_hits") == 10, "they have asked")
            self.assertLessEqual(witness.info("mem_clients_normal"), self.BUDGET // 4 * 3)
            self.assertRegex(server.log(), "dropped the client at .*: it has most of the memory")
            self.assertEqual(witness.call("ECHO", b"y" * (2 * MIB)), b"y" * (2 * MIB))
            for client in deaf:
                client.socket.close()

    def test_a_request_that_needs_more_drops_its_client_alone(self):
        with self.start() as server, server.client() as witness, server.client() as other:
            other.send(b"*2\r\n$4\r\nECHO\r\n$100000\r\n" + b"x" * 50000)
            with server.client() as greedy:
                with self.assertRaises(ConnectionError):
                    greedy.send(command("SET", "k", b"x" * (128 * MIB)))
                    greedy.reply()
            other.send(b"x" * 50000 + b"\r\n")
            self.assertEqual(other.reply(), b"x" * 100000)
            self.assertEqual(witness.info("dropped_connections"), 1)
            self.assertRegex(server.log(), "dropped the client at .*--maxbuffers")

    def test_the_longest_request_fits_and_a_longer_one_is_told(self):
        with Server("--maxbuffers", "64mb") as server, server.client() as client:
            for _ in range(2):
                value = b"x" * (16 * MIB - 100)
                self.assertEqual(client.call("SET", "k", value), b"OK")
                self.assertEqual(client.call("STRLEN", "k"), len(value))
            with server.client() as greedy:
                greedy.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (16 * MIB))
                self.assertEqual(str(greedy.reply()), "ERR Protocol error: too big request")
            self.assertEqual(client.info("dropped_connections"), 0)

    def test_arguments_without_number_count_too(self):
        with Server("--maxbuffers", "8mb") as server, server.client() as witness:
            clients = [server.client() for _ in range(8)]
            self.feed(clients, [b"*1000000\r\n"] + [b"$0\r\n\r\n" * 20000] * 20)
            eventually(lambda: "--maxbuffers" in server.log(), "somebody is refused")
            self.assertGreater(witness.info("mem_clients_normal_peak"), 4 * MIB)
            self.assertLessEqual(witness.info("mem_clients_normal_peak"), 8 * MIB)
            self.assertEqual(witness.call("SET", "k", b"x" * 100000), b"OK")
            for client in clients:
                client.socket.close()


if __name__ == "__main__":
    unittest.main()
