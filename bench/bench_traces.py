"""What the programs that replay traces share: the reference traces, a client that reads and stores, and larder-sim."""
import bisect
import csv
import gzip
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
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


def replay(port, keys, rate, window=None):
    """Reads and stores, some keys at a time but none twice among them. Returns the misses, of each `window` requests
    if that is given, and the requests a second."""
    window = window or len(keys)
    misses = [0] * ((len(keys) + window - 1) // window)
    with bench_server.connect(port) as connection:
        stream = connection.makefile("rb")
        begin, done = time.monotonic(), 0
        while done < len(keys):
            batch = [key.encode() for key in without_repetition(keys[done:done + BATCH])]
            connection.sendall(b"".join(b"GET %s\r\n" % key for key in batch))
            missing = []
            for key in batch:
                if stream.readline() == b"$-1\r\n":
                    missing.append(key)
                else:
                    stream.readline()
            if missing:
                connection.sendall(b"".join(b"SET %s v\r\n" % key for key in missing))
                for _ in missing:
                    if stream.readline() != b"+OK\r\n":
                        sys.exit("the server refuses to store")
            misses[done // window] += len(missing)
            done += len(batch)
            ahead = done / rate - (time.monotonic() - begin)
            if ahead > 0:
                time.sleep(ahead)
        return misses, len(keys) / (time.monotonic() - begin)


def simulated(arguments, policies, unit, sizes):
    """Percent of hits by policy and size, of larder-sim with these arguments for the trace."""
    command = [bench_server.BUILD / "larder-sim", *arguments, "--policy", ",".join(policies), f"--{unit}", ",".join(map(str, sizes)), "--output", "json"]
    runs = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)["runs"]
    return {(run["policy"], run["capacity"]): 100 * run["hit_ratio"] for run in runs}
