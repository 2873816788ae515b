"""What bench/peers measures: a function a section, which returns {shape: {peer: [report a round]}} with larder-bench's
reports. Rounds are interleaved: each goes through all shapes and all servers, so that what disturbs the machine for a while
disturbs all of them; and each begins with another server, so that none always comes after the same one."""
import dataclasses
import resource
import statistics
import time

import peers_programs
from bench_server import MIB
from peers_programs import NULL, OURS, REDIS, Failed, Setup, say

KEYS = 1_000_000
VALUE_BYTES = 100
CONNECTIONS = 50
DEPTHS = {"unpipelined": 1, "16 deep": 16, "64 deep": 64}
SMALL = {"keys": KEYS, "value_bytes": VALUE_BYTES, "connections": CONNECTIONS}
ZIPF = SMALL | {"distribution": "zipf", "zipf_theta": 0.99, "ratio": "10:1"}

LARGE_KEYS = 16
LARGE_CONNECTIONS = 4
LARGE_BYTES = MIB
HUGE_BYTES = 32 * MIB

MGET_KEYS = 100

# More keys than fit.
EVICTING_KEYS = 2_000_000
EVICTING_MEMORY_BYTES = 128 * MIB
RATE_SHARE = 0.6  # of Redis's most

# Of a measurement's time.
WARM_UP_SHARE = 0.3

MIXED_BIG_BYTES = 10_000_000
MIXED_BIG = {"first_key": 1_000_000, "keys": 16, "value_bytes": MIXED_BIG_BYTES, "connections": 4, "ratio": "1:0",
             "distribution": "uniform"}
MIXED_SMALL = {"keys": 100_000, "value_bytes": VALUE_BYTES, "connections": 10, "ratio": "1:0", "rate": 4_000}
MIXED_LEAD_S = 0.5  # readers of big values begin before and end after
# Both loads share a core: the big one yields it, so that what is measured is the server's order and not that core's.
MIXED_NICENESS = 10

SCALING_ITEMS = (1_000_000, 3_000_000, 10_000_000, 30_000_000)
SCALING_ITEM_BYTES = 200  # at least, of memory
SCALING_CONNECTIONS = (50, 500, 2_000, 10_000)


@dataclasses.dataclass
class Run:
    """What the sections need, and what comes of it besides figures."""
    peers: list
    load: peers_programs.Load
    server_cores: str
    rounds: int
    left_out: dict = dataclasses.field(default_factory=dict)  # peer's name or row -> reason

    def leave_out(self, section):
        def note(peer, reason):
            self.left_out[f"{peer.name}, {section}"] = reason
            say(f"{peer.name} is left out of {section}: {reason}")
        return note

    def some(self, *names):
        return [peer for peer in self.peers if peer.name in names]

    def without(self, *names):
        return [peer for peer in self.peers if peer.name not in names]


def guarded(run, section, started, do, first=0):
    """Calls do(peer, server) for each, from the one numbered `first` on; those that fail are left out from then on."""
    first %= max(len(started), 1)
    for peer, server in started[first:] + started[:first]:
        try:
            do(peer, server)
        except (Failed, OSError) as error:
            started.remove((peer, server))
            run.leave_out(section)(peer, str(error))


def check_hits(report):
    """Everything was written before; who has lost some of it is measured at something else."""
    if report["misses"]:
        raise Failed(f"{report['misses']} of {report['gets']} GETs missed: it does not hold all keys")
    return report


def measure(run, section, started, shapes, measure_one=None):
    """`shapes`: {name: options of larder-bench}. measure_one(peer, server, options) -> report."""
    if measure_one is None:
        def measure_one(peer, server, options):
            return check_hits(run.load.run(server, peer, **options))
    results = {shape: {} for shape in shapes}
    # The first round is not counted: allocators, tables and the kernel's buffers take their sizes in it.
    for number in range(0, run.rounds + 1):
        for shape, options in shapes.items():
            def one(peer, server):
                say(f"{section}, {f'round {number} of {run.rounds}' if number else 'warm-up'}, {shape}: {peer.name}")
                if number == 0:
                    measure_one(peer, server, options | {"seconds": run.load.seconds * WARM_UP_SHARE})
                    return
                waited_s, begin_s = server.waited_s(), time.monotonic()
                report = measure_one(peer, server, options)
                waited = (server.waited_s() - waited_s) / (time.monotonic() - begin_s)
                results[shape].setdefault(peer.name, []).append(report | {"server_waited_share": waited})
            guarded(run, section, started, one, first=max(number - 1, 0))
    return results


def fill(run, section, started, **options):
    def one(peer, server):
        say(f"{section}: filling {peer.name}")
        run.load.fill(server, peer, **options)
    guarded(run, section, started, one)


def compare(run, section, peers, setup, filling, shapes):
    with peers_programs.running(peers, setup, run.server_cores, run.leave_out(section)) as started:
        fill(run, section, started, **filling)
        return measure(run, section, started, shapes)


def small(run):
    shapes = {name: ZIPF | {"pipeline": depth} for name, depth in DEPTHS.items()}
    return compare(run, "small", run.peers, Setup(VALUE_BYTES, KEYS), SMALL, shapes)


def of_one_size(run, section, value_bytes, name):
    filling = {"keys": LARGE_KEYS, "value_bytes": value_bytes, "connections": LARGE_CONNECTIONS}
    load = filling | {"distribution": "uniform"}
    shapes = {f"{name} GET": load | {"ratio": "1:0"}, f"{name} SET": load | {"ratio": "0:1"}}
    return compare(run, section, run.peers, Setup(value_bytes, LARGE_KEYS), filling, shapes)


def large(run):
    return of_one_size(run, "large", LARGE_BYTES, "1 MiB")


def huge(run):
    return of_one_size(run, "huge", HUGE_BYTES, "32 MiB")


def mget(run):
    load = SMALL | {"distribution": "zipf", "ratio": "1:0", "batch_keys": MGET_KEYS}
    return compare(run, "mget", run.peers, Setup(VALUE_BYTES, KEYS), SMALL, {f"MGET of {MGET_KEYS}": load})


def latency(run):
    """At a rate that Redis could bear: of its most, measured first under the same evictions."""
    setup = Setup(VALUE_BYTES, EVICTING_KEYS, EVICTING_MEMORY_BYTES, evicting=True)
    keys = {"keys": EVICTING_KEYS}
    closed = {name: ZIPF | keys | {"pipeline": depth} for name, depth in DEPTHS.items() if depth <= 16}

    def missing_some(peer, server, options):
        return run.load.run(server, peer, **options)

    def measured(peers, shapes):
        with peers_programs.running(peers, setup, run.server_cores, run.leave_out("latency")) as started:
            fill(run, "latency", started, **SMALL | keys)
            return measure(run, "latency", started, shapes, missing_some)

    # A Redis of its own: the one that is compared shall have had as much time to learn its keys as the others.
    most = measured(run.some(REDIS), closed)
    if not all(REDIS in peers for peers in most.values()):
        run.left_out["latency"] = "its rate is a part of Redis's, which was not measured"
        say(f"latency is left out: {run.left_out['latency']}")
        return {}
    shapes = {}
    for name, options in closed.items():
        rate = int(RATE_SHARE * statistics.median(report["operations_per_s"] for report in most[name][REDIS]))
        shapes[f"{name}, {rate:,} a second"] = options | {"rate": rate}
    return measured(run.peers, shapes)


def mixed(run):
    """The report is the small GETs', with the big ones' as report["big"]."""
    peers = run.without(NULL)
    setup = Setup(MIXED_BIG_BYTES, KEYS)
    big_seconds = run.load.seconds + 2 * MIXED_LEAD_S

    def both(peer, server, options):
        big = run.load.start(server, peer, niceness=MIXED_NICENESS, seconds=big_seconds, **MIXED_BIG)
        time.sleep(MIXED_LEAD_S)
        try:
            report = check_hits(run.load.run(server, peer, **options))
        except Failed:
            big.kill()
            big.communicate()
            raise
        return report | {"big": check_hits(peers_programs.report_of(big))}

    with peers_programs.running(peers, setup, run.server_cores, run.leave_out("mixed")) as started:
        fill(run, "mixed", started, **{name: MIXED_SMALL[name] for name in ("keys", "value_bytes", "connections")})
        fill(run, "mixed", started, **{name: MIXED_BIG[name] for name in ("first_key", "keys", "value_bytes")})
        return measure(run, "mixed", started, {"GETs beside 4 readers of 10 MB": MIXED_SMALL}, both)


def memory_available_bytes():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def scaling_items(run):
    results = {}
    for items in SCALING_ITEMS:
        shape = f"{items / 1e6:g} M items"
        memory_bytes = items * SCALING_ITEM_BYTES
        if memory_bytes > memory_available_bytes():
            run.left_out[shape] = f"{memory_bytes // MIB} MiB are not available"
            say(f"{shape} are left out: {run.left_out[shape]}")
            continue
        setup = Setup(VALUE_BYTES, items, max(memory_bytes, 1024 * MIB))
        figures = {}
        for peer in run.some(*OURS):
            filling, load = SMALL | {"keys": items}, ZIPF | {"keys": items, "pipeline": 64}
            figures |= compare(run, "scaling", [peer], setup, filling, {shape: load})[shape]
        results[shape] = figures
    return results


def scaling_connections(run):
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    shapes = {}
    for connections in SCALING_CONNECTIONS:
        shape = f"{connections:,} connections"
        if connections + 100 > limit:
            run.left_out[shape] = f"only {limit} files may be open (ulimit -n)"
            say(f"{shape} are left out: {run.left_out[shape]}")
            continue
        shapes[shape] = ZIPF | {"connections": connections, "pipeline": 1}
    return compare(run, "scaling", run.some(*OURS, NULL), Setup(VALUE_BYTES, KEYS), SMALL, shapes)


def scaling(run):
    return scaling_items(run) | scaling_connections(run)


SECTIONS = {"small": small, "large": large, "huge": huge, "mget": mget, "latency": latency, "mixed": mixed,
            "scaling": scaling}
