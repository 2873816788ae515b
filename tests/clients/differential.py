"""The same random requests to this server and to a redis-server (7.0.15) beside it, in RESP2 and RESP3: the replies must be the same,
byte for byte. Requests are made from patterns, and some of them are then spoilt: an argument too many or too few, another one in its
place. What is meant to differ (protocol/DIFFERENCES.md) is not asked for. Usage, on a fresh server:
differential.py PORT [--requests N a pattern] [--seed N]"""
import argparse
import random
import socket
import subprocess
import sys
import tempfile
import time

# A word in capitals is a kind of argument, or itself. A tuple is one of its alternatives, each a text of words; a list is a part that
# may be left out.
EXPIRY = ("EX SECONDS", "PX MILLISECONDS", "EXAT TIMESTAMP", "PXAT TIMESTAMPMS")
PATTERNS = [
    "GET KEY", ["SET KEY VALUE", [("NX", "XX")], ["GET"], [EXPIRY + ("KEEPTTL",)]], "SETNX KEY VALUE", "SETEX KEY SECONDS VALUE",
    "PSETEX KEY MILLISECONDS VALUE", "GETSET KEY VALUE", "GETDEL KEY", ["GETEX KEY", [EXPIRY + ("PERSIST",)]], "MGET KEY KEY KEY",
    "MSET KEY VALUE KEY VALUE", "MSETNX KEY VALUE KEY VALUE", "STRLEN KEY", "APPEND KEY VALUE", "INCR KEY", "DECR KEY", "INCRBY KEY INTEGER",
    "DECRBY KEY INTEGER", "INCRBYFLOAT KEY FLOAT", "GETRANGE KEY INDEX INDEX", "SUBSTR KEY INDEX INDEX", "SETRANGE KEY OFFSET VALUE",
    "SETBIT KEY BITOFFSET BIT", "GETBIT KEY BITOFFSET", "BITCOUNT KEY", ["BITCOUNT KEY INDEX INDEX", [("BIT", "BYTE")]],
    ["BITPOS KEY BIT", ["INDEX", ["INDEX", [("BIT", "BYTE")]]]], ["BITOP", ("AND", "OR", "XOR"), "KEY KEY KEY", ["KEY"]], "BITOP NOT KEY KEY",
    ["LCS KEY KEY", ["LEN"], ["IDX"], ["MINMATCHLEN INTEGER"], ["WITHMATCHLEN"]], "RENAME KEY KEY", "RENAMENX KEY KEY",
    ["COPY KEY KEY", ["DB DATABASE"], ["REPLACE"]], "DEL KEY KEY", "UNLINK KEY", "EXISTS KEY KEY KEY", "TOUCH KEY KEY", "TYPE KEY",
    ["EXPIREAT KEY TIMESTAMP", [("NX", "XX", "GT", "LT")]], ["PEXPIREAT KEY TIMESTAMPMS", [("NX", "XX", "GT", "LT")]],
    ["EXPIRE KEY SECONDS", [("NX", "XX")]], ["PEXPIRE KEY MILLISECONDS", [("NX", "XX")]], "EXPIRETIME KEY",
    "PEXPIRETIME KEY", "PERSIST KEY", "OBJECT REFCOUNT NOKEY", "WAIT 0 INTEGER", "SELECT DATABASE", "ECHO VALUE", "PING", "PING VALUE",
    ["CLIENT PAUSE 0", [("WRITE", "ALL")]], "CLIENT UNPAUSE", ["CLIENT UNBLOCK INTEGER", [("TIMEOUT", "ERROR")]], "CLIENT LIST ID 0 -1",
    "CLIENT LIST TYPE MASTER", "CLIENT KILL ADDR VALUE", ["CLIENT KILL ID 0", ["SKIPME", ("yes", "no")]], "SLOWLOG RESET",
    "LATENCY LATEST", "LATENCY HISTORY VALUE", "LATENCY GRAPH VALUE", ["LATENCY RESET", ["VALUE"]],
    "PUBLISH KEY VALUE", "SPUBLISH KEY VALUE", "PUBSUB NUMSUB KEY KEY", "PUBSUB SHARDNUMSUB KEY", "PUBSUB NUMPAT", "PUBSUB CHANNELS KEY",
    "CLIENT GETREDIR", "CLIENT TRACKINGINFO", ["CLIENT CACHING", ("YES", "NO", "VALUE")],
]
# What stands between MULTI and EXEC, or before them; expiries that are asked for there could not be compared apart, and LCS
# of long values is refused there.
APART = ("EXPIRETIME", "REFCOUNT", "LCS")
IN_TRANSACTIONS = [pattern for pattern in PATTERNS if not any(word in str(pattern) for word in APART)] + ["WATCH KEY", "UNWATCH", "MULTI", "NOSUCH"]
BEFORE_TRANSACTIONS = ["WATCH KEY KEY", "WATCH KEY", "UNWATCH", "SELECT DATABASE"]
TRANSACTIONS_PER_BATCH = 5
OPTION_PART = 0.5
SPOILT_PART = 0.05
WORDS = [b"", b"0", b"-1", b"abc", b"12", b"3.5", b"BIT", b"EX", b"DB", b"99999999999999999999", b"\xff\x00", b" 7"]


def integer(choose):
    return choose.choice([choose.randint(-5, 20), choose.randint(-5, 20), choose.randint(-2**63, 2**63 - 1), 2**63 - 1, -2**63, 2**63])


def value(choose):
    kind = choose.random()
    if kind < 0.3:
        return str(choose.randint(-1000, 1000)).encode()
    if kind < 0.4:
        return str(round(choose.uniform(-100, 100), choose.randint(0, 6))).encode()
    if kind < 0.5:
        return b""
    if kind < 0.97:
        return bytes(choose.choice(b"abcd\x00\xff") for _ in range(choose.randint(1, 30)))
    return bytes([choose.choice(b"ab\x00\xff")]) * choose.choice([1_000, 16_385, 65_535, 65_536, 200_000])


KINDS = {
    "KEY": lambda choose: b"key:%d" % choose.randint(0, 9),
    "NOKEY": lambda choose: b"nokey",
    "VALUE": value,
    "INTEGER": integer,
    "INDEX": lambda choose: choose.choice([choose.randint(-40, 40), choose.randint(-3, 3), integer(choose)]),
    "OFFSET": lambda choose: choose.choice([choose.randint(-2, 40), choose.randint(0, 100_000), 2**29, 2**63 - 1]),
    "BITOFFSET": lambda choose: choose.choice([choose.randint(-2, 300), choose.randint(0, 1_000_000), 2**32, 2**63 - 1]),
    "BIT": lambda choose: choose.choice([0, 1, 0, 1, 0, 1, 2, -1]),
    "FLOAT": lambda choose: choose.choice([round(choose.uniform(-1e3, 1e3), choose.randint(0, 9)), "1e5", "inf", "nan", "3.0e-3"]),
    "DATABASE": lambda choose: choose.choice([0, 0, 0, 1, 1, 2, 16, -1]),
    "SECONDS": lambda choose: choose.choice([100_000, 200_000, 0, -5, 2**62]),
    "MILLISECONDS": lambda choose: choose.choice([100_000_000, 200_000_000, 0, -5, 2**63 - 1]),
    "TIMESTAMP": lambda choose: choose.choice([4_000_000_000, 5_000_000_000, 1, 0, -1, 2**62]),
    "TIMESTAMPMS": lambda choose: choose.choice([4_000_000_000_123, 5_000_000_000_456, 1, 0, -1, 2**63 - 1]),
}


def words_of(pattern, choose):
    if isinstance(pattern, str):
        for word in pattern.split():
            made = KINDS[word](choose) if word in KINDS else word
            yield made if isinstance(made, bytes) else str(made).encode()
    elif isinstance(pattern, tuple):
        yield from words_of(choose.choice(pattern), choose)
    else:
        for part in pattern:
            optional = isinstance(part, list)
            if not optional or choose.random() < OPTION_PART:
                yield from words_of(part, choose)


def request_of(pattern, choose):
    words = list(words_of(pattern, choose))
    if choose.random() < 0.3:
        words[0] = words[0].lower()
    if choose.random() < SPOILT_PART:
        at = choose.randrange(1, len(words) + 1)
        kind = choose.randrange(3)
        if kind == 0:
            words.insert(at, choose.choice(WORDS))
        elif at < len(words):
            words[at : at + 1] = [choose.choice(WORDS)] if kind == 1 else []
    # There are no replicas, and it may be for ever that they are waited for.
    if words[0].lower() == b"wait" and len(words) == 3:
        words[1] = b"0"
    return words


def transaction_of(choose):
    """The requests of a transaction, and what goes before it; some are spoilt."""
    requests = [request_of(choose.choice(BEFORE_TRANSACTIONS), choose) for _ in range(choose.randrange(3))]
    requests += [request_of(choose.choice(IN_TRANSACTIONS[:-4]), choose) for _ in range(choose.randrange(3))]
    requests.append([b"MULTI"])
    patterns = IN_TRANSACTIONS if choose.random() < 0.3 else IN_TRANSACTIONS[:-4]
    requests += [request_of(choose.choice(patterns), choose) for _ in range(choose.randrange(6))]
    requests.append([choose.choice([b"EXEC", b"EXEC", b"EXEC", b"EXEC", b"DISCARD"])])
    return requests


class Connection:
    def __init__(self, port):
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb", 1 << 20)

    def send(self, requests):
        self.socket.sendall(b"".join(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
                                     for words in requests))

    def reply(self):
        """One reply's bytes."""
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind in b"$=" and rest != b"-1":
            return line + self.stream.read(int(rest) + 2)
        if kind in b"*~>%" and rest != b"-1":
            return line + b"".join(self.reply() for _ in range(int(rest) * (2 if kind == b"%" else 1)))
        if not line:
            raise ConnectionError("the server closed the connection")
        return line


def same(words, our_reply, their_reply):
    if our_reply == their_reply:
        return True
    # Redis shares small integers; a spoilt request may ask for a key that has one.
    if [word.lower() for word in words[:2]] == [b"object", b"refcount"] and their_reply == b":2147483647\r\n":
        return our_reply == b":1\r\n"
    # Times that were given from now on: the two servers' nows are a moment apart.
    tolerance = {b"expiretime": 20, b"pexpiretime": 20_000}.get(words[0].lower())
    both = (our_reply, their_reply)
    return tolerance is not None and all(reply[:1] == b":" for reply in both) and abs(int(both[0][1:]) - int(both[1][1:])) < tolerance


def compare(ours, theirs, requests_per_pattern, seed, version):
    choose = random.Random(seed)
    compared = 0
    for connection in (ours, theirs):
        connection.send([[b"HELLO", b"%d" % version], [b"SELECT", b"0"], [b"FLUSHALL"]])
        for _ in range(3):
            connection.reply()
    order = [pattern for pattern in PATTERNS for _ in range(requests_per_pattern)]
    choose.shuffle(order)
    BATCH = 50
    for begin in range(0, len(order), BATCH):
        requests = [request_of(pattern, choose) for pattern in order[begin : begin + BATCH]]
        if choose.random() < 0.1:
            requests.append([b"FLUSHALL"])
        requests += [words for _ in range(choose.randrange(TRANSACTIONS_PER_BATCH)) for words in transaction_of(choose)]
        for connection in (ours, theirs):
            connection.send(requests)
        for words in requests:
            our_reply, their_reply = ours.reply(), theirs.reply()
            compared += 1
            if not same(words, our_reply, their_reply):
                shown = " ".join(repr(word)[1:] if len(word) < 200 else f"<{len(word)} bytes>" for word in words)
                sys.exit(f"seed {seed}, RESP{version}, request {compared}: {shown}\n  larder {our_reply[:300]!r}\n  redis  {their_reply[:300]!r}")
    return compared


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--requests", type=int, default=2_000, help="of each pattern and version")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder],
                                 stdout=subprocess.DEVNULL)
        try:
            ours, theirs = Connection(arguments.port), Connection(port)
            compared = sum(compare(ours, theirs, arguments.requests, arguments.seed + version, version) for version in (2, 3))
        finally:
            redis.terminate()
            redis.wait(30)
    print(f"{compared} replies of {len(PATTERNS)} patterns are the same, seed {arguments.seed}")


if __name__ == "__main__":
    main()
