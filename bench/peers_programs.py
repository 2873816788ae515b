"""The servers that bench/peers compares, how each is started for what is measured, and larder-bench, which loads them."""
import contextlib
import dataclasses
import json
import os
import shlex
import shutil
import subprocess
import sys
from typing import Callable

import bench_server
from bench_server import MIB

BENCH = bench_server.BUILD / "larder-bench"
LARDER = bench_server.BUILD / "larder"
OURS = ("larder-s3fifo", "larder-lru")
REDIS, MEMCACHED, NULL = "redis", "memcached", "null"
CLIENTS_MAX = 20_000
# memcached keeps what it does not need for items; only where evictions are wanted it gets what the others get.
MEMCACHED_MIB = 4096
# Beyond so much, memcached has to be told; it takes at most half of its memory for one.
MEMCACHED_ITEM_BYTES = MIB // 2


class Failed(Exception):
    """A measurement came to nothing; the text says why."""


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a server is started for."""
    value_bytes: int
    keys: int
    memory_bytes: int = 2048 * MIB
    evicting: bool = False


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    program: str
    words: Callable[[Setup], list]
    protocol: str = "resp"

    def start(self, setup, cores):
        return bench_server.Server(self.program, *self.words(setup), cores=cores)


def larder_words(policy):
    return lambda setup: ["--bind", "127.0.0.1", "--port", "PORT", "--threads", "1", "--maxclients", CLIENTS_MAX,
                          "--maxmemory", setup.memory_bytes, "--maxmemory-policy", policy]


def redis_words(setup):
    return ["--bind", "127.0.0.1", "--port", "PORT", "--save", "", "--appendonly", "no", "--maxclients", CLIENTS_MAX,
            "--maxmemory", setup.memory_bytes, "--maxmemory-policy", "allkeys-lru"]


def memcached_words(setup):
    mib = setup.memory_bytes // MIB if setup.evicting else MEMCACHED_MIB
    large = ["-I", "512m"] if setup.value_bytes > MEMCACHED_ITEM_BYTES else []
    return ["-l", "127.0.0.1", "-p", "PORT", "-u", "nobody", "-t", "1", "-m", mib, "-c", CLIENTS_MAX, *large]


def null_words(setup):
    # Large values pass through as much memory as the keys of the others take.
    store_bytes = max(setup.keys * setup.value_bytes, MIB) if setup.value_bytes >= MIB else 1024 * MIB
    return ["--null-server", "--port", "PORT", "--value-bytes", setup.value_bytes, "--store-bytes", store_bytes]


PEERS = [
    Peer("larder-s3fifo", str(LARDER), larder_words("allkeys-s3fifo")),
    Peer("larder-lru", str(LARDER), larder_words("allkeys-lru")),
    Peer(REDIS, "redis-server", redis_words),
    Peer(MEMCACHED, "memcached", memcached_words, "memcached"),
    Peer(NULL, str(BENCH), null_words),
]
HOW_TO_GET = {str(LARDER): "scripts/build release larder", str(BENCH): "scripts/build release larder-bench",
              "redis-server": "apt-get install redis-server", "memcached": "apt-get install memcached"}


def named_peer(text):
    """NAME=COMMAND or NAME=memcached:COMMAND. Raises ValueError, which says what is wrong."""
    name, equals, command = text.partition("=")
    if not equals or not name or not command:
        raise ValueError(f"'{text}' is not NAME=COMMAND")
    if name in [peer.name for peer in PEERS]:
        raise ValueError(f"'{name}' is the name of a server that is compared anyway")
    protocol = "resp"
    for prefix in ("resp", "memcached"):
        if command.startswith(prefix + ":"):
            protocol, command = prefix, command[len(prefix) + 1:]
    words = shlex.split(command)
    if not any("PORT" in word for word in words):
        raise ValueError(f"the command of '{name}' does not say PORT, which is replaced by the port to listen on")
    return Peer(name, words[0], lambda setup: words[1:], protocol)


def missing(peer):
    """Why the peer cannot be started; empty if it can."""
    if shutil.which(peer.program):
        return ""
    how = HOW_TO_GET.get(peer.program)
    return f"{peer.program} is not there" + (f" ({how})" if how else "")


class Load:
    """larder-bench on its cores, for so many seconds a measurement."""

    def __init__(self, cores, seconds):
        self.cores, self.seconds = cores, seconds

    def start(self, server, peer, niceness=0, **options):
        words = ["taskset", "-c", self.cores, "nice", "-n", str(niceness)]
        words += bench_server.bench_words(server.port, protocol=peer.protocol, server_pid=server.process.pid, **options)
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, server, peer, **options):
        return report_of(self.start(server, peer, **{"seconds": self.seconds} | options))

    def fill(self, server, peer, **options):
        """Writes every key once. The null server too: that touches the memory that its large values pass through."""
        report_of(self.start(server, peer, fill=True, requests=0, **options))


def report_of(process):
    output, errors = process.communicate()
    if process.returncode != 0:
        said = errors.strip().splitlines()
        raise Failed(f"larder-bench ended with exit status {process.returncode}: {said[-1] if said else 'without a word'}")
    report = json.loads(output)
    if report["errors"]:
        raise Failed(f"{report['errors']} of {report['operations']} replies were errors")
    return report


@contextlib.contextmanager
def running(peers, setup, cores, leave_out):
    """All of them, started: a list of (peer, server). One that does not start goes to leave_out(peer, reason)."""
    with contextlib.ExitStack() as stack:
        started = []
        for peer in peers:
            try:
                started.append((peer, stack.enter_context(peer.start(setup, cores))))
            except (OSError, bench_server.DidNotStart) as error:
                leave_out(peer, str(error))
        yield started


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def machine():
    """One line: cores, processor, kernel."""
    with open("/proc/cpuinfo") as lines:
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    system = os.uname()
    return f"{os.cpu_count()} cores, {models[0] if models else system.machine}, {system.sysname} {system.release}"
