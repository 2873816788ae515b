// node-redis with its client-side cache: what is cached is not asked for again, and whatever changes it, another client's
// write, an expiry, a tag or a flush, takes it out. Usage: node node_redis_cache_client.mjs PORT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createClient } from 'redis';

const kKeys = 200;
const url = `redis://127.0.0.1:${process.argv[2]}`;
const writer = await createClient({ url }).connect();
// The cache needs RESP 3, in which what changes is pushed.
const reader = await createClient({ url, RESP: 3, clientSideCache: {} }).connect();
const cache = reader.clientSideCache;

// How many GETs the server has executed.
async function gets() {
  const line = (await writer.info('commandstats')).match(/cmdstat_get:calls=(\d+)/);
  return line === null ? 0 : Number(line[1]);
}
// Resolves once the cache is told that the key (null: every key) has changed.
const told = (key) => new Promise((resolve) => {
  const look = (changed) => {
    if (key === null ? changed !== null : String(changed) !== key) return;
    cache.off('invalidate', look);
    resolve();
  };
  cache.on('invalidate', look);
});

await writer.flushAll();
await writer.set('hot', 'one');
assert.equal(await reader.get('hot'), 'one');
const before = await gets();
for (let i = 0; i < 1000; i += 1) assert.equal(await reader.get('hot'), 'one');
assert.equal(await gets(), before, 'what is cached was asked for');
assert.equal(cache.stats().hitCount, 1000);

let change = told('hot');
await writer.set('hot', 'two');
await change;
assert.equal(await reader.get('hot'), 'two');
assert.equal(await gets(), before + 1);

// Behind whatever the reader sends next the invalidations of all writes that were answered before have come.
const names = Array.from({ length: kKeys }, (_, i) => `many:${i}`);
for (let round = 0; round < 20; round += 1) {
  await Promise.all(names.map((name, i) => writer.set(name, `${i}:${round}`)));
  await reader.ping();
  const values = await Promise.all(names.map((name) => reader.get(name)));
  assert.deepEqual(values, names.map((_, i) => `${i}:${round}`));
  assert.deepEqual(await reader.mGet(names), values);
}

change = told('short');
await writer.set('short', 'x', { expiration: { type: 'PX', value: 2000 } });
assert.equal(await reader.get('short'), 'x');
await change;
assert.equal(await reader.get('short'), null);

await writer.sendCommand(['SET', 'tagged', 'x', 'TAGS', '1', 'user:42']);
assert.equal(await reader.get('tagged'), 'x');
change = told('tagged');
await writer.sendCommand(['TAGDEL', 'user:42']);
await change;
assert.equal(await reader.get('tagged'), null);

assert.equal(await reader.get('hot'), 'two');
change = told(null);
await writer.flushAll();
await change;
assert.equal(await reader.get('hot'), null);

const stats = cache.stats();
await Promise.all([reader.close(), writer.close()]);
const { version } = JSON.parse(readFileSync(new URL('./node_modules/redis/package.json', import.meta.url)));
console.log(`node-redis ${version}: ${stats.hitCount} of ${stats.requestCount()} from the client's cache`);
