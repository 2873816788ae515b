"""What the programs that replay traces share: the reference traces, a client that reads and stores, and larder-sim."""
import bisect
import contextlib
import csv
import gzip
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import bench_server

TRACES = pathlib.Path(os.environ.get("LARDER_TRACES", bench_server.ROOT.parent / "shared" / "traces"))
SEED = 42
OBJECTS = 100_000
BATCH = 20
ALL_KEYS = ["allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-s3fifo", "allkeys-tinylfu"]


def read_trace(path):
    """The ids of a file with the columns time,id,size."""
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return [row[1] for row in csv.reader(file)]


def read_sizes(path):
    """Bytes by id, each of its first access, as larder-sim takes them."""
    sizes = {}
    with gzip.open(path, "rt") as file:
        for row in csv.reader(file):
            sizes.setdefault(row[1], int(row[2]))
    return sizes


def popular(count, numbers):
    """Objects by Zipf's law."""
    weights = itertools.accumulate(1 / (rank + 1) ** 0.99 for rank in range(OBJECTS))
    return numbers.choices(range(OBJECTS), cum_weights=list(weights), k=count)


def with_scans(keys):
    """After every tenth of OBJECTS requests as many objects in order that nobody asks for again."""
    result = []
    for number, key in enumerate(keys):
        result.append(str(key))
        if number % (OBJECTS // 10) == 0:
            result += [f"scan:{number}:{place}" for place in range(OBJECTS // 10)]
    return result


def zipf099():
    """As the reference traces define it: five million requests for a million objects."""
    mask = (1 << 64) - 1
    sums = list(itertools.accumulate((rank + 1) ** -0.99 for rank in range(1_000_000)))
    state, ids = SEED, []
    for _ in range(5_000_000):
        state = (state + 0x9E3779B97F4A7C15) & mask
        draw = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
        draw = ((draw ^ draw >> 27) * 0x94D049BB133111EB) & mask
        draw ^= draw >> 31
        ids.append(str(bisect.bisect_right(sums, (draw >> 11) * 2.0**-53 * sums[-1]) + 1))
    return ids


def without_repetition(keys):
    """The first of them, up to one that was there before."""
    seen = set()
    return list(itertools.takewhile(lambda key: key not in seen and not seen.add(key), keys))


class Items:
    """A cache of so many percent of the objects, whose values are one byte."""
    unit = "items"

    def __init__(self, keys):
        self.keys = keys
        self.objects = len(set(keys))

    def limit(self, percent):
        return max(1, int(self.objects * percent / 100))

    def server_options(self, limit):
        return ["--maxitems", limit, "--maxmemory", "1gb"]

    def value(self, _key):
        return b"v"

    @contextlib.contextmanager
    def source(self):
        """larder-sim's arguments for this trace."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(self.keys) + "\n")
            file.flush()
            yield [file.name, "--format", "ids"]


class Bytes(Items):
    """A cache with as much memory as so many percent of the objects would take in it, with values of `sizes[key]` bytes."""
    unit = "bytes"
    SERVER_BYTES = 256 * 1024
    BESIDE_BYTES = 56  # key and value aside, an item under the policies with lists

    def __init__(self, keys, sizes):
        super().__init__(keys)
        self.sizes = sizes
        self.bytes = sum(len(key) + sizes[key] + self.BESIDE_BYTES for key in set(keys))
        self.data = b"v" * max(sizes.values())

    def limit(self, percent):
        return self.SERVER_BYTES + int(self.bytes * percent / 100)

    def server_options(self, limit):
        return ["--maxmemory", limit]

    def value(self, key):
        return self.data[:self.sizes[key]]

    @contextlib.contextmanager
    def source(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.writelines(f"{key},{self.sizes[key]}\n" for key in self.keys)
            file.flush()
            yield [file.name, "--columns", "id,size", "--real"]


def cache_of(keys, options, sizes=None):
    """By the command line's --by and --value-bytes; `sizes` are the trace's own."""
    if options.by == "items":
        return Items(keys)
    if sizes is None or options.value_bytes:
        sizes = dict.fromkeys(keys, options.value_bytes or 32)
    return Bytes(keys, sizes)


def add_cache_options(parser):
    parser.add_argument("--by", choices=["items", "bytes"], default="items", help="what is limited; with bytes larder-sim stores values too")
    parser.add_argument("--value-bytes", type=int, default=0, help="with --by bytes; 0: the trace's own sizes, where it has none 32")


def replay(port, keys, rate, window=None, value=lambda _key: b"v"):
    """Reads and stores, some keys at a time but none twice among them. Returns the misses, of each `window` requests
    if that is given, and the requests a second."""
    window = window or len(keys)
    misses = [0] * ((len(keys) + window - 1) // window)
    with bench_server.connect(port) as connection:
        stream = connection.makefile("rb")
        begin, done = time.monotonic(), 0
        while done < len(keys):
            batch = without_repetition(keys[done:done + BATCH])
            connection.sendall(b"".join(b"GET %s\r\n" % key.encode() for key in batch))
            missing = []
            for key in batch:
                length = int(stream.readline()[1:])
                if length < 0:
                    missing.append(key)
                else:
                    stream.read(length + 2)
            if missing:
                connection.sendall(b"".join(set_request(key.encode(), value(key)) for key in missing))
                for _ in missing:
                    if stream.readline() != b"+OK\r\n":
                        sys.exit("the server refuses to store")
            misses[done // window] += len(missing)
            done += len(batch)
            ahead = done / rate - (time.monotonic() - begin)
            if ahead > 0:
                time.sleep(ahead)
        return misses, len(keys) / (time.monotonic() - begin)


def set_request(key, value):
    return b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key, len(value), value)


def simulated(arguments, policies, unit, sizes):
    """Percent of hits by policy and size, of larder-sim with these arguments for the trace."""
    command = [bench_server.BUILD / "larder-sim", *arguments, "--policy", ",".join(policies), f"--{unit}", ",".join(map(str, sizes)), "--output", "json"]
    runs = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)["runs"]
    return {(run["policy"], run["capacity"]): 100 * run["hit_ratio"] for run in runs}
