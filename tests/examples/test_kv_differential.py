#!/usr/bin/env python3
"""Sends the same bytes to weft-kv and to redis-server and compares the bytes that come back.

    test_kv_differential.py [build/bin/weft-kv]
    test_kv_differential.py --ports WEFT_PORT REDIS_PORT

The first form starts both on free loopback ports and stops them at the end; the program's default
is weft-kv in $WEFT_BIN. Where there is no redis-server but Debian's redis-check-rdb, which is the
same program, that is used under its other name. Exit status: 0 all the same or nothing to compare
with, 1 differences (printed).
"""
import os
import random
import shutil
import socket
import subprocess
import sys
import time

MARKER = b"the-end-of-this-case"


def command(*arguments):
    """One request as an array of bulk strings."""
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def commands(text):
    """A pipeline, one request per line, blanks between arguments; '' is an empty one."""
    out = b""
    for line in text.strip().splitlines():
        out += command(*[w.replace("''", "").replace("~", " ") for w in line.split()])
    return out


BIG = "9223372036854775807"
LOW = "-9223372036854775808"

# name: what is sent, on a fresh connection to an empty server.
CASES = {
    "ping": commands("PING\nping hello\nPiNg a b\nECHO x\nECHO\nECHO a b"),
    "set and get": commands("GET k\nSET k v\nGET k\nSET k ''\nGET k\nGET\nGET a b\nSET k\nSET"),
    "set options": commands(f"""
        SET k v NX XX
        SET k v XX NX
        SET k v EX
        SET k v EX 0
        SET k v EX -1
        SET k v EX x
        SET k v PX 0
        SET k v EX 1 PX 1
        SET k v EX {BIG}
        SET k v PX {BIG}
        SET k v EX 1 KEEPTTL
        SET k v KEEPTTL EX 1
        SET k v FOO
        SET k v EX 0 FOO
        SET k v XX
        GET k
        SET k v NX
        SET k w NX
        GET k
        SET k w XX
        GET k
        SET k x GET
        SET k y nx get
        SET k z XX GET
        SET n v XX GET
        GET n
        SET n v NX GET
        SET n v GET GET NX NX
        SET k v ex 100 KeepTtl
        SET k v EXAT 0
        SET k v EXAT -5
        SET k v PXAT x
        SET k v EXAT {BIG}
        SET k v EXAT 99999999999
        SET k v PXAT 99999999999999
        TTL nosuch
        SET k v EXAT 1
        GET k
        DBSIZE"""),
    "keepttl": commands("""
        SET k v EX 1000
        SET k w KEEPTTL
        TTL k
        SET k w
        TTL k
        SET k w PX 1000000
        SET k w KEEPTTL GET XX
        TTL k
        MSET k 1
        TTL k
        SET k 5 EX 1000
        INCR k
        TTL k
        APPEND k 5
        TTL k
        GETDEL k
        TTL k"""),
    "getdel": commands("GETDEL k\nSET k v\nGETDEL k\nGET k\nGETDEL\nGETDEL k k"),
    "setnx": commands("SETNX k v\nSETNX k w\nGET k\nSETNX k\nTTL k"),
    "mset": commands("MSET\nMSET a\nMSET a 1 b\nMSET a 1 b 2 a 3\nMGET a b c a\nMGET\nMGET c"),
    "incr": commands(f"""
        INCR n
        INCR n
        DECR n
        INCRBY n 40
        DECRBY n 50
        GET n
        INCRBY n x
        INCRBY n 1.5
        INCRBY n ~1
        INCRBY n +1
        INCRBY n 01
        INCRBY n -0
        INCRBY n ''
        INCRBY n {BIG}0
        INCRBY n {BIG}
        INCRBY n {BIG}
        DECRBY n {LOW}
        DECRBY n -{BIG}
        SET n {BIG}
        INCR n
        DECR n
        SET n {LOW}
        DECR n
        INCR n
        INCRBY m {LOW}
        DECRBY m 1
        SET s abc
        INCR s
        SET s ~12
        INCR s
        SET s 012
        INCR s
        SET s ''
        INCR s
        SET s -0
        DECR s
        SET s 0
        DECR s
        STRLEN s
        INCR
        INCRBY n
        DECRBY n 1 2"""),
    "append": commands("APPEND k abc\nAPPEND k def\nAPPEND k ''\nGET k\nSTRLEN k\nSTRLEN x\n"
                       "APPEND e ''\nEXISTS e\nAPPEND\nSTRLEN"),
    "del and exists": commands("SET a 1\nSET b 1\nEXISTS a b c a a\nDEL a c a\nDEL a\nEXISTS a\n"
                               "DEL\nEXISTS\nDBSIZE\nDBSIZE x"),
    "expire": commands(f"""
        EXPIRE k 10
        EXPIRE k x
        EXPIRE k 1 FOO
        EXPIRE k x FOO
        EXPIRE k 1 NX XX
        EXPIRE k 1 NX GT
        EXPIRE k 1 NX LT
        EXPIRE k 1 GT LT
        EXPIRE k 1 GT LT NX
        SET k v
        TTL k
        PTTL k
        EXPIRE k {BIG}
        PEXPIRE k {BIG}
        EXPIRE k {LOW}
        TTL k
        PEXPIRE k {LOW}
        EXISTS k
        SET k v
        EXPIRE k 0
        EXISTS k
        SET k v
        EXPIRE k -1
        EXISTS k
        SET k v
        EXPIRE k 1000 XX
        EXPIRE k 1000 GT
        EXPIRE k 1000 LT
        TTL k
        EXPIRE k 2000 LT
        EXPIRE k 2000 GT
        TTL k
        EXPIRE k 1500 NX
        EXPIRE k 1500 XX
        TTL k
        EXPIRE k 1 gt xx
        EXPIRE k 10 lt XX
        TTL k
        PERSIST k
        PERSIST k
        PERSIST x
        TTL k
        EXPIRE k 10 GT
        EXPIRE k 0 GT
        EXPIRE k 10 NX
        EXPIRE k 0 XX
        EXISTS k
        SET k v
        EXPIRE k 0 LT
        EXISTS k
        EXPIRE
        EXPIRE k
        TTL
        PTTL a b
        PERSIST"""),
    "type": commands("TYPE k\nSET k v\nTYPE k\nTYPE\nTYPE k k"),
    "keys of one": commands("KEYS *\nSET hello v\nKEYS *\nKEYS h?llo\nKEYS h[a-f]llo\nKEYS [^x]*\n"
                            "KEYS H*\nKEYS hell\nKEYS\nRANDOMKEY\nDEL hello\nRANDOMKEY"),
    "scan": commands("""
        SCAN 0
        SET k v
        SCAN 0
        SCAN 0 MATCH k COUNT 100
        SCAN 0 MATCH x
        SCAN 0 TYPE string
        SCAN 0 TYPE STRING
        SCAN 0 TYPE list
        SCAN 0 TYPE nosuch
        SCAN x
        SCAN ''
        SCAN ~1
        SCAN 1~
        SCAN 18446744073709551616
        SCAN 0 COUNT 0
        SCAN 0 COUNT -1
        SCAN 0 COUNT x
        SCAN 0 COUNT
        SCAN 0 MATCH
        SCAN 0 FOO
        SCAN 0 FOO x
        SCAN 0 COUNT 10 MATCH
        SCAN"""),
    "select": commands(f"""
        SELECT 1
        SET k one
        SELECT 0
        GET k
        SELECT 1
        GET k
        SELECT 15
        SELECT 16
        SELECT -1
        SELECT x
        SELECT ''
        SELECT 2147483648
        SELECT {BIG}0
        SELECT
        DBSIZE
        SELECT 1
        DBSIZE
        FLUSHDB
        DBSIZE"""),
    "flush": commands("FLUSHALL\nFLUSHALL SYNC\nFLUSHALL async\nFLUSHALL FOO\nFLUSHALL SYNC SYNC\n"
                      "FLUSHDB\nFLUSHDB ASYNC\nFLUSHDB FOO\nSET k v\nSELECT 3\nSET k v\nFLUSHDB\n"
                      "DBSIZE\nSELECT 0\nDBSIZE\nSELECT 3\nSET k v\nFLUSHALL\nSELECT 0\nDBSIZE"),
    "config": commands("CONFIG\nCONFIG FOO\nCONFIG GET\nCONFIG GET nosuch\nCONFIG GET databases\n"
                       "CONFIG GET DATAbases\nCONFIG GET save\nCONFIG GET appendonly\n"
                       "CONFIG GET maxmemory\nCONFIG GET maxmemory-p*\nCONFIG GET *axclient*\n"
                       "CONFIG GET proto-max-bulk-len\nCONFIG GET timeout nosuch\n"
                       "config get sav[e]"),
    "client": commands("CLIENT\nCLIENT FOO\nCLIENT GETNAME\nCLIENT SETNAME me\nCLIENT GETNAME\n"
                       "CLIENT SETNAME a~b\nCLIENT SETNAME\nCLIENT SETNAME ''\nCLIENT GETNAME\n"
                       "CLIENT GETNAME x\nCLIENT ID x\nCLIENT LIST TYPE foo\nCLIENT LIST ID x\n"
                       "CLIENT LIST FOO\nCLIENT LIST ID\nCLIENT LIST TYPE\n"
                       "CLIENT LIST TYPE pubsub\n"
                       "CLIENT LIST TYPE replica\nCLIENT LIST ID 99999999\nCLIENT INFO x"),
    "hello": commands("HELLO 1\nHELLO 4\nHELLO x\nHELLO 2 FOO\nHELLO 2 AUTH\nHELLO 2 AUTH a\n"
                      "HELLO 2 AUTH a b\nHELLO 2 SETNAME\nHELLO SETNAME x\nHELLO 2 SETNAME a~b\n"
                      "CLIENT GETNAME"),
    "command": commands("COMMAND FOO\nCOMMAND COUNT x\nCOMMAND DOCS nosuch\nCOMMAND INFO nosuch\n"
                        "COMMAND INFO echo\nCOMMAND INFO seLect"),
    "shutdown": commands("SHUTDOWN FOO\nSHUTDOWN ABORT\nSHUTDOWN SAVE NOSAVE\nSHUTDOWN ABORT NOW\n"
                         "SHUTDOWN NOW ABORT NOSAVE"),
    "info": commands("INFO keyspace\nINFO nosuch\nSET k v\nINFO Keyspace\nSELECT 9\nSET k v\n"
                     "INFO KEYSPACE nosuch"),
    "quit": commands("PING\nQUIT\nPING"),
    "quit with arguments": commands("QUIT a b"),
    "unknown commands": commands("FOO\nFOO a b\nGETT k\nGE k\nsetget a ''\n''\n'' x")
    + command("x" * 300, "y" * 100, "z" * 100, "w")
    + command("a\r\nb", "c\nd")
    + command("FOO", *["x" * 10] * 40)
    + command("CLIENT", "A\r\nB")
    + command("CONFIG", "x" * 300),
    "bytes": command("SET", bytes(range(256)), bytes(range(255, -1, -1)))
    + command("GET", bytes(range(256)))
    + command("GET", b"")
    + command("SET", b"", b"empty")
    + command("GET", b"")
    + command("DEL", bytes(range(256)))
    + command("KEYS", b"*")
    + command("ECHO", b"\r\n"),
    "large value": command("SET", "k", b"x" * 300000) + command("STRLEN", "k")
    + command("GET", "k") + command("APPEND", "k", b"y" * 300000) + command("GET", "k")
    + command("SET", "k", "small") + command("GET", "k"),
    "http post": b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n",
    # Inline commands.
    "inline": b"PING\r\nPING\n  PING  \r\n\r\n\n\r\n   \r\nSET k \"a b\"\r\nGET k\r\nEcHo x\n",
    "inline quotes": b'ECHO "a\\x41\\n\\r\\t\\a\\b\\z\\"\\\\\'"\r\n'
    b'ECHO \'a"\\x\\\'b\'\r\nECHO ""\r\n'
    b"ECHO ''\r\nECHO a\"b\"\r\nECHO a'b c'\r\nECHO \"\\xZZ\\x4\"\r\n",
    "inline tabs": b"ECHO\ta\r\nECHO\va\r\nPING\r\r\n",
    "inline unbalanced": b'ECHO "a\r\n',
    "inline unbalanced single": b"PING\r\nECHO 'a\r\n",
    "inline text after quote": b'ECHO "a"b\r\n',
    "inline quote after quote": b"ECHO 'a''b'\r\n",
    "inline backslash at the end": b'ECHO "a\\\r\n',
    "inline then array": b"PING\r\n" + command("PING") + b"PING\r\n",
    # Arrays.
    "empty arrays": b"*0\r\n*-1\r\nPING\r\n*-5\r\n" + command("PING"),
    "array without a number": b"*\r\n",
    "array with letters": b"*x\r\n",
    "array with a plus": b"*+1\r\n",
    "array with a zero": b"*01\r\n",
    "array with minus zero": b"*-0\r\n",
    "array with a blank": b"* 1\r\n",
    "array too long": b"*2147483648\r\n",
    "array too long for anything": b"*99999999999999999999\r\n",
    "no dollar": b"*1\r\nPING\r\n",
    "no dollar, nothing": b"*1\r\n\r\n",
    "no dollar, colon": b"*1\r\n:1\r\n",
    "bulk without a number": b"*1\r\n$\r\n",
    "bulk negative": b"*1\r\n$-1\r\n",
    "bulk with letters": b"*1\r\n$4x\r\n",
    "bulk too long": b"*1\r\n$536870913\r\n",
    "bulk too long for anything": b"*1\r\n$99999999999999999999\r\n",
    "second bulk is wrong": b"*2\r\n$4\r\nECHO\r\n$x\r\n",
    "error after commands": command("PING") + command("ECHO", "x") + b"*1\r\n$x\r\n"
    + command("PING"),
    "any bytes for the ends of bodies": b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPINGyy",
    "any byte after a carriage return": b"*1\rx$4\rxPING\r\n",
}

# The same, of lines that never end: nothing is sent behind them.
ENDLESS = {
    "inline too big": b"x" * 65537,
    "array header too long": b"*" + b"1" * 65536,
    "bulk header too long": b"*1\r\n$" + b"1" * 65536,
}


def glob_case(generator):
    """One key and many patterns over a small alphabet: EXISTS tells nothing, KEYS does."""
    key = "".join(generator.choice("abc-]^") for _ in range(generator.randint(1, 6)))
    out = command("SET", key, "v")
    for _ in range(60):
        pattern = "".join(generator.choice("aabbc*?[]^-\\") for _ in range(generator.randint(1, 8)))
        out += command("KEYS", pattern) + command("SCAN", 0, "MATCH", pattern)
    return out


def random_case(generator):
    """Random commands on few keys, so that they meet; only replies that take no random choice."""
    keys = ["a", "b", "c"]
    values = ["", "1", "-7", "abc", BIG, LOW, "10"]
    out = b""
    for _ in range(200):
        key = generator.choice(keys)
        value = generator.choice(values)
        options = generator.sample(["NX", "XX", "GET", "KEEPTTL", "EX", "100", "PX", "200000"], 2)
        number = generator.choice(["1", "-1", "0", "100", "x", BIG])
        out += command(*generator.choice([
            ["SET", key, value], ["SET", key, value] + options, ["GET", key], ["SETNX", key, value],
            ["GETDEL", key], ["DEL", key, generator.choice(keys)], ["INCR", key], ["DECR", key],
            ["INCRBY", key, value], ["DECRBY", key, value], ["APPEND", key, value],
            ["STRLEN", key], ["EXPIRE", key, number], ["PERSIST", key], ["TTL", key],
            ["EXPIRE", key, number] + generator.sample(["NX", "XX", "GT", "LT", "Q"], 1),
            ["MSET", key, value, generator.choice(keys), value], ["MGET"] + keys, ["EXISTS"] + keys,
            ["TYPE", key], ["DBSIZE"],
        ]))
    return out


def exchange(port, sent, split=None, marker=MARKER):
    """What comes back for `sent`, up to the marker's echo or the end of the stream."""
    end = b"$%d\r\n%s\r\n" % (len(MARKER), MARKER)
    got = b""
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.settimeout(5)
        if marker:
            sent += command("ECHO", marker)
        try:
            if split:
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(0, len(sent), split):
                    stream.sendall(sent[at:at + split])
            else:
                stream.sendall(sent)
        except OSError:
            pass  # it may close before it has read everything
        while not got.endswith(end):
            try:
                piece = stream.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            except TimeoutError:
                return got + b"<no more for 5 seconds>"
            if not piece:
                return got + b"<end of stream>"
            got += piece
    return got[:-len(end)]


def clear(port):
    exchange(port, command("FLUSHALL"))


def first_difference(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    start = max(0, at - 60)
    return f"  at byte {at}\n  weft-kv: {a[start:at + 120]!r}\n  redis:   {b[start:at + 120]!r}"


def compare(weft_port, redis_port):
    generator = random.Random(20240607)
    cases = dict(CASES)
    for i in range(40):
        cases[f"globs {i}"] = glob_case(generator)
    for i in range(40):
        cases[f"random {i}"] = random_case(generator)
    failures = 0
    for name, sent in ENDLESS.items():
        answers = [exchange(port, sent, marker=None) for port in (weft_port, redis_port)]
        if answers[0] != answers[1]:
            failures += 1
            print(f"DIFFERENT: {name}\n{first_difference(*answers)}")
    for name, sent in cases.items():
        answers = []
        for port in (weft_port, redis_port):
            clear(port)
            answers.append(exchange(port, sent))
        if answers[0] != answers[1]:
            failures += 1
            print(f"DIFFERENT: {name}\n{first_difference(*answers)}")
        if len(sent) < 1500:
            clear(weft_port)
            if exchange(weft_port, sent, split=1) != answers[0]:
                failures += 1
                print(f"DIFFERENT: {name}: byte by byte is not the same as at once")
    print(f"{len(cases) + len(ENDLESS)} cases, {failures} different")
    return failures


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"the server for port {port} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def redis_program():
    """The path of the program, by whatever name it is installed."""
    for name in ("redis-server", "redis-check-rdb"):
        path = shutil.which(name)
        if path:
            return path
    return None


def compare_with_redis(program):
    redis = redis_program()
    if not redis:
        print("skipped: there is no redis-server to compare with (Debian: redis-tools)")
        return 0
    weft_port, redis_port = free_port(), free_port()
    started = []
    try:
        started.append(subprocess.Popen([program, "--port", str(weft_port)],
                                        stdout=subprocess.DEVNULL))
        started.append(subprocess.Popen(
            ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no"], executable=redis, stdout=subprocess.DEVNULL))
        wait_for(weft_port, started[0])
        wait_for(redis_port, started[1])
        return 1 if compare(weft_port, redis_port) else 0
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "--ports":
        return 1 if compare(int(arguments[1]), int(arguments[2])) else 0
    if not arguments and "WEFT_BIN" in os.environ:
        return compare_with_redis(os.path.join(os.environ["WEFT_BIN"], "weft-kv"))
    if len(arguments) == 1:
        return compare_with_redis(arguments[0])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
