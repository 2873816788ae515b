"""Keyspace notifications beside a redis-server (7.0.15): the same commands to both, and what each publishes must be the same, in the same
order. Then for each set of flags that of a few commands. Usage, on a fresh server: keyspace_events.py PORT"""
import socket
import subprocess
import sys
import tempfile
import time

# A list of words, or (words, milliseconds to wait before).
COMMANDS = """
SET k v|SET k w|SET k v EX 100|SET k v PX 100000 GET|SET k v KEEPTTL|SET k v NX|SET n v NX|SET n w XX|SET none w XX|SETNX n w|SETNX m w
SETEX k 100 v|PSETEX k 100000 v|GETSET k x|GETSET fresh x|GETDEL fresh|GETDEL fresh|GETEX k EX 100|GETEX k PERSIST|GETEX k PERSIST|GETEX k
GETEX none EX 10|GETEX k EXAT 1|GET k|MGET n none m|MSET a 1 b 2 a 3|MSETNX c 1 d 2|MSETNX c 1 e 2|STRLEN none|STRLEN a|APPEND a x|APPEND ap x
APPEND a ""|INCR i|INCR i|DECR i|INCRBY i 5|DECRBY i 2|INCRBYFLOAT i 1.5|INCRBYFLOAT f 1|INCR a|GETRANGE none 0 1|SUBSTR none 0 1
SETRANGE r 3 abc|SETRANGE r 0 xyz|SETRANGE r 0 ""|SETRANGE rr 0 ""|SETBIT bit 7 1|SETBIT bit 7 1|SETBIT bit 7 0|SETBIT bit 700 0|GETBIT none 1
BITCOUNT none|BITCOUNT bit|BITPOS none 1|BITOP AND dest a b|BITOP OR dest none none2|BITOP NOT dest none|BITOP NOT dest2 a|LCS none a
RENAME a a2|RENAME a2 b|RENAME none b|RENAMENX b i|RENAMENX b b2|RENAME b2 b2|SET t v EX 100|RENAME t t2|COPY t2 t3|COPY t2 t3|COPY t2 t3 REPLACE
COPY none x|COPY t2 t4 DB 1|DEL t2 none t3|UNLINK c none|EXISTS none d|TOUCH none d|TYPE none|OBJECT ENCODING none|OBJECT REFCOUNT d
EXPIRE d 100|EXPIRE d 200 NX|EXPIRE d 300 XX|PEXPIRE d 100000|EXPIREAT d 4000000000|PEXPIREAT d 4000000000000|PERSIST d|PERSIST d|EXPIRE d -1
EXPIRE none 10|TTL none|PTTL none|EXPIRETIME none|SET p v PX 20|SET q v PX 20
""".strip().replace("\n", "|").split("|")
AFTER_A_WAIT = ["GET p", "EXISTS q", "SELECT 3", "SET k3 v EX 50", "DEL k3", "FLUSHDB", "SELECT 0", "FLUSHALL", "SET k v"]
FLAGS = ["KEA", "K$", "Eg", "KEn", "En$", "Em", "Kx", "E$gxe", "A", "K", ""]


class Connection:
    def __init__(self, port):
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self.stream = self.socket.makefile("rb")

    def run(self, text):
        words = [b"" if word == '""' else word.encode() for word in text.split()]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.reply()

    def reply(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest


def told(server, listener, commands):
    """What is published while the commands are executed: for each the messages up to a mark."""
    all_told = []
    for command in commands:
        server.run(command)
        server.run("PUBLISH mark x")
        told_now = []
        while (message := listener.reply())[2] != b"mark":
            told_now.append((message[2].decode(), message[3].decode()))
        all_told.append((command, told_now))
    return all_told


def all_of(port):
    server, listener = Connection(port), Connection(port)
    listener.run("PSUBSCRIBE *")
    result = []
    for flags in FLAGS:
        server.run("FLUSHALL")
        server.run('CONFIG SET notify-keyspace-events ' + (flags or '""'))
        result.append(("flags", server.run("CONFIG GET notify-keyspace-events")))
        # Expired by whoever looks, not by whatever round comes first.
        server.run("DEBUG SET-ACTIVE-EXPIRE 0")
        # What this drops of the times before is not told.
        while listener_has_more(listener):
            listener.reply()
        result += told(server, listener, COMMANDS)
        time.sleep(0.05)
        result += told(server, listener, AFTER_A_WAIT)
    return result


def listener_has_more(listener):
    listener.socket.settimeout(0.1)
    try:
        return bool(listener.stream.peek(1))
    except TimeoutError:
        listener.stream = listener.socket.makefile("rb")
        return False
    finally:
        listener.socket.settimeout(20)


def main():
    port = int(sys.argv[1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        redis_port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(redis_port), "--save", "", "--dir", folder,
                                  "--enable-debug-command", "yes"], stdout=subprocess.DEVNULL)
        try:
            ours, theirs = all_of(port), all_of(redis_port)
        finally:
            redis.terminate()
            redis.wait(30)
    failures = [(our, their) for our, their in zip(ours, theirs) if our != their]
    for our, their in failures[:20]:
        print(f"{our[0]}\n  larder {our[1]}\n  redis  {their[1]}")
    if failures or len(ours) != len(theirs):
        sys.exit(f"{len(failures)} differences")
    print(f"{sum(len(events) for command, events in ours if command != 'flags')} notifications of {len(ours)} commands are the same")


if __name__ == "__main__":
    main()
