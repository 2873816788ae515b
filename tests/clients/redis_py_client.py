"""redis-py at its defaults: what an application does with a cache. Usage: redis_py_client.py PORT"""
import os
import sys
import time

import redis

port = int(sys.argv[1])
client = redis.Redis(port=port)
assert client.ping()
client.flushall()

# Strings.
assert client.set("greeting", "hello") is True
assert client.get("greeting") == b"hello"
assert client.get("nothing") is None
assert client.set("greeting", "other", nx=True) is None
assert client.set("greeting", "new", get=True) == b"hello"
assert client.mset({"m:1": "a", "m:2": "b"})
assert client.mget("m:1", "none", "m:2") == [b"a", None, b"b"]
assert client.incr("counter") == 1 and client.incrby("counter", 41) == 42
assert client.incrbyfloat("float", 1.5) == 1.5
assert client.append("greeting", "er") == 5 and client.strlen("greeting") == 5
assert client.getdel("greeting") == b"newer" and not client.exists("greeting")

# Expiry.
assert client.set("short", "x", px=30)
assert 0 < client.pttl("short") <= 30
deadline = time.monotonic() + 5
while client.get("short") is not None:
    assert time.monotonic() < deadline, "the key did not expire"
assert client.set("long", "x", ex=100) and client.ttl("long") == 100
assert client.expire("long", 200, gt=True) and not client.expire("long", 100, gt=True)
assert client.persist("long") and client.ttl("long") == -1
assert client.ttl("nothing") == -2

# Binary keys and values, every byte; a value of 5 MB.
every_byte = bytes(range(256))
assert client.set(every_byte, every_byte) and client.get(every_byte) == every_byte
large = os.urandom(5_000_000)
assert client.set("large", large) and client.get("large") == large
assert client.strlen("large") == len(large)

# A pipeline, also one with large values inside: replies in order.
with client.pipeline(transaction=False) as pipe:
    for i in range(10_000):
        pipe.set(f"p:{i}", i)
        pipe.get(f"p:{i}")
        if i % 2_500 == 0:
            pipe.get("large")
    replies = iter(pipe.execute())
for i in range(10_000):
    assert next(replies) is True
    assert next(replies) == str(i).encode()
    if i % 2_500 == 0:
        assert next(replies) == large

# The keyspace.
found = set(client.scan_iter(match="p:*", count=500))
assert found == {f"p:{i}".encode() for i in range(10_000)}
assert sorted(client.keys("m:*")) == [b"m:1", b"m:2"]
assert client.dbsize() > 10_000
other = redis.Redis(port=port, db=3)
assert other.dbsize() == 0 and other.set("only here", 1) and client.get("only here") is None
assert client.delete(*found) == 10_000
assert client.type("counter") == b"string"

# What monitoring reads.
info = client.info()
assert info["redis_version"] and info["role"] == "master" and info["used_memory"] > 0
assert info["db0"]["keys"] == client.dbsize(), info["db0"]
everything = client.info("everything")
assert everything["cmdstat_get"]["calls"] > 10_000
assert client.config_get("maxmemory") == {"maxmemory": str(256 << 20)}
assert client.client_id() > 0 and client.client_setname("tester") and client.client_getname() == "tester"
assert any(entry["name"] == "tester" for entry in client.client_list())

# Error texts.
for bad, text in [
    (("GET",), "wrong number of arguments for 'get' command"),
    (("SET", "a", "b", "ZX"), "syntax error"),
    (("INCR", "large"), "value is not an integer or out of range"),
    (("NOSUCH", "a"), "unknown command 'NOSUCH', with args beginning with: 'a'"),
    (("SELECT", "99"), "DB index is out of range"),
]:
    try:
        client.execute_command(*bad)
    except redis.ResponseError as error:
        assert text in str(error), (bad, str(error))
    else:
        raise AssertionError(f"{bad} was accepted")

# Killed by somebody else: the next command connects again.
victim = redis.Redis(port=port, single_connection_client=False)
victim_id = victim.client_id()
assert client.client_kill_filter(_id=victim_id) == 1
assert victim.set("after", "kill") and victim.get("after") == b"kill"
assert victim.client_id() != victim_id

print(f"redis-py {redis.__version__}")
