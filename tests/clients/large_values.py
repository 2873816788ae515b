"""Values of 32 MiB under a limit of 1 GiB: 24 of them live at a time, a circle of them is evicted in LRU order, their blocks waste less
than 1 % (from 1 MiB on), and what is deleted returns to the system.
Usage: large_values.py PORT PID LIMIT_BYTES (what the server was started with; it is put back)"""
import sys
import time

import redis

from process_memory import rss_bytes

port, pid, limit_at_start = (int(argument) for argument in sys.argv[1:4])
MIB = 1 << 20
LIMIT_BYTES, VALUE_BYTES, LIVE_MIN, WRITES, CIRCLE = 1 << 30, 32 * MIB, 24, 100, 50
RETURNED_WITHIN_S = 5
RETURNED_SLACK_BYTES = 16 * MIB


def value(number):
    stamp = b"%08d" % number
    return stamp + bytes(VALUE_BYTES - 16) + stamp


def await_rss(bytes_max):
    """Seconds until the process is as small as that."""
    begin = time.monotonic()
    while (rss := rss_bytes(pid)) > bytes_max:
        assert time.monotonic() - begin < RETURNED_WITHIN_S, f"RSS is still {rss / MIB:.0f} MiB, not {bytes_max / MIB:.0f}"
        time.sleep(0.02)
    return time.monotonic() - begin


client = redis.Redis(port=port)
client.flushall()
client.config_set("maxmemory", LIMIT_BYTES)
client.config_set("maxmemory-policy", "allkeys-lru")
time.sleep(1)
empty = rss_bytes(pid)

for number in range(LIVE_MIN):
    client.set(f"large:{number}", value(number))
for number in range(LIVE_MIN):
    assert client.get(f"large:{number}") == value(number), f"large:{number} is gone or wrong"
client.delete(*(f"large:{number}" for number in range(LIVE_MIN)))
returned_s = await_rss(empty + RETURNED_SLACK_BYTES)

lives = []
for write in range(WRITES):
    client.set(f"circle:{write % CIRCLE}", value(write))
    live = client.dbsize()
    lives.append(live)
    # The last ones written, and no others.
    names = [f"circle:{number % CIRCLE}" for number in range(max(0, write + 1 - CIRCLE), write + 1)]
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.exists(name)
    there = pipe.execute()
    assert there == [0] * (len(names) - live) + [1] * live, (write, live, there)
assert min(lives[CIRCLE:]) >= LIVE_MIN, lives
rss = rss_bytes(pid)
assert rss <= LIMIT_BYTES * 1.05 + 24 * MIB, f"RSS is {rss / MIB:.0f} MiB"
client.flushall()
await_rss(empty + RETURNED_SLACK_BYTES)

# 1 MiB and a byte: the worst of all sizes from 1 MiB on.
for number in range(100):
    client.set(f"waste:{number}", bytes(MIB + 1))
blobs = client.info("cache")["used_blobs_bytes"]
assert blobs <= 100 * (MIB + 1) * 1.01, f"{blobs} bytes for {100 * (MIB + 1)}"
grown = rss_bytes(pid) - empty
assert grown <= 100 * (MIB + 1) * 1.01 + RETURNED_SLACK_BYTES, f"RSS grew by {grown / MIB:.1f} MiB"
client.flushall()
flushed_s = await_rss(empty + RETURNED_SLACK_BYTES)
client.config_set("maxmemory", limit_at_start)
print(f"{min(lives[CIRCLE:])} values of 32 MiB live; returned {returned_s:.2f} s after DEL, {flushed_s:.2f} s after FLUSHALL")
