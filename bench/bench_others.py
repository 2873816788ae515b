"""The bystanders of a benchmark: a process of its own whose eight connections look items up one at a time, to see how long that takes
while something dear goes on."""
import multiprocessing
import selectors
import time

import bench_server


class Latencies:
    """In milliseconds."""

    def __init__(self, values):
        self.values = sorted(values)

    def at(self, share):
        return self.values[min(len(self.values) - 1, int(len(self.values) * share))]

    def __str__(self):
        return (f"{len(self.values)} requests, p50 {self.at(.5):.2f} ms, p99 {self.at(.99):.2f} ms, p99.9 {self.at(.999):.2f} ms, "
                f"max {self.values[-1]:.2f} ms")


def probe(port, keys, over, results):
    """Asks for lengths, which are short replies, of items at random, one at a time on each of eight connections, until it is told to
    stop. Latencies in ms, and how many items there were."""
    waiting = selectors.DefaultSelector()
    latencies, number, hits = [], 0, 0

    def ask(connection):
        nonlocal number
        number = (number * 1103515245 + 12345) % (1 << 31)
        waiting.modify(connection, selectors.EVENT_READ, time.perf_counter())
        connection.sendall(b"STRLEN key:%012d\r\n" % (number % keys))

    for _ in range(8):
        connection = bench_server.connect(port)
        waiting.register(connection, selectors.EVENT_READ)
        ask(connection)
    while not over.is_set():
        for key, _ in waiting.select(0.1):
            reply = key.fileobj.recv(4096)
            if not reply or reply[:1] == b"-":
                raise SystemExit(f"the server answered {reply!r}")
            hits += reply != b":0\r\n"
            latencies.append((time.perf_counter() - key.data) * 1000)
            ask(key.fileobj)
    results.put((latencies, hits))


class Others:
    def __init__(self, port, keys=100_000):
        self.over, self.results = multiprocessing.Event(), multiprocessing.Queue()
        self.process = multiprocessing.Process(target=probe, args=(port, keys, self.over, self.results), daemon=True)
        self.process.start()
        time.sleep(0.3)

    def stop(self):
        """Their latencies, and how many of their requests hit."""
        self.over.set()
        latencies, hits = self.results.get(timeout=30)
        self.process.join()
        return Latencies(latencies), hits
