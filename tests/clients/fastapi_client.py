"""A FastAPI application that caches with redis.asyncio at its defaults. Usage: fastapi_client.py PORT"""
import asyncio
import json
import sys

import fastapi
import httpx
import redis.asyncio

app = fastapi.FastAPI()
cache = redis.asyncio.Redis(port=int(sys.argv[1]))
loads = []


@app.get("/items/{number}")
async def item(number: int):
    key = f"item:{number}"
    cached = await cache.get(key)
    if cached is None:
        loads.append(number)
        cached = json.dumps({"number": number, "name": f"item {number}"})
        await cache.set(key, cached, ex=60)
    return json.loads(cached)


@app.delete("/items/{number}")
async def forget(number: int):
    return {"deleted": await cache.delete(f"item:{number}")}


@app.get("/visits")
async def visits():
    async with cache.pipeline(transaction=False) as pipe:
        count, left = await pipe.incr("visits").expire("visits", 100).execute()
    return {"count": count, "limited": left}


async def main():
    await cache.flushdb()
    async with httpx.AsyncClient(app=app, base_url="http://shop") as client:
        for _ in range(2):
            answers = await asyncio.gather(*(client.get(f"/items/{number}") for number in range(50)))
            assert [answer.json()["number"] for answer in answers] == list(range(50))
        assert sorted(loads) == list(range(50))
        assert (await client.delete("/items/7")).json() == {"deleted": 1}
        assert (await client.get("/items/7")).json()["name"] == "item 7" and len(loads) == 51
        counts = await asyncio.gather(*(client.get("/visits") for _ in range(100)))
        assert sorted(answer.json()["count"] for answer in counts) == list(range(1, 101))
    await cache.close()
    print(f"FastAPI {fastapi.__version__}: 100 requests at once, {len(loads)} loads")


asyncio.run(main())
