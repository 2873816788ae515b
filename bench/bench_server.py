"""What the benchmarks in Python share: servers on free ports of this host, started and stopped here; their memory; a plain RESP
client; larder-bench. Debian's python3 alone is enough."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
MIB = 1 << 20
# So that whoever ends a benchmark ends its servers too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DidNotStart(SystemExit):
    """A program does not listen; the text says why. Ends a benchmark that does not care."""


def connect(port, check=lambda: None):
    """Waits until somebody listens; asks `check` meanwhile, which raises if that is in vain."""
    for _ in range(200):
        check()
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        time.sleep(0.05)
    raise DidNotStart(f"nobody listens at port {port}")


class Client:
    """One connection, one command at a time."""

    def __init__(self, port):
        self.socket = connect(port)
        self.stream = self.socket.makefile("rb")

    def __call__(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self.reply()

    def reply(self):
        line = self.stream.readline().rstrip()
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest

    def info(self, section):
        text = self("INFO", section).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


class Server:
    """A program on a port of its own, on the named cores (as taskset takes them) or on any; a context that ends it."""

    def __init__(self, *command, cores=None):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        pinned = ["taskset", "-c", cores] if cores else []
        words = pinned + [str(word).replace("PORT", str(self.port)) for word in command]
        # larder takes every such variable for an option, $LARDER_TRACES too.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LARDER_")}
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log, env=environment)
        try:
            connect(self.port, self._check_runs).close()
        except BaseException:
            self.__exit__()
            raise

    def _check_runs(self):
        if self.process.poll() is None:
            return
        self.log.seek(0)
        said = self.log.read().decode(errors="replace").strip().splitlines()
        raise DidNotStart(f"ended with exit status {self.process.returncode}: {said[-1] if said else 'without a word'}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def rss_bytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def scheduled_s(self, field, name=None):
        """A time of the kernel's schedstat, summed over the threads there are, or those of that name; 0 where the kernel does not say."""
        sum_ns = 0
        for thread in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                if name in (None, (thread / "comm").read_text().strip()):
                    sum_ns += int((thread / "schedstat").read_text().split()[field])
        return sum_ns / 1e9

    def ran_s(self, name=None):
        """CPU time as cpu_s(), of all threads or those of that name, to the nanosecond and not in ticks."""
        return self.scheduled_s(0, name)

    def waited_s(self):
        """For how long its threads were ready to run and did not have a core."""
        return self.scheduled_s(1)

    def load(self, **options):
        """Runs larder-bench to its end and returns its report."""
        return load_report(self.start_load(**options))

    def start_load(self, **options):
        """Writes, many at a time, each of the keys once in order, unless the options (larder-bench's own) say otherwise."""
        defaults = {"connections": 2, "pipeline": 256, "distribution": "sequential", "ratio": "0:1"}
        if "write_bytes" not in options:
            defaults["requests"] = options["keys"]
        return subprocess.Popen(bench_words(self.port, **defaults | options), stdout=subprocess.PIPE, text=True)


def bench_words(port, **options):
    """The command line of larder-bench for a report in JSON; an option that is True is a flag."""
    words = [f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in options.items()]
    return [str(BUILD / "larder-bench"), f"--port={port}", "--json", "--progress=no", *words]


def load_report(process):
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"larder-bench ended with exit status {process.returncode}")
    return json.loads(output)


def larder(*options, threads=2, cores=None):
    return Server(BUILD / "larder", "--bind", "127.0.0.1", "--port", "PORT", "--threads", threads, *options, cores=cores)


def redis(*options):
    return Server("redis-server", "--bind", "127.0.0.1", "--port", "PORT", "--save", "", *options)


def memcached(*options):
    return Server("memcached", "-l", "127.0.0.1", "-p", "PORT", "-u", "nobody", "-t", "2", *options)
