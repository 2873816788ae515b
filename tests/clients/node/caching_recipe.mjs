// The Node recipe of protocol/CACHING.md, as it stands there, with ioredis and node-redis: node caching_recipe.mjs PORT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Redis from 'ioredis';
import { createClient } from 'redis';

const port = Number(process.argv[2]);
const document = readFileSync(new URL('../../../protocol/CACHING.md', import.meta.url), 'utf8');
const code = document.split('```js\n')[1].split('```')[0];
const cached = new Function(`${code}; return cached;`)();
const kCallers = 50;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function check(name, client) {
  let loads = 0;
  const load = (value) => async () => {
    ++loads;
    await pause(50);
    return value;
  };
  const atOnce = (key, value, options) =>
    Promise.all(Array.from({ length: kCallers }, () => cached(client, key, load(value), options)));
  assert.deepEqual(await atOnce(`${name}:cold`, 'v'), Array(kCallers).fill('v'));
  assert.equal(loads, 1);
  assert.deepEqual(await atOnce(`${name}:none`, null), Array(kCallers).fill(null));
  assert.equal(loads, 2);
  await cached(client, `${name}:hot`, load('old'), { ttl: 1, tags: ['t'] });
  await pause(1100);
  const results = await atOnce(`${name}:hot`, 'new', { tags: ['t'] });
  assert.deepEqual(results.sort(), ['new', ...Array(kCallers - 1).fill('old')]);
  assert.equal(loads, 4);
  await client.call('TAGDEL', 't');
  assert.equal((await client.call('FETCH', `${name}:hot`))[0], 'miss');
}

const ioredis = new Redis(port);
await check('ioredis', ioredis);
ioredis.disconnect();
const nodeRedis = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
await check('node-redis', { call: (...words) => nodeRedis.sendCommand(words.map(String)) });
await nodeRedis.close();
console.log(`${kCallers} callers, ioredis and node-redis: one load each time`);
