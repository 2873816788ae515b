// node-redis (package redis) at its defaults. Usage: node node_redis_client.mjs PORT
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createClient, RESP_TYPES, WatchError } from 'redis';

const port = Number(process.argv[2]);
const open = async () => {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => {});  // a killed connection is reported here before the client connects again
  await client.connect();
  return client;
};
const client = await open();

assert.equal(await client.set('greeting', 'hello'), 'OK');
assert.equal(await client.get('greeting'), 'hello');
assert.equal(await client.get('nothing'), null);
assert.deepEqual(await client.mGet(['greeting', 'nothing']), ['hello', null]);
assert.equal(await client.set('short', 'x', { expiration: { type: 'EX', value: 100 } }), 'OK');
assert.equal(await client.ttl('short'), 100);
assert.equal(await client.expire('short', 200), 1);
assert.equal(await client.incrBy('counter:node', 2) >= 2, true);

const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set(bytes, bytes);
assert.deepEqual(await binary.get(bytes), bytes);
const large = randomBytes(5_000_000);
await client.set('large', large);
assert.deepEqual(await binary.get('large'), large);

// Commands of one tick are pipelined.
const replies = await Promise.all(
  Array.from({ length: 5_000 }, (_, i) => [client.set(`node:${i}`, String(i)), client.get(`node:${i}`)]).flat());
replies.forEach((reply, i) => assert.equal(reply, i % 2 === 0 ? 'OK' : String((i - 1) / 2)));

const found = new Set();
for await (const keys of client.scanIterator({ MATCH: 'node:*', COUNT: 300 })) keys.forEach((key) => found.add(key));
assert.equal(found.size, 5_000);

// Of two who count under WATCH one is told to try again.
const other = await open();
await client.watch('counter:node');
await other.incr('counter:node');
await assert.rejects(client.multi().incr('counter:node').exec(), WatchError);
const [count, text] = await client.multi().incr('counter:node').get('counter:node').exec();
assert.equal(text, String(count));

// A subscriber is a connection of its own.
const subscriber = await open();
const heard = [];
let heardAll;
const allWereHeard = new Promise((resolve) => { heardAll = resolve; });
await subscriber.pSubscribe('news:*', (message, channel) => {
  if (heard.push([channel, message]) === 100) heardAll();
});
for (let i = 0; i < 100; i += 1) assert.equal(await client.publish(`news:${i % 2}`, String(i)), 1);
await allWereHeard;
assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => [`news:${i % 2}`, String(i)]));

await assert.rejects(client.sendCommand(['GET']), /wrong number of arguments for 'get' command/);
await assert.rejects(client.incr('greeting'), /value is not an integer or out of range/);
await assert.rejects(client.sendCommand(['NOSUCH', 'a']), /unknown command 'NOSUCH', with args beginning with: 'a'/);
assert.match(await client.info(), /redis_version:/);

// Killed: the client connects again by itself.
const victim = await open();
const id = await victim.clientId();
const reconnected = new Promise((resolve) => victim.once('reconnecting', () => victim.once('ready', resolve)));
assert.equal(await client.clientKill({ filter: 'ID', id }), 1);
await reconnected;
assert.equal(await victim.get('greeting'), 'hello');

await Promise.all([client, other, subscriber, victim].map((one) => one.close()));
const { version } = JSON.parse(readFileSync(new URL('./node_modules/redis/package.json', import.meta.url)));
console.log(`node-redis ${version}`);
