// ioredis, or what is a fork of it, at its defaults. Usage: node ioredis_client.mjs PORT ioredis|iovalkey
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [port, library] = [Number(process.argv[2]), process.argv[3]];
const { Redis } = await import(library);
const open = () => new Redis(port, '127.0.0.1');
const client = open();

assert.equal(await client.set('greeting', 'hello'), 'OK');
assert.equal(await client.get('greeting'), 'hello');
assert.equal(await client.get('nothing'), null);
assert.equal(await client.set('greeting', 'x', 'NX'), null);
assert.deepEqual(await client.mget('greeting', 'nothing'), ['hello', null]);
assert.equal(await client.set('short', 'x', 'EX', 100), 'OK');
assert.equal(await client.ttl('short'), 100);
assert.equal(await client.expire('short', 200), 1);
await client.del('counter:io');
assert.equal(await client.del('counter:io', 'nothing'), 0);
assert.equal(await client.incr('counter:io'), 1);

const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set(bytes, bytes);
assert.deepEqual(await client.getBuffer(bytes), bytes);
const large = randomBytes(5_000_000);
await client.set('large', large);
assert.deepEqual(await client.getBuffer('large'), large);

const pipeline = client.pipeline();
for (let i = 0; i < 5_000; i += 1) pipeline.set(`io:${i}`, i).get(`io:${i}`);
const replies = await pipeline.exec();
replies.forEach(([error, reply], i) => {
  assert.equal(error, null);
  assert.equal(reply, i % 2 === 0 ? 'OK' : String((i - 1) / 2));
});

const found = new Set();
for await (const keys of client.scanStream({ match: 'io:*', count: 300 })) keys.forEach((key) => found.add(key));
assert.equal(found.size, 5_000);

// Of two who count under WATCH one is told to try again.
const other = open();
await client.watch('counter:io');
await other.incr('counter:io');
assert.equal(await client.multi().incr('counter:io').exec(), null);
assert.deepEqual(await client.multi().incr('counter:io').get('counter:io').exec(), [[null, 3], [null, '3']]);

// A subscriber is a connection of its own.
const subscriber = open();
const heard = [];
const heardAll = new Promise((resolve) => subscriber.on('message', (channel, message) => {
  heard.push([channel, message]);
  if (heard.length === 100) resolve();
}));
assert.equal(await subscriber.subscribe('news', 'weather'), 2);
for (let i = 0; i < 100; i += 1) assert.equal(await client.publish(i % 2 ? 'news' : 'weather', String(i)), 1);
await heardAll;
assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => [i % 2 ? 'news' : 'weather', String(i)]));

await assert.rejects(client.call('GET'), /wrong number of arguments for 'get' command/);
await assert.rejects(client.incr('greeting'), /value is not an integer or out of range/);
await assert.rejects(client.call('NOSUCH', 'a'), /unknown command 'NOSUCH', with args beginning with: 'a'/);
assert.match(await client.info(), /redis_version:/);

// Killed: ioredis connects again by itself.
const victim = open();
const id = await victim.client('ID');
const reconnected = new Promise((resolve) => victim.once('close', () => victim.once('ready', resolve)));
assert.equal(await client.client('KILL', 'ID', id), 1);
await reconnected;
assert.equal(await victim.get('greeting'), 'hello');

await Promise.all([client, other, subscriber, victim].map((one) => one.quit()));
const { version } = JSON.parse(readFileSync(new URL(`./node_modules/${library}/package.json`, import.meta.url)));
console.log(`${library} ${version}`);
