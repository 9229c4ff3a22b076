// One started matrix-orleans process with a data folder of its own, that can be killed and started again on it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const readyWithinMs = 60_000;
const root = fileURLToPath(new URL("../../..", import.meta.url));

function executable() {
  if (process.env.MATRIX_ORLEANS_SERVER) {
    return process.env.MATRIX_ORLEANS_SERVER;
  }
  const configurations = [process.env.MATRIX_ORLEANS_CONFIGURATION ?? "Release", "Release", "Debug"];
  const files = configurations.map((c) => join(root, "src/MatrixOrleans.Server/bin", c, "net10.0/matrix-orleans.dll"));
  const found = files.find((f) => existsSync(f));
  if (!found) {
    throw new Error("There is no built server: build src/MatrixOrleans.Server first.");
  }
  return found;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class Server {
  #process;
  #output = "";
  #data;
  #port;
  #more;

  // Further options, as on the command line.
  static async start(more = []) {
    const server = new Server();
    server.#more = more;
    server.#port = await freePort();
    server.#data = await mkdtemp(join(tmpdir(), "matrix-orleans-clients-"));
    await server.startAgain();
    server.hasRelations = await server.#knows("/_matrix/client/v1/rooms/!a:localhost/relations/$b");
    return server;
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async startAgain() {
    const args = ["--listen", this.baseUrl, "--server-name", "localhost", "--data-dir", this.#data, "--database", "sqlite",
      "--registration", "open", "--rate-limit", "off", "--password-hash-cheap", "true", ...this.#more];
    this.#process = spawn("dotnet", [executable(), ...args], { stdio: ["ignore", "pipe", "pipe"], cwd: this.#data });
    const keep = (chunk) => (this.#output = (this.#output + chunk).slice(-100_000));
    this.#process.stdout.on("data", keep);
    this.#process.stderr.on("data", keep);
    const end = Date.now() + readyWithinMs;
    while (Date.now() < end) {
      if (this.#process.exitCode !== null) {
        throw new Error(`The server ended with code ${this.#process.exitCode}.\n${this.#output}`);
      }
      if (await this.#answers("/health/ready") && await this.#answers("/_matrix/client/versions")) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`The server was not ready within ${readyWithinMs} ms.\n${this.#output}`);
  }

  kill() {
    return this.#end("SIGKILL");
  }

  stop() {
    return this.#end("SIGTERM");
  }

  async dispose() {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
  }

  #end(signal) {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return Promise.resolve();
    }
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill(signal);
    return ended;
  }

  // Whether something answers at a path, if only to ask for a token.
  async #knows(path) {
    return (await (await fetch(this.baseUrl + path)).json()).errcode !== "M_UNRECOGNIZED";
  }

  async #answers(path) {
    try {
      return (await fetch(this.baseUrl + path)).status === 200;
    } catch {
      return false;
    }
  }
}
