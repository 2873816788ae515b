// valkey-glide at its defaults, but for a time limit of a request that suits a busy machine (0.25 s is its own), and with
// its client-side cache. Usage: node valkey_glide_client.mjs PORT
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Batch, ClientSideCache, Decoder, GlideClient, GlideClientConfiguration, RequestError, TimeUnit } from '@valkey/valkey-glide';

const addresses = [{ host: '127.0.0.1', port: Number(process.argv[2]) }];
const open = (options = {}) => GlideClient.createClient({ addresses, requestTimeout: 10_000, ...options });
const client = await open();
assert.equal(await client.flushall(), 'OK');

assert.equal(await client.set('greeting', 'hello'), 'OK');
assert.equal(await client.get('greeting'), 'hello');
assert.equal(await client.get('nothing'), null);
assert.equal(await client.set('greeting', 'x', { conditionalSet: 'onlyIfDoesNotExist' }), null);
assert.equal(await client.set('greeting', 'x', { conditionalSet: 'onlyIfEqual', comparisonValue: 'bye' }), null);
assert.equal(await client.set('greeting', 'hi', { conditionalSet: 'onlyIfEqual', comparisonValue: 'hello' }), 'OK');
assert.deepEqual(await client.mget(['greeting', 'nothing']), ['hi', null]);
assert.equal(await client.set('short', 'x', { expiry: { type: TimeUnit.Seconds, count: 100 } }), 'OK');
assert.equal(await client.ttl('short'), 100);
assert.equal(await client.expire('short', 200), true);
assert.equal(await client.incrBy('counter', 5), 5);
assert.equal(await client.incrByFloat('fraction', 0.5), 0.5);
assert.equal(await client.del(['counter', 'nothing']), 1);

const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set(bytes, bytes);
assert.deepEqual(await client.get(bytes, { decoder: Decoder.Bytes }), bytes);
const large = randomBytes(5_000_000);
await client.set('large', large);
assert.deepEqual(await client.get('large', { decoder: Decoder.Bytes }), large);

// A batch is a pipeline, or a transaction.
for (const isAtomic of [false, true]) {
  const batch = new Batch(isAtomic);
  for (let i = 0; i < 2_000; i += 1) batch.set(`glide:${i}`, String(i)).get(`glide:${i}`);
  const replies = await client.exec(batch, true);
  replies.forEach((reply, i) => assert.equal(reply, i % 2 === 0 ? 'OK' : String((i - 1) / 2)));
}
const other = await open();
await client.watch(['watched']);
await other.set('watched', 'by another');
assert.equal(await client.exec(new Batch(true).set('watched', 'mine'), true), null);

const found = new Set();
let cursor = '0';
do {
  const [next, keys] = await client.scan(cursor, { match: 'glide:*', count: 300 });
  keys.forEach((key) => found.add(key));
  cursor = next;
} while (cursor !== '0');
assert.equal(found.size, 2_000);

await assert.rejects(client.incr('greeting'), (error) => error instanceof RequestError && /not an integer/.test(error.message));
await assert.rejects(client.customCommand(['NOSUCH', 'a']), /unknown command/);
assert.match(await client.info(), /redis_version:/);
assert.deepEqual(await client.configGet(['maxmemory-policy']), { 'maxmemory-policy': 'allkeys-s3fifo' });

const { Exact, Pattern } = GlideClientConfiguration.PubSubChannelModes;
const heard = [];
let heardAll;
const allWereHeard = new Promise((resolve) => { heardAll = resolve; });
const subscriber = await open({
  pubsubSubscriptions: {
    channelsAndPatterns: { [Exact]: new Set(['news']), [Pattern]: new Set(['weather.*']) },
    callback: ({ channel, message }) => { if (heard.push([channel, message]) === 100) heardAll(); },
  },
});
// It subscribes behind its back. What was published to one of the two alone may still be on its way when both are there.
let probe = 0;
do probe += 1; while (await client.publish(`probe ${probe}`, 'news') + await client.publish(`probe ${probe}`, 'weather.now') < 2);
const heardProbe = () => heard.filter(([, message]) => message === `probe ${probe}`).length === 2;
await new Promise((resolve) => { const look = () => (heardProbe() ? resolve() : setTimeout(look, 5)); look(); });
heard.length = 0;
for (let i = 0; i < 100; i += 1) assert.equal(await client.publish(String(i), i % 2 ? 'news' : 'weather.now'), 1);
await allWereHeard;
assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => [i % 2 ? 'news' : 'weather.now', String(i)]));

// Its cache has what changes broadcast (CLIENT TRACKING ON BCAST).
const gets = async () => Number((await client.customCommand(['INFO', 'commandstats'])).match(/cmdstat_get:calls=(\d+)/)[1]);
const caching = await open({ clientSideCache: ClientSideCache.create(1024, 0, { serverAssisted: true }) });
assert.deepEqual([...(await caching.clientTrackingInfo()).flags].sort(), ['bcast', 'on']);
assert.equal(await caching.get('greeting'), 'hi');
const before = await gets();
for (let i = 0; i < 1_000; i += 1) assert.equal(await caching.get('greeting'), 'hi');
assert.equal(await gets(), before, 'what is cached was asked for');
for (let i = 0; i < 100; i += 1) {
  await client.set('greeting', String(i));
  // The reply comes behind the invalidation.
  await caching.ping();
  assert.equal(await caching.get('greeting'), String(i));
}

// Killed: it connects again by itself.
const victim = await open();
assert.equal(await client.customCommand(['CLIENT', 'KILL', 'ID', String(await victim.clientId())]), 1);
let value;
while (value === undefined) value = await victim.get('watched').catch(() => undefined);
assert.equal(value, 'by another');

[client, other, subscriber, caching, victim].forEach((one) => one.close());
const { version } = JSON.parse(readFileSync(new URL('./node_modules/@valkey/valkey-glide/package.json', import.meta.url)));
console.log(`valkey-glide ${version}`);
