"""django-redis as Django's cache, at its defaults. Usage: django_redis_client.py PORT"""
import sys
import time

import django
from django.conf import settings

settings.configure(CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"redis://127.0.0.1:{sys.argv[1]}/1"}},
                   SESSION_ENGINE="django.contrib.sessions.backends.cache")
django.setup()

from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import cache

cache.clear()
cache.set("user:1", {"name": "Ada", "tags": [1, 2]}, timeout=300)
assert cache.get("user:1") == {"name": "Ada", "tags": [1, 2]}
assert 0 < cache.ttl("user:1") <= 300
assert cache.get("none", "default") == "default"
assert cache.add("user:1", "other") is False and cache.add("user:2", "Grace") is True
assert cache.get_or_set("computed", lambda: 42) == 42 and cache.get_or_set("computed", lambda: 0) == 42
cache.set_many({"a": 1, "b": 2, "c": 3}, timeout=60)
assert cache.get_many(["a", "b", "none"]) == {"a": 1, "b": 2}
cache.set("n", 1)
assert cache.incr("n") == 2 and cache.decr("n") == 1
assert cache.touch("a", 1000) and cache.ttl("a") > 60
assert cache.persist("a") and cache.ttl("a") is None
assert "a" in cache and cache.delete("a") and "a" not in cache
assert sorted(cache.keys("user:*")) == ["user:1", "user:2"] and sorted(cache.iter_keys("user:*")) == ["user:1", "user:2"]
assert cache.delete_pattern("user:*") == 2 and cache.get("user:1") is None
cache.set("short", "x", timeout=0.05)
time.sleep(0.1)
assert cache.get("short") is None
cache.set("large", b"x" * 1_000_000)
assert cache.get("large") == b"x" * 1_000_000

session = SessionStore()
session["cart"] = ["bread"]
session.save()
assert SessionStore(session.session_key)["cart"] == ["bread"]
session.delete()
assert not SessionStore().exists(session.session_key)
cache.clear()
assert cache.get("b") is None
print(f"Django {django.get_version()}: cache and sessions work")
