"""dogpile.cache with its Redis backend at its defaults: one creator a key, whoever asks. Usage: dogpile_client.py PORT"""
import sys
import threading
import time

import dogpile
from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE

region = make_region().configure("dogpile.cache.redis", expiration_time=0.2, arguments={"port": int(sys.argv[1]), "redis_expiration_time": 60})
created = []


@region.cache_on_arguments()
def load(number):
    created.append(number)
    time.sleep(0.05)
    return number * 2


@region.cache_multi_on_arguments()
def load_several(*numbers):
    created.extend(numbers)
    return [number * 3 for number in numbers]


load.invalidate(4)
threads = [threading.Thread(target=load, args=(4,)) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert load(4) == 8 and created == [4], created
time.sleep(0.25)
assert load(4) == 8 and created == [4, 4], "its time was over"
load.invalidate(4)
assert load(4) == 8 and created == [4, 4, 4]
created.clear()
assert load_several(1, 2) == [3, 6] and load_several(1, 2, 3) == [3, 6, 9] and created == [1, 2, 3]
region.set_multi({"a": 1, "b": 2})
assert region.get_multi(["a", "none", "b"]) == [1, NO_VALUE, 2]
region.delete_multi(["a", "b"])
assert region.get("a") is NO_VALUE
print(f"dogpile.cache {dogpile.__version__}: one creation for 20 callers")
