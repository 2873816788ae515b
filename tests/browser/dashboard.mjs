// The dashboard under load, in Chromium: what moves, what is asked for, what is said when the server goes and comes.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { LarderServer, Load, freePort } from "./servers.mjs";

const kWaitMs = 60_000;
const program = process.argv[2];
const shots = process.env.SHOTS;

// What a page asks for and complains about.
class Watch {
  problems = [];
  hosts = new Set();

  constructor(page) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("request", (request) => this.hosts.add(new URL(request.url()).origin));
  }
}

async function open(browser, server, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(kWaitMs);
  const watch = new Watch(page);
  await page.goto(server.page);
  return { page, watch };
}

// What the canvas of each chart shows.
const drawn = (page) =>
  page.$$eval(".chart canvas:first-of-type", (canvases) => canvases.map((canvas) => canvas.toDataURL()));

async function waitForMovement(page) {
  const before = await drawn(page);
  await page.waitForFunction(
    (earlier) => {
      const now = [...document.querySelectorAll(".chart canvas:first-of-type")].map((canvas) => canvas.toDataURL());
      return now.every((image, i) => image !== earlier[i]);
    },
    before,
    { polling: 250 },
  );
}

async function showsTheServerUnderLoad(browser, server) {
  const { page, watch } = await open(browser, server);
  await page.waitForSelector("#state[data-state=live]");
  await page.waitForFunction(() => document.querySelectorAll(".chart canvas").length >= 6);
  await waitForMovement(page);
  await page.waitForFunction(() => /[1-9]/.test(document.querySelectorAll(".tile .value")[1].textContent));
  assert.match(await page.textContent(".tile .value"), /^\d+\.\d %$/, "the hit ratio is a percentage");
  await page.waitForFunction(() => [...document.querySelectorAll("#tables td")].some((cell) => cell.textContent === "get"));
  assert.deepEqual(watch.problems, [], "nothing in the console");
  assert.deepEqual([...watch.hosts], [new URL(server.page).origin], "no other host is asked");
  return page;
}

// Once the advisor has seen enough, two minutes from the start at the latest.
async function showsTheAdvice(page) {
  await page.waitForSelector("#curve canvas", { timeout: 2.5 * kWaitMs });
  await page.waitForSelector("#policies .now");
  assert.match(await page.textContent("#sentences"), /The hit ratio of the last five minutes is \d/);
}

async function saysThatTheServerIsGoneAndRecovers(page, server) {
  await server.stop();
  await page.waitForSelector("#gone:not([hidden])");
  assert.match(await page.textContent("#gone"), /^The server has not answered since /);
  assert.equal(await page.getAttribute("#state", "data-state"), "gone");
  if (shots) await page.screenshot({ path: `${shots}/gone.png` });
  await server.start();
  await page.waitForSelector("#gone", { state: "hidden" });
  assert.equal(await page.getAttribute("#state", "data-state"), "live");
  await waitForMovement(page);
}

async function asksForTheToken(browser, server) {
  const { page, watch } = await open(browser, server);
  await page.waitForSelector("#login:not([hidden])");
  await page.fill("#token", "wrong");
  await page.press("#token", "Enter");
  await page.waitForSelector("#refused:not([hidden])");
  await page.fill("#token", "open sesame");
  await page.press("#token", "Enter");
  await page.waitForSelector("#state[data-state=live]");
  assert.ok(await page.isHidden("#login"));
  await page.reload();
  await page.waitForSelector("#state[data-state=live]");
  const others = watch.problems.filter((problem) => !problem.includes("401"));
  assert.deepEqual(others, [], "but for the refusals nothing is in the console");
  await page.context().close();
}

async function fitsAPhone(browser, server) {
  const { page } = await open(browser, server, { viewport: { width: 360, height: 740 } });
  await page.waitForFunction(() => document.querySelectorAll(".chart canvas").length >= 6);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, "nothing is wider than the screen");
  await page.context().close();
}

async function takeShots(browser, server) {
  mkdirSync(shots, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1280, height: 900 }], ["narrow", { width: 390, height: 844 }]]) {
      const { page } = await open(browser, server, { viewport, colorScheme, deviceScaleFactor: name === "wide" ? 1 : 2 });
      await page.waitForFunction(() => document.querySelectorAll("#tables td").length > 0);
      await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png`, fullPage: true });
      await page.context().close();
    }
  }
}

const server = new LarderServer(program, await freePort(), await freePort());
const locked = new LarderServer(program, await freePort(), await freePort(), ["--admin-token", "open sesame"]);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
let load;
try {
  await Promise.all([server.start(), locked.start()]);
  load = new Load(server.port);
  const page = await showsTheServerUnderLoad(browser, server);
  await fitsAPhone(browser, server);
  await asksForTheToken(browser, locked);
  await showsTheAdvice(page);
  if (shots) await takeShots(browser, server);
  await saysThatTheServerIsGoneAndRecovers(page, server);
  console.log("the dashboard: moves under load, asks nobody else, fits a phone, asks for the token, recovers");
} finally {
  load?.stop();
  await browser.close();
  await Promise.all([server.stop(), locked.stop()]);
}
