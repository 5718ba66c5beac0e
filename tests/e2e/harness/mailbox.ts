// A mail server that keeps what it is given. It can refuse the next ones for the moment.
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Mailbox {
  readonly mails: string[] = [];
  refuse = 0;
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => this.talk(socket));
  }

  static async start(): Promise<Mailbox> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Mailbox(server);
  }

  private talk(socket: Socket): void {
    this.open.add(socket);
    socket.on("close", () => this.open.delete(socket)).on("error", () => socket.destroy());
    let heard = "";
    let inside = false;
    socket.write("220 mailbox\r\n");
    socket.on("data", (bytes) => {
      heard += bytes.toString();
      for (;;) {
        const end = inside ? heard.indexOf("\r\n.\r\n") : heard.indexOf("\r\n");
        if (end < 0) return;
        const said = heard.slice(0, end);
        heard = heard.slice(end + (inside ? 5 : 2));
        socket.write(inside ? this.keep(said) : this.answer(said));
        inside = !inside && said === "DATA";
      }
    });
  }

  private keep(mail: string): string {
    this.mails.push(mail);
    return "250 kept\r\n";
  }

  private answer(line: string): string {
    if (line.startsWith("MAIL") && this.refuse > 0) {
      --this.refuse;
      return "451 later\r\n";
    }
    if (line === "DATA") return "354 go on\r\n";
    return line === "QUIT" ? "221 bye\r\n" : "250 well\r\n";
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
