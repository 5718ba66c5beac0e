// Child processes that a test started, and nobody else's: each ends with the test that owns it.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class Child {
  output = "";
  private readonly process: ChildProcess;
  private readonly ended: Promise<number | null>;
  private readonly listeners = new Set<() => void>();

  constructor(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv }) {
    this.process = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString();
      for (const listener of this.listeners) listener();
    };
    this.process.stdout?.on("data", collect);
    this.process.stderr?.on("data", collect);
    this.ended = new Promise((resolve) => this.process.on("close", (code) => {
      resolve(code);
      for (const listener of this.listeners) listener();
    }));
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the process did not start");
    return this.process.pid;
  }

  // The first match in what the process prints; fails with its output when it ends or takes too long.
  async printed(pattern: RegExp, timeout = 60_000): Promise<RegExpMatchArray> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const match = this.output.match(pattern);
        if (match) finish(() => resolve(match));
        else if (this.process.exitCode !== null) finish(() => reject(new Error(`ended with ${this.process.exitCode}:\n${this.output}`)));
      };
      const timer = setTimeout(() => finish(() => reject(new Error(`${pattern} not printed:\n${this.output}`))), timeout);
      const finish = (then: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(look);
        then();
      };
      this.listeners.add(look);
      look();
    });
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return await this.ended;
  }

  async exit(): Promise<number | null> {
    return await this.ended;
  }
}
