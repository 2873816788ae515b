// Keyv over @keyv/redis at its defaults. Usage: node keyv_client.mjs PORT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import KeyvRedis, { Keyv, createKeyv } from '@keyv/redis';
import { createClient } from 'redis';

const url = `redis://127.0.0.1:${process.argv[2]}`;
const plain = await createClient({ url }).connect();
await plain.flushAll();

const cache = new Keyv(new KeyvRedis(url));
cache.on('error', (error) => { throw error; });
const user = { name: 'Ada', tags: [1, 2], born: null };
assert.equal(await cache.set('user:1', user, 300_000), true);
assert.deepEqual(await cache.get('user:1'), user);
assert.equal(await cache.get('nothing'), undefined);
assert.equal(await cache.has('user:1'), true);
assert.equal(await cache.has('nothing'), false);
const [name] = await plain.keys('*');
assert.match(name, /user:1$/);
const left = await plain.pTTL(name);
assert.ok(left > 290_000 && left <= 300_000, `${left} ms left`);

await cache.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 'two' }, { key: 'c', value: [3] }]);
assert.deepEqual(await cache.getMany(['a', 'b', 'none', 'c']), [1, 'two', undefined, [3]]);
assert.equal(await cache.delete('a'), true);
assert.equal(await cache.delete('a'), false);
assert.equal(await cache.deleteMany(['b', 'c']), true);
assert.deepEqual(await cache.getMany(['a', 'b', 'c']), [undefined, undefined, undefined]);

await cache.set('short', 'x', 30);
while ((await plain.keys('*short')).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
assert.equal(await cache.get('short'), undefined);

// A namespace is emptied and walked over alone.
const [first, second] = ['first', 'second'].map((namespace) => createKeyv(url, { namespace }));
await Promise.all(Array.from({ length: 1_000 }, (_, i) => Promise.all([first.set(`k${i}`, i), second.set(`k${i}`, -i)])));
const walked = new Map();
for await (const [key, value] of first.iterator('first')) walked.set(key, value);
assert.deepEqual([...walked].sort((a, b) => a[1] - b[1]), Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i]));
await first.clear();
assert.equal(await first.get('k7'), undefined);
assert.equal(await second.get('k7'), -7);
assert.deepEqual(await cache.get('user:1'), user);

await Promise.all([cache, first, second].map((one) => one.disconnect()));
await plain.close();
const version = (library) => JSON.parse(readFileSync(new URL(`./node_modules/${library}/package.json`, import.meta.url))).version;
console.log(`keyv ${version('keyv')} over @keyv/redis ${version('@keyv/redis')}`);
