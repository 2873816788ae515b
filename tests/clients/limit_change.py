"""maxmemory changed under load, with clients going on all the while. Raised, the server fills up to the new limit; lowered to half of
that, the process is back within the new limit (x 1.05 + 24 MiB) in five seconds, and no client sees an error.
Usage: limit_change.py PORT PID LIMIT_BYTES (what the server was started with; it is put back)"""
import random
import sys
import threading
import time

import redis

from process_memory import rss_bytes

port, pid, limit_at_start = (int(argument) for argument in sys.argv[1:4])
HIGH_BYTES, LOW_BYTES = 1 << 30, 1 << 29
SLACK_BYTES = 24 << 20
WITHIN_S = 5
SEED = 97
noise = random.Random(SEED).randbytes(1 << 14)
over = threading.Event()
failures = []


def write(number):
    """Sets and gets until the end, at keys of its own."""
    client, draw, count = redis.Redis(port=port), random.Random(SEED + number), 0
    try:
        while not over.is_set():
            pipe = client.pipeline(transaction=False)
            for _ in range(200):
                pipe.set(f"{number}:{count}", noise[: draw.randrange(64, 8192)])
                pipe.get(f"{number}:{draw.randrange(count + 1)}")
                count += 1
            pipe.execute()
    except redis.RedisError as error:
        failures.append(error)


client = redis.Redis(port=port)
client.flushall()
client.config_set("maxmemory", HIGH_BYTES)
writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
for writer in writers:
    writer.start()
begin = time.monotonic()
while (used := client.info("memory")["used_memory"]) < HIGH_BYTES * 0.95:
    assert not failures, failures
    assert time.monotonic() - begin < 60, f"only {used >> 20} MiB after a minute"
    time.sleep(0.05)
full = rss_bytes(pid)
assert full <= HIGH_BYTES * 1.05 + SLACK_BYTES, f"RSS is {full >> 20} MiB"

client.config_set("maxmemory", LOW_BYTES)
begin = time.monotonic()
while (rss := rss_bytes(pid)) > LOW_BYTES * 1.05 + SLACK_BYTES and time.monotonic() - begin < WITHIN_S:
    time.sleep(0.02)
took_s = time.monotonic() - begin
left = rss
# It stays there.
for _ in range(20):
    left = max(left, rss_bytes(pid))
    time.sleep(0.05)
over.set()
for writer in writers:
    writer.join()
assert not failures, failures
assert rss <= LOW_BYTES * 1.05 + SLACK_BYTES, f"RSS is {rss >> 20} MiB {took_s:.1f} s after the limit was lowered"
assert left <= LOW_BYTES * 1.05 + SLACK_BYTES, f"RSS went back to {left >> 20} MiB"
assert client.info("memory")["used_memory"] <= LOW_BYTES
client.config_set("maxmemory", limit_at_start)
client.flushall()
print(f"RSS {full >> 20} MiB under 1gb; within the limit of 512mb after {took_s:.2f} s")
