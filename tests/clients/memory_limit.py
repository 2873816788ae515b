"""1 GB of values of mixed sizes (1 B to 64 KiB) into a server whose maxmemory is much smaller: used_memory stays below the limit
at every look, the process stays within the limit + 30 %, and the keys that are left are the ones used last.
Usage: memory_limit.py PORT PID LIMIT_BYTES"""
import random
import sys

import redis

from process_memory import rss_bytes

port, pid, limit = (int(argument) for argument in sys.argv[1:4])
seed = 20231
random.seed(seed)
TOTAL_BYTES = 1 << 30
LOOK_EVERY = 500
noise = random.randbytes(1 << 16)

client = redis.Redis(port=port)
client.flushall()
# The one whose survivors are known.
policy_at_start = client.config_get("maxmemory-policy")["maxmemory-policy"]
client.config_set("maxmemory-policy", "allkeys-lru")


written = count = 0
used_max = rss_max = 0
pipe = client.pipeline(transaction=False)
while written < TOTAL_BYTES:
    size = int(2 ** random.uniform(0, 16))
    pipe.set(f"key:{count}", noise[:size])
    written += size
    count += 1
    if count % LOOK_EVERY == 0:
        assert all(pipe.execute())
        used = client.info("memory")["used_memory"]
        assert used <= limit, f"used_memory {used} is above {limit}, seed {seed}"
        used_max, rss_max = max(used_max, used), max(rss_max, rss_bytes(pid))
assert all(pipe.execute())

evicted = client.info("stats")["evicted_keys"]
left = client.dbsize()
assert evicted > 0 and left + evicted == count, (left, evicted, count)
assert rss_max <= limit * 1.3, f"the process grew to {rss_max} bytes, {rss_max / limit:.2f} of the limit"
assert used_max >= limit * 0.95, f"only {used_max / limit:.2f} of the limit was used"
# Written once and never read: the survivors are the youngest, up to the looseness between shards.
oldest = min(int(key.split(b":")[1]) for key in client.scan_iter(count=1000))
assert count - oldest <= left * 1.1, f"{left} keys are left, the oldest is {count - oldest} writes old"
client.config_set("maxmemory-policy", policy_at_start)
print(f"{written >> 20} MiB in {count} keys: used at most {used_max / limit:.3f}, RSS at most {rss_max / limit:.3f} of the limit")
