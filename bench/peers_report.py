"""The tables of bench/peers: medians over rounds, ratios, and how far the goals are met."""
import dataclasses
import statistics
from typing import Callable

from peers_programs import MEMCACHED, NULL, OURS, PEERS, REDIS
from peers_sections import MGET_KEYS

# --- Figures: what is read from one report ---


def user_us(report):
    return report["server_cpu"]["user_us_per_op"]


def system_us(report):
    return report["server_cpu"]["system_us_per_op"]


def cpu_us(report):
    return user_us(report) + system_us(report)


def key_us(report):
    return cpu_us(report) / MGET_KEYS


def rate(report):
    return report["operations_per_s"]


def value_bytes_per_s(report):
    """One way or the other: what goes the opposite way is small."""
    return max(report["bytes_in"], report["bytes_out"]) / report["seconds"]


def big_bytes_per_s(report):
    return value_bytes_per_s(report["big"])


def latency_us(name):
    return lambda report: report["latency_us"][name]


def hit_ratio(report):
    return report["hits"] / max(report["hits"] + report["misses"], 1)


def late_us(report):
    return report["late_max_us"]


def waited_share(report):
    return report["server_waited_share"]


def median(reports, figure):
    return statistics.median(figure(report) for report in reports)


def ratio(shape, peer, to, figure):
    return median(shape[peer], figure) / max(median(shape[to], figure), 1e-9)


def spread(reports):
    """(most - least) / median of the CPU time, over the rounds."""
    values = [cpu_us(report) for report in reports]
    return (max(values) - min(values)) / max(statistics.median(values), 1e-9)


# --- Tables ---


@dataclasses.dataclass(frozen=True)
class Column:
    title: str
    text: Callable  # of (the shape's {peer: reports}, peer)
    to: str = ""  # the server without which there is no such column


def figure_column(title, figure, form):
    return Column(title, lambda shape, peer: form(median(shape[peer], figure)))


def ratio_column(what, to, figure):
    return Column(f"{what} by {to}'s", lambda shape, peer: f"{ratio(shape, peer, to, figure):.2f}", to)


def us(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def mb(value):
    return f"{value / 1e6:,.0f}"


def whole(value):
    return f"{value:,.0f}"


CPU = [figure_column("user us", user_us, us), figure_column("system us", system_us, us),
       figure_column("CPU us an operation", cpu_us, us), ratio_column("CPU", REDIS, cpu_us), ratio_column("CPU", NULL, cpu_us),
       Column("spread", lambda shape, peer: f"{spread(shape[peer]) * 100:.0f} %")]
RATE = [figure_column("operations/s", rate, whole)]
WAITED = [figure_column("waited", waited_share, lambda value: f"{value * 100:.1f} %")]
BYTES = [figure_column("MB/s", value_bytes_per_s, mb), ratio_column("MB/s", NULL, value_bytes_per_s)]
TAIL = [figure_column(f"{text} us", latency_us(name), whole) for text, name in
        [("p50", "p50"), ("p99", "p99"), ("p99.9", "p99_9"), ("max", "max")]]
WAITED_SHARE_MAX = 0.05
LATE = [figure_column("load late at most, us", late_us, whole)]
COLUMNS = {
    "small": CPU + RATE + WAITED,
    "large": CPU + BYTES + WAITED,
    "huge": CPU + BYTES + WAITED,
    "mget": [figure_column("CPU us a key", key_us, lambda value: f"{value:.3f}")] + CPU + RATE + WAITED,
    "latency": TAIL + [figure_column("hit ratio", hit_ratio, lambda value: f"{value:.3f}"), figure_column("operations/s", rate, whole)]
    + LATE + WAITED,
    "mixed": TAIL + [figure_column("big values, MB/s", big_bytes_per_s, mb)] + LATE + WAITED,
    "scaling": CPU + RATE + WAITED,
}


def row(cells):
    return "| " + " | ".join(cells) + " |"


def tables(section, results):
    """Markdown: one table a shape, a row a server."""
    lines = []
    for shape, peers in results.items():
        if not peers:
            continue
        columns = [column for column in COLUMNS[section] if not column.to or column.to in peers]
        lines += ["", f"### {section}: {shape}", "", row(["server"] + [column.title for column in columns])]
        lines.append("|---|" + "---:|" * len(columns))
        lines += [row([peer] + [column.text(peers, peer) for column in columns]) for peer in peers]
    return "\n".join(lines)


def doubts(results):
    """A sentence if other programs had too much of the servers' cores; otherwise empty. Named servers may have threads that wait
    for each other's core."""
    own = [peer.name for peer in PEERS]
    shares = [median(reports, waited_share) for shapes in results.values() for peers in shapes.values()
              for name, reports in peers.items() if name in own]
    if max(shares, default=0) < WAITED_SHARE_MAX:
        return ""
    return (f"\nOther programs had servers' cores for up to {max(shares) * 100:.0f} % of the time (column *waited*): "
            "measure again when nothing else runs.")


# --- Goals ---


@dataclasses.dataclass(frozen=True)
class Goal:
    """figure(section's shape, ours), by the other server's if there is one, is at most (or at least) the limit."""
    section: str
    shape: str  # what the shape's name begins with
    what: str
    figure: Callable
    limit: float
    to: str = ""
    at_least: bool = False
    ours: tuple = OURS

    def check(self, results, ours):
        """A row of the table: goal, server, figure, met."""
        row = {"goal": self.text(), "server": ours, "figure": None, "met": None}
        shape = next((peers for name, peers in results.get(self.section, {}).items() if name.startswith(self.shape)), {})
        if ours not in shape or (self.to and self.to not in shape):
            return row
        figure = ratio(shape, ours, self.to, self.figure) if self.to else median(shape[ours], self.figure)
        return row | {"figure": figure, "met": figure >= self.limit if self.at_least else figure <= self.limit}

    def text(self):
        bound = "at least" if self.at_least else "at most"
        limit = f"{self.limit:g} us" if not self.to else f"{self.to}'s" if self.limit == 1 else f"{self.limit:.3g} of {self.to}'s"
        return f"{self.shape}: {self.what} {bound} {limit}"


S3FIFO, LRU = OURS
GOALS = [
    Goal("small", "64 deep", "CPU", cpu_us, 0.25, REDIS, ours=(S3FIFO,)),
    Goal("small", "64 deep", "CPU", cpu_us, 0.30, REDIS, ours=(LRU,)),
    Goal("small", "16 deep", "CPU", cpu_us, 0.50, REDIS),
    Goal("small", "unpipelined", "CPU", cpu_us, 0.95, REDIS),
    Goal("small", "unpipelined", "CPU", cpu_us, 1.20, NULL),
    Goal("latency", "unpipelined", "p99 at a fixed rate", latency_us("p99"), 1, REDIS),
    Goal("latency", "unpipelined", "p99.9 at a fixed rate", latency_us("p99_9"), 1, REDIS),
    Goal("latency", "16 deep", "p99 at a fixed rate", latency_us("p99"), 1, REDIS),
    Goal("latency", "16 deep", "p99.9 at a fixed rate", latency_us("p99_9"), 1, REDIS),
    Goal("large", "1 MiB GET", "user time", user_us, 8),
    Goal("large", "1 MiB SET", "user time", user_us, 8),
    Goal("large", "1 MiB GET", "CPU", cpu_us, 1, MEMCACHED),
    Goal("large", "1 MiB SET", "CPU", cpu_us, 0.95, REDIS),
    Goal("huge", "32 MiB GET", "bytes a second", value_bytes_per_s, 0.9, NULL, at_least=True),
    Goal("huge", "32 MiB SET", "bytes a second", value_bytes_per_s, 0.9, NULL, at_least=True),
    Goal("mixed", "GETs beside 4 readers of 10 MB", "p99", latency_us("p99"), 0.1, MEMCACHED),
    Goal("mixed", "GETs beside 4 readers of 10 MB", "bytes a second of these", big_bytes_per_s, 0.9, MEMCACHED, at_least=True),
    Goal("mget", "MGET of 100", "CPU a key", key_us, 1 / 3, REDIS),
]


def goals(results):
    """A row a goal and policy, of the sections that were asked for."""
    return [goal.check(results, ours) for goal in GOALS if goal.section in results for ours in goal.ours]


def goals_table(rows):
    lines = ["", "### Goals", "", "| goal | server | figure | met |", "|---|---|---:|---|"]
    for each in rows:
        figure = "not measured" if each["figure"] is None else f"{each['figure']:.2f}"
        met = "-" if each["met"] is None else "yes" if each["met"] else "**no**"
        lines.append(row([each["goal"], each["server"], figure, met]))
    return "\n".join(lines)
