// Every text note that a Nostr relay holds, as one JSON array. Usage: node notes.cjs ws://127.0.0.1:PORT
const { createRequire } = require("module");
const { join } = require("path");
const WebSocket = createRequire(join(__dirname, "../servers/nostr/package.json"))("ws");

const page = 500;
const notes = new Map();
const socket = new WebSocket(process.argv[2]);

let fresh = 0;
let oldest = Infinity;
function ask() {
  fresh = 0;
  const until = oldest === Infinity ? {} : { until: oldest };
  socket.send(JSON.stringify(["REQ", "all", { kinds: [1], limit: page, ...until }]));
}
socket.onopen = ask;
socket.onerror = () => {
  console.error("the relay does not answer");
  process.exit(1);
};
socket.onmessage = (message) => {
  const [type, , event] = JSON.parse(message.data);
  if (type === "EVENT") {
    if (!notes.has(event.id)) fresh += 1;
    notes.set(event.id, event);
    oldest = Math.min(oldest, event.created_at);
  }
  if (type !== "EOSE") return;
  // Notes of the oldest second may be on the next page too; a page without news is the last.
  if (fresh > 0) return ask();
  process.stdout.write(JSON.stringify([...notes.values()]), () => process.exit(0));
};
