"""flask-caching with its Redis backend at its defaults: views and functions. Usage: flask_caching_client.py PORT"""
import sys

import flask
import flask_caching

app = flask.Flask("shop")
cache = flask_caching.Cache(app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_PORT": int(sys.argv[1])})
calls = []


@app.route("/price/<item>")
@cache.cached(timeout=60, query_string=True)
def price(item):
    calls.append(item)
    return f"{item} costs {len(calls)}"


@cache.memoize(60)
def square(number):
    calls.append(number)
    return number * number


with app.app_context():
    cache.clear()
client = app.test_client()
first = client.get("/price/bread").data
assert client.get("/price/bread").data == first and calls == ["bread"]
assert client.get("/price/bread?currency=eur").data != first and len(calls) == 2
calls.clear()
with app.app_context():
    assert square(7) == 49 and square(7) == 49 and calls == [7]
    cache.delete_memoized(square, 7)
    assert square(7) == 49 and calls == [7, 7]
    cache.set("k", [1, 2], timeout=10)
    assert cache.get("k") == [1, 2] and cache.get_many("k", "none") == [[1, 2], None]
    assert cache.set_many({"a": 1, "b": 2}) and cache.get_dict("a", "b") == {"a": 1, "b": 2}
    assert cache.add("k", 0) is False and cache.delete("k") and cache.get("k") is None
    cache.clear()
    assert cache.get("a") is None
print(f"flask-caching {flask_caching.__version__}: views and functions are cached")
