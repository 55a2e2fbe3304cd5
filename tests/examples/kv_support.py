"""What the end-to-end tests of weft-kv share: a server of their own, and a client that reads whole
replies. Nothing here waits without a deadline."""
import ctypes
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ.get("WEFT_BIN", "build/bin"), "weft-kv")

# Instrumented servers are slower and use more memory, which says nothing about them.
SANITIZED = bool(os.environ.get("WEFT_SANITIZE"))
PATIENCE_SECONDS = 60 if SANITIZED else 20


def command(*arguments):
    """One request as an array of bulk strings."""
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Failure(Exception):
    """A reply that begins with '-'."""


class Client:
    """One connection. Replies are bytes, ints, None, lists; errors are Failure objects."""

    def __init__(self, port, receive_buffer_bytes=None):
        self.socket = socket.socket()
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.at = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise EOFError(f"the stream ended behind {self.got[self.at:][:100]!r}")
        self.got = self.got[self.at:] + piece
        self.at = 0

    def line(self):
        while (end := self.got.find(b"\r\n", self.at)) < 0:
            self.more()
        line = self.got[self.at:end]
        self.at = end + 2
        return line

    def reply(self):
        line = self.line()
        kind, text = line[:1], line[1:]
        if kind == b"+":
            return text
        if kind == b"-":
            return Failure(text.decode())
        if kind == b":":
            return int(text)
        if kind == b"$":
            size = int(text)
            if size < 0:
                return None
            while len(self.got) - self.at < size + 2:
                self.more()
            body = self.got[self.at:self.at + size]
            if self.got[self.at + size:self.at + size + 2] != b"\r\n":
                raise AssertionError("a bulk string does not end with a line end")
            self.at += size + 2
            return body
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        raise AssertionError(f"no reply begins like {line[:100]!r}")

    def call(self, *arguments):
        self.send(command(*arguments))
        return self.reply()

    def rest(self):
        """Everything up to the end of the stream."""
        got = bytearray(self.got[self.at:])
        while piece := self.socket.recv(1 << 16):
            got += piece
        return bytes(got)

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with a reset instead of in good order."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def info(self, name):
        found = re.search(rb"^%s:(\d+)\r$" % name.encode(), self.call("INFO"), re.MULTILINE)
        return int(found.group(1))


def eventually(condition, what):
    """Asks until the answer is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_SECONDS} seconds: {what}")
        time.sleep(0.005)


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """In a child, before it runs the program: if the thread that started it is killed, so is the
    program. A test that ends before its time leaves no server behind."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """weft-kv on a free port. Leaving the block stops it with SIGTERM and requires exit status 0,
    which is also what a leak found by a sanitizer is not."""

    program = PROGRAM

    def __init__(self, *options, open_files=None):
        def prepare():
            end_with_parent()
            if open_files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))

        self.log_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen([self.program, "--port", "0", *map(str, options)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log_file, preexec_fn=prepare)
        self.port = None
        if select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0]:
            line = self.process.stdout.readline()
            if found := re.fullmatch(rb"ready on 127\.0\.0\.1:(\d+)\n", line):
                self.port = int(found.group(1))
        if not self.port:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server does not get ready: {self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            status = self.wait()
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            log = self.log()
            self.log_file.close()
        if kind is not None or status != 0:
            print(f"the server's log:\n{log}")
        if status != 0:
            raise AssertionError(f"the server ended with status {status}")

    def wait(self):
        try:
            return self.process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server does not stop: {self.log()}") from None

    def client(self, **options):
        return Client(self.port, **options)

    def signal(self, number):
        self.process.send_signal(number)

    def log(self):
        return os.pread(self.log_file.fileno(), 1 << 20, 0).decode(errors="replace")

    def is_asleep(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s*(\d+) kB", status.read()).group(1)) * 1024


def allow_open_files(count):
    """Raises this process's own limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, most), most))
