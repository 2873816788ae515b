// Joins the parts: asks the server every second for what moves and every few seconds for the rest, and says so when
// there is no answer.
import { bytes, clock, count, microseconds, missing, percent, seconds } from "./format.js";
import { Advisor } from "./advisor.js";
import { TimeChart } from "./chart.js";
import { History } from "./history.js";
import { Overview } from "./overview.js";
import { Table } from "./table.js";
import { TokenWanted, ask, keepToken } from "./server.js";

const kPeriodMs = 1000;
const kDetailsEvery = 5;
const kRowsMax = 50;

const by = (id) => document.getElementById(id);
const column = (name) => (get) => get(name);

const history = new History();
const overview = new Overview(by("tiles"), by("memory-bar"), by("memory-key"));

const advisor = new Advisor(by("advisor"));

const charts = [
  { title: "Hit ratio", format: percent, top: 1.001, lines: [{ label: "hits", color: "c1", value: column("hit_ratio") }] },
  {
    title: "Operations a second",
    format: count,
    lines: [{ label: "operations", color: "c3", value: column("requests_per_s") }],
  },
  {
    title: "Time",
    format: microseconds,
    logarithmic: true,
    lines: [
      { label: "a hit", color: "c1", value: (get) => get("hit_us") || null },
      { label: "an access", color: "c3", value: (get) => get("access_us") || null },
      { label: "a load", color: "c2", value: (get) => get("load_us") || null },
    ],
  },
  {
    title: "Memory",
    format: bytes,
    binary: true,
    stacked: true,
    lines: [
      { label: "keys and values", color: "c1", value: column("data_bytes") },
      {
        label: "what keeps them",
        color: "c5",
        value: (get) => (get("used_bytes") === null ? null : Math.max(0, get("used_bytes") - get("data_bytes"))),
      },
      {
        label: "free",
        color: "c8",
        value: (get) => (get("used_bytes") === null ? null : Math.max(0, get("maxmemory_bytes") - get("used_bytes"))),
      },
    ],
  },
  {
    title: "Removed a second",
    format: count,
    lines: [
      { label: "evicted", color: "c2", value: column("evicted_per_s") },
      { label: "expired", color: "c4", value: column("expired_per_s") },
    ],
  },
  {
    title: "Network",
    format: (value) => bytes(value) + "/s",
    binary: true,
    lines: [
      { label: "in", color: "c3", value: column("received_bytes_per_s") },
      { label: "out", color: "c1", value: column("sent_bytes_per_s") },
    ],
  },
].map((options) => new TimeChart(by("charts"), options));

const number = (title, value) => ({ title, value, style: "number" });
const short = (title, value) => ({ title, value, style: "short" });

// What each shows is the reply of its page; `rows` chooses and orders.
const tables = [
  {
    page: "hotkeys",
    rows: (all) => all,
    table: new Table(
      by("tables"),
      "Hot keys",
      [
        { title: "key", value: (row) => (row.database ? `${row.database}: ` : "") + row.key },
        number("of all", (row) => percent(row.share)),
        number("operations/s", (row) => count(row.ops_per_s)),
        number("writes/s", (row) => count(row.writes_per_s)),
        number("bytes/s", (row) => bytes(row.bytes_per_s)),
      ],
      "No key was asked for in the last seconds.",
    ),
  },
  {
    page: "prefixes",
    rows: (all) => all,
    table: new Table(
      by("tables"),
      "Prefixes of keys",
      [
        { title: "prefix", value: (row) => (row.database ? `${row.database}: ` : "") + (row.prefix || "(none)") },
        number("hit ratio", (row) => (row.hits_per_s + row.misses_per_s > 0 ? percent(row.hit_ratio) : missing)),
        number("operations/s", (row) => count(row.ops_per_s)),
        number("load", (row) => (row.load_us > 0 ? microseconds(row.load_us) : missing)),
        number("items", (row) => count(Math.round(row.items))),
        number("bytes", (row) => bytes(Math.round(row.data_bytes))),
      ],
      "No key was asked for in the last minute, and there is none.",
    ),
  },
  {
    page: "commands",
    rows: (all) => all.sort((a, b) => b.calls - a.calls),
    table: new Table(
      by("tables"),
      "Commands",
      [
        { title: "command", value: (row) => row.name },
        number("calls", (row) => count(row.calls)),
        number("mean", (row) => microseconds(row.mean_us)),
        number("p50", (row) => microseconds(row.p50_us)),
        number("p99", (row) => microseconds(row.p99_us)),
        number("p99.9", (row) => microseconds(row.p999_us)),
        number("failed", (row) => count(row.failed + row.rejected)),
      ],
      "No command was called yet.",
    ),
  },
  {
    page: "slowlog",
    rows: (all) => all,
    table: new Table(
      by("tables"),
      "Slow commands",
      [
        short("at", (row) => clock(row.unix_s * 1000)),
        number("time", (row) => microseconds(row.duration_us)),
        { title: "command", value: (row) => row.arguments.join(" ").slice(0, 200) },
        short("client", (row) => row.client_name || row.client_address),
      ],
      "None took longer than slowlog-log-slower-than.",
    ),
  },
  {
    page: "clients",
    rows: (all) => all.sort((a, b) => b.omem + b.qbuf - (a.omem + a.qbuf) || a.idle - b.idle),
    table: new Table(
      by("tables"),
      "Clients",
      [
        short("address", (row) => row.addr),
        { title: "name", value: (row) => row.name || row["lib-name"] || "" },
        { title: "command", value: (row) => row.cmd },
        number("connected", (row) => seconds(row.age)),
        number("idle", (row) => seconds(row.idle)),
        number("unread", (row) => bytes(row.qbuf)),
        number("unsent", (row) => bytes(row.omem)),
      ],
      "Nobody is connected.",
    ),
  },
];

let turn = 0;
let asking = false;
let lastAnswerMs = 0;
let runId;
let timer;

function showState(state, text) {
  by("state").dataset.state = state;
  by("state").textContent = text;
}

function showAnswered(stats) {
  lastAnswerMs = Date.now();
  document.body.classList.remove("stale");
  by("gone").hidden = true;
  by("login").hidden = true;
  by("content").hidden = false;
  showState("live", "live");
  by("about").textContent =
    `${location.host} · ${stats.larder_version} · up ${seconds(stats.uptime_in_seconds)} · ` +
    `${stats.maxmemory_policy} · ${stats.io_threads} threads`;
  document.title = `${percent(stats.hit_ratio_1m)} hits · Larder`;
}

function showGone() {
  document.body.classList.add("stale");
  showState("gone", "no answer");
  const since = lastAnswerMs === 0 ? "" : ` since ${clock(lastAnswerMs)} (${seconds((Date.now() - lastAnswerMs) / 1000)})`;
  by("gone").textContent = `The server has not answered${since}. Asking again every second.`;
  by("gone").hidden = false;
  document.title = "no answer · Larder";
}

function askForToken(wrong) {
  by("content").hidden = true;
  by("gone").hidden = true;
  by("login").hidden = false;
  by("refused").hidden = !wrong;
  showState("waiting", "locked");
  by("token").focus();
}

async function showFigures() {
  const stats = await ask("stats");
  // All of it at first, after a restart, and when some is missing; else what may be new.
  const missed = (Date.now() - lastAnswerMs) / 1000;
  const whole = stats.run_id !== runId || missed > 5;
  history.add(await ask(whole ? "series" : `series?seconds=${Math.ceil(missed) + 3}`));
  runId = stats.run_id;
  showAnswered(stats);
  overview.show(stats, history);
  for (const chart of charts) chart.show(history);
}

async function showDetails() {
  advisor.show(await ask("advisor"));
  for (const { page, rows, table } of tables) {
    const reply = await ask(page);
    const all = reply && rows(reply);
    const cut = all !== null && all.length > kRowsMax;
    table.show(all && all.slice(0, kRowsMax), cut ? `${kRowsMax} of ${all.length}` : "");
  }
}

// One after another, so that a slow server has one request of ours at a time.
async function step() {
  asking = true;
  try {
    if (!document.hidden) {
      await showFigures();
      if (turn % kDetailsEvery === 0) await showDetails();
      ++turn;
    }
  } catch (problem) {
    if (problem instanceof TokenWanted) return askForToken(problem.sent);
    turn = 0;
    showGone();
  } finally {
    asking = false;
  }
  timer = setTimeout(step, kPeriodMs);
}

function stepNow() {
  if (asking) return;
  clearTimeout(timer);
  step();
}

by("login").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(by("token").value);
  by("token").value = "";
  stepNow();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && by("login").hidden) stepNow();
});

step();
