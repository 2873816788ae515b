"""100,000 keys with EX 1 are gone from DBSIZE and from memory within 5 s although nobody reads them; while they go, a read
never returns one after its time. Usage, on a fresh server: mass_expiry.py PORT"""
import sys
import time

import redis

KEYS = 100_000
port = int(sys.argv[1])
client = redis.Redis(port=port)
used_before = client.info("memory")["used_memory"]

pipe = client.pipeline(transaction=False)
for i in range(KEYS):
    pipe.set(f"short:{i}", "x" * 100, ex=1)
pipe.execute()
written = time.monotonic()
expired_at = int(time.time() * 1000) + 1_000  # all are due by then
used_full = client.info("memory")["used_memory"]
assert used_full > used_before + KEYS * 100

while client.dbsize() > 0:
    assert time.monotonic() - written < 5, f"{client.dbsize()} keys are left after 5 s"
    due = int(time.time() * 1000) > expired_at
    value = client.get(f"short:{int(time.monotonic() * 1e6) % KEYS}")
    assert value is None or not due, "an expired key was returned"
gone_s = time.monotonic() - written
used_after = client.info("memory")["used_memory"]
assert used_after <= used_before + (used_full - used_before) * 0.2, (used_before, used_full, used_after)
print(f"{KEYS} keys gone {gone_s:.2f} s after the last write; used memory {used_full >> 10} KiB -> {used_after >> 10} KiB")
