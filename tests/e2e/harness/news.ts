// A server of posts in the manner of Hacker News: ids count up, each item is fetched by its id.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class News {
  newest: number;
  // Whether a reader has asked for the newest id: from there on it reads.
  asked = false;

  private constructor(private readonly server: Server, readonly first: number, private readonly text: (id: number) => string) {
    this.newest = first;
    server.on("request", (request, response) => response.writeHead(200, { "content-type": "application/json" }).end(this.answer(request.url ?? "")));
  }

  static async start(first: number, text: (id: number) => string): Promise<News> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new News(server, first, text);
  }

  private answer(path: string): string {
    if (path === "/maxitem.json") {
      this.asked = true;
      return String(this.newest);
    }
    if (path === "/newstories.json") return "[]";
    const id = Number(path.match(/^\/item\/(\d+)\.json$/)?.[1]);
    if (!(id > this.first && id <= this.newest)) return "null";
    return JSON.stringify({ id, type: "comment", by: `author${id % 500}`, time: Math.floor(Date.now() / 1000), text: this.text(id) });
  }

  // How many there are to be counted.
  get written(): number {
    return this.newest - this.first;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
