// A Nostr relay in memory, on loopback. Environment: PORT (needed). Prints "READY <port>" when it answers.
const { NostrRelay } = require("@nostr-relay/core");
const { EventRepositorySqlite } = require("@nostr-relay/event-repository-sqlite");
const { Validator } = require("@nostr-relay/validator");
const { WebSocketServer } = require("ws");

async function main() {
  const repository = new EventRepositorySqlite(":memory:");
  await repository.init();
  const relay = new NostrRelay(repository);
  const validator = new Validator();
  const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT) });
  server.on("connection", (client) => {
    relay.handleConnection(client);
    client.on("message", async (data) => {
      try {
        await relay.handleMessage(client, await validator.validateIncomingMessage(data));
      } catch (error) {
        client.send(JSON.stringify(["NOTICE", error.message]));
      }
    });
    client.on("close", () => relay.handleDisconnect(client));
  });
  server.on("listening", () => console.log(`READY ${process.env.PORT}`));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
