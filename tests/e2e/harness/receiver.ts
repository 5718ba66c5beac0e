// A webhook receiver that counts, and that can accept and then drop the answer.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

export class Receiver {
  readonly deliveries: Delivery[] = [];
  // What happens to the next requests: answered, or received and cut without an answer.
  answer: "accept" | "drop" | "hold" = "accept";

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const post = request.headers["x-socialtrend-event"] === "post";  // not the greeting of a new connection
        if (post) this.deliveries.push({ headers: request.headers, body });
        if (!post) response.writeHead(204).end();
        else if (this.answer === "drop") request.socket.destroy();
        else if (this.answer === "accept") response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Receiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
