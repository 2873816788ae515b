// Sessions of an Express application in connect-redis, at its defaults, over HTTP. Usage: node connect_redis_client.mjs PORT
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

const client = await createClient({ url: `redis://127.0.0.1:${process.argv[2]}` }).connect();
await client.flushAll();
const store = new RedisStore({ client });

// An application of its own each time; what they have in common is the store.
async function start() {
  const app = express();
  app.use(session({ store, secret: 'not a secret', resave: false, saveUninitialized: false }));
  app.get('/visit', (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    if (request.query.seconds) request.session.cookie.maxAge = 1000 * Number(request.query.seconds);
    response.json(request.session.visits);
  });
  app.get('/login', (request, response, next) => request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = request.query.user;
    return response.json(request.session.user);
  }));
  app.get('/user', (request, response) => response.json(request.session.user ?? null));
  app.get('/logout', (request, response, next) =>
    request.session.destroy((error) => (error ? next(error) : response.json(null))));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

// One browser, which keeps its cookie.
class Browser {
  async get(server, path) {
    const headers = this.cookie ? { cookie: this.cookie } : {};
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers });
    assert.equal(response.status, 200, await response.clone().text());
    const [cookie] = response.headers.getSetCookie();
    if (cookie) this.cookie = cookie.split(';')[0];
    return response.json();
  }
}

const servers = [await start(), await start()];
const browsers = Array.from({ length: 50 }, () => new Browser());
for (let visit = 1; visit <= 10; visit += 1) {
  const counts = await Promise.all(browsers.map((browser) => browser.get(servers[visit % 2], '/visit')));
  assert.deepEqual(counts, Array(50).fill(visit));
}
assert.equal(await store.length(), 50);
const ids = await store.ids();
const left = await client.ttl(`sess:${ids[0]}`);
assert.ok(left > 86_300 && left <= 86_400, `${left} s left`);
assert.ok((await store.all()).every(({ visits }) => visits === 10));

const [browser, stranger] = browsers;
const anonymous = browser.cookie;
assert.equal(await browser.get(servers[0], '/login?user=Ada'), 'Ada');
assert.notEqual(browser.cookie, anonymous);
assert.equal(await browser.get(servers[1], '/user'), 'Ada');
assert.equal(await stranger.get(servers[1], '/user'), null);
await browser.get(servers[1], '/logout');
assert.equal(await browser.get(servers[0], '/user'), null);
assert.equal(await store.length(), 49);

// A session that is over by itself.
const passing = new Browser();
assert.equal(await passing.get(servers[0], '/visit?seconds=3'), 1);
assert.equal(await store.length(), 50);
while (await store.length() === 50) await new Promise((resolve) => setTimeout(resolve, 20));
assert.equal(await passing.get(servers[0], '/visit'), 1);

await store.clear();
assert.equal(await store.length(), 0);
for (const server of servers) {
  server.close();
  server.closeAllConnections();
}
await client.close();
const version = (library) => JSON.parse(readFileSync(new URL(`./node_modules/${library}/package.json`, import.meta.url))).version;
console.log(`connect-redis ${version('connect-redis')} with express-session ${version('express-session')}, Express ${version('express')}`);
