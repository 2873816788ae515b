#!/usr/bin/python3
"""The Python recipe of protocol/CACHING.md, as it stands there: python3 caching_recipe.py PORT"""
import pathlib
import sys
import threading
import time

import redis

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "protocol" / "CACHING.md"
THREADS = 50


def recipe():
    code = DOCUMENT.read_text().split("```python\n")[1].split("```")[0]
    names = {}
    exec(code, names)  # pylint: disable=exec-used
    return names["cached"]


def at_once(function):
    """What THREADS threads get of the function."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(function())) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def main():
    r = redis.Redis(port=int(sys.argv[1]))
    r.flushall()
    cached = recipe()
    loads = []

    def load(value, seconds=0.05):
        loads.append(value)
        time.sleep(seconds)
        return value

    # Cold: one load serves all.
    assert at_once(lambda: cached(r, "cold", lambda: load(b"v1"))) == [b"v1"] * THREADS
    assert loads == [b"v1"], loads
    # Stale: one loads, the others get the stale value, or, once it is there, the new one.
    loads.clear()
    cached(r, "hot", lambda: load(b"old"), ttl=1)
    time.sleep(1.1)
    results = at_once(lambda: cached(r, "hot", lambda: load(b"new")))
    assert set(results) <= {b"old", b"new"} and b"new" in results, results
    assert loads == [b"old", b"new"], loads
    assert r.get("hot") == b"new"
    # Nothing there: cached as such.
    loads.clear()
    assert at_once(lambda: cached(r, "none", lambda: load(None))) == [None] * THREADS
    assert loads == [None] and r.get("none") is None
    # A tag is deleted, at last while its value is being loaded.
    cached(r, "tagged", lambda: load(b"1"), tags=["user:42"])
    r.execute_command("TAGDEL", "user:42")
    assert r.get("tagged") is None

    def load_while_it_changes():
        r.execute_command("TAGDEL", "user:42")
        return b"outdated"

    assert cached(r, "tagged", load_while_it_changes, tags=["user:42"]) == b"outdated"
    assert r.get("tagged") is None
    print(f"{THREADS} threads, redis-py {redis.__version__}: one load each time")


main()
