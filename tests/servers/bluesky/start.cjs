// A PLC directory and a Bluesky PDS in one process, on loopback.
// Environment: PORT and PLC_PORT (both needed), STATE_DIR (an empty folder). Prints "READY <port>" when it answers.
const crypto = require("crypto");
const fs = require("fs");
const net = require("net");
const path = require("path");

// Neither server has an option for the address to listen on: without this they would answer on every interface.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== "number") return listen.call(this, port, ...rest);
  return listen.call(this, port, "127.0.0.1", ...rest.filter((argument) => typeof argument === "function"));
};

const state = process.env.STATE_DIR;
const blobs = path.join(state, "blobs");
const scratch = path.join(state, "tmp");
fs.mkdirSync(blobs, { recursive: true });
fs.mkdirSync(scratch, { recursive: true });
const secret = (bytes) => crypto.randomBytes(bytes).toString("hex");
Object.assign(process.env, {
  PDS_PORT: process.env.PORT,
  PDS_HOSTNAME: "localhost",
  PDS_SERVICE_HANDLE_DOMAINS: ".test",
  PDS_DATA_DIRECTORY: state,
  PDS_BLOBSTORE_DISK_LOCATION: blobs,
  PDS_BLOBSTORE_DISK_TMP_LOCATION: scratch,
  PDS_DID_PLC_URL: `http://127.0.0.1:${process.env.PLC_PORT}`,
  PDS_DEV_MODE: "true",
  PDS_DISABLE_SSRF_PROTECTION: "true",
  PDS_INVITE_REQUIRED: "false",
  PDS_RATE_LIMITS_ENABLED: "false",
  PDS_JWT_SECRET: secret(32),
  PDS_ADMIN_PASSWORD: secret(16),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secret(32),
  PDS_BSKY_APP_VIEW_URL: "http://127.0.0.1:9",
  PDS_BSKY_APP_VIEW_DID: "did:web:localhost",
  PDS_REPORT_SERVICE_URL: "http://127.0.0.1:9",
  PDS_REPORT_SERVICE_DID: "did:web:localhost",
  PDS_CRAWLERS: "",
  LOG_ENABLED: "0",
});

const plc = require("@did-plc/server");
const pds = require("@atproto/pds");

async function main() {
  const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: Number(process.env.PLC_PORT) });
  await directory.start();
  const environment = pds.readEnv();
  const server = await pds.PDS.create(pds.envToCfg(environment), pds.envToSecrets(environment));
  await server.start();
  console.log(`READY ${process.env.PORT}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
