// Servers to look at, and clients that keep them busy.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

export async function freePort() {
  const socket = net.createServer().listen(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

export class LarderServer {
  constructor(program, port, adminPort, flags = []) {
    this.program = program;
    this.port = port;
    this.flags = ["--port", port, "--admin-port", adminPort, "--threads", 2, "--maxmemory", "4mb", "--advisor", "yes", ...flags].map(String);
    this.page = `http://127.0.0.1:${adminPort}/`;
  }

  async start() {
    this.child = spawn(this.program, this.flags, { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    for await (const piece of this.child.stderr) {
      log += piece;
      if (log.includes("Ready to accept")) break;
    }
    if (!log.includes("Ready to accept")) throw new Error("the server did not start: " + log);
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}

// Cache-aside: GETs of a few popular and many rare keys, a SET after each miss, until stop(). Connects again when the
// server has gone.
export class Load {
  constructor(port) {
    this.port = port;
    this.misses = [];
    this.#connect();
    this.timer = setInterval(() => this.#step(), 20);
  }

  stop() {
    clearInterval(this.timer);
    this.stopped = true;
    this.socket.destroy();
  }

  #connect() {
    this.asked = [];
    this.ready = false;
    this.rest = "";
    this.socket = net.connect(this.port, "127.0.0.1", () => (this.ready = true));
    this.socket.on("data", (bytes) => this.#read(String(bytes)));
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.ready = false;
      if (!this.stopped) setTimeout(() => !this.stopped && this.#connect(), 100);
    });
  }

  #step() {
    if (!this.ready || this.asked.length > 0) return;
    let requests = "";
    for (const key of this.misses.splice(0)) {
      requests += `SET ${key} ${"v".repeat(200 + (key.length * 997) % 1500)} EX 30\r\n`;
      this.asked.push(null);
    }
    const count = 100 + Math.round(60 * Math.sin(Date.now() / 5000));
    for (let i = 0; i < count; ++i) {
      const key = `${i % 3 ? "page" : "session"}:${Math.floor(150_000 * Math.random() ** 4)}`;
      requests += `GET ${key}\r\n`;
      this.asked.push(key);
    }
    this.socket.write(requests);
  }

  #read(text) {
    const lines = (this.rest + text).split("\r\n");
    this.rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("v")) continue;
      const key = this.asked.shift();
      if (line === "$-1") this.misses.push(key);
    }
  }
}
