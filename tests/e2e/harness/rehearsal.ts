// `socialtrend rehearse`: stand-ins for all networks on free ports.
import { Child } from "./child.ts";
import { binary } from "./program.ts";

export interface Stand {
  name: string;
  network: string;
  address: string;
  settings: Record<string, unknown>;
}

export interface Received {
  name: string;
  accepted: number;
  doubled: number;
  posts: { text: string; count: number }[];
}

export class Rehearsal {
  private constructor(private readonly child: Child, readonly control: string, readonly networks: Stand[]) {}

  static async start(args: string[] = []): Promise<Rehearsal> {
    const child = new Child(binary, ["rehearse", "--port", "0", "--json", ...args], {});
    const [line] = await child.printed(/^\{.*\}$/m);
    const about = JSON.parse(line);
    return new Rehearsal(child, about.control, about.networks);
  }

  stand(name: string): Stand {
    const found = this.networks.find((stand) => stand.name === name);
    if (!found) throw new Error(`no stand-in ${name}`);
    return found;
  }

  async order(order: object): Promise<void> {
    const answer = await fetch(`${this.control}/faults`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(order),
    });
    if (answer.status !== 204) throw new Error(await answer.text());
  }

  async received(name: string): Promise<Received> {
    const answer = await fetch(`${this.control}/received?network=${name}`);
    return ((await answer.json()) as { networks: Received[] }).networks[0]!;
  }

  async stop(): Promise<number | null> {
    return await this.child.end("SIGTERM");
  }
}
