// The program under test: the real binary, with a folder and a port of its own.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";

export const binary = process.env.SOCIALTREND_BINARY ?? join(import.meta.dirname, "../../../build/release/socialtrend");

// Settings that keep a test on loopback: no source of the Internet is read.
const quiet = { TREND_SOURCES: "none", LOG_FORMAT: "json" };

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: tmpdir(), ...quiet, ...extra };
}

export class Program {
  private child: Child;

  private constructor(child: Child, readonly url: string, readonly folder: string,
                      private readonly args: string[], private readonly env: Record<string, string>) {
    this.child = child;
  }

  static async start(args: string[] = [], env: Record<string, string> = {}, folder?: string): Promise<Program> {
    const data = folder ?? (await mkdtemp(join(tmpdir(), "socialtrend-e2e-")));
    const child = new Child(binary, args, { cwd: data, env: environment({ PORT: "0", DATA_DIR: data, ...env }) });
    const [, url] = await child.printed(/is ready: (http:\S+)/);
    return new Program(child, url!, data, args, env);
  }

  // The same folder and port again, after an end.
  async restart(): Promise<void> {
    const port = new URL(this.url).port;
    this.child = new Child(binary, this.args, { cwd: this.folder, env: environment({ DATA_DIR: this.folder, ...this.env, PORT: port }) });
    await this.child.printed(/is ready: (http:\S+)/);
  }

  get pid(): number {
    return this.child.pid;
  }

  get output(): string {
    return this.child.output;
  }

  async kill(): Promise<void> {
    await this.child.end("SIGKILL");
  }

  async stop(): Promise<number | null> {
    return await this.child.end("SIGTERM");
  }

  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, "utf8");
    return Number(status.match(/VmRSS:\s+(\d+) kB/)![1]) * 1024;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

// A one-shot command: its exit code and everything that it printed.
export async function command(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<{ code: number | null; output: string }> {
  const folder = cwd ?? (await mkdtemp(join(tmpdir(), "socialtrend-cli-")));
  const child = new Child(binary, args, { cwd: folder, env: environment({ DATA_DIR: folder, ...env }) });
  const code = await child.exit();
  if (cwd === undefined) await rm(folder, { recursive: true, force: true });
  return { code, output: child.output };
}
