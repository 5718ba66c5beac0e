// An S3-compatible server on loopback: s3rver, behind a gate that checks every request's Signature Version 4 (which
// s3rver leaves out). Its key pair is S3RVER / S3RVER, its bucket "media"; a session token must be "token" if there is one.
// Environment: PORT and STATE_DIR (an empty folder), both needed. Prints "READY <port>" when it answers.
const crypto = require("crypto");
const http = require("http");

// s3rver enciphers its paging tokens with DES, which OpenSSL 3 left out; triple DES with one key is the same cipher.
for (const name of ["createCipheriv", "createDecipheriv"]) {
  const original = crypto[name];
  crypto[name] = (algorithm, key, iv) =>
    algorithm === "des" ? original("des-ede3-cbc", Buffer.concat([key, key, key]), iv) : original(algorithm, key, iv);
}
const S3rver = require("s3rver");

const secret = "S3RVER";
const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
const hmac = (key, text) => crypto.createHmac("sha256", key).update(text).digest();
const encoded = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

// The request as the specification writes it down for signing, from what has really arrived.
function canonical(request, names, hash) {
  const url = new URL(request.url, "http://host");
  const path = decodeURIComponent(url.pathname).split("/").map(encoded).join("/");
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort().join("&");
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  return [request.method, path, query, headers, names.join(";"), hash].join("\n");
}

// What is wrong with the signature; nothing when it is right.
function objection(request, body) {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? "");
  if (!parts) return "the Authorization header is missing or malformed";
  const [, credential, signedHeaders, signature] = parts;
  const [key, date, region, service, end] = credential.split("/");
  const stamp = request.headers["x-amz-date"] ?? "";
  if (key !== "S3RVER" || service !== "s3" || end !== "aws4_request" || !stamp.startsWith(date)) return "the credential is wrong";
  const token = request.headers["x-amz-security-token"];
  if (token !== undefined && token !== "token") return "the session token is wrong";
  const names = signedHeaders.split(";");
  if ([...names].sort().join() !== names.join()) return "the signed headers are not sorted";
  const needed = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  for (const name of needed) if (!names.includes(name)) return `${name} is not signed`;
  for (const name of names) if (!(name in request.headers)) return `${name} is signed but was not sent`;
  const hash = request.headers["x-amz-content-sha256"];
  if (hash !== sha256(body)) return "x-amz-content-sha256 is not the hash of the body";
  const scope = [date, region, service, end];
  const text = ["AWS4-HMAC-SHA256", stamp, scope.join("/"), sha256(canonical(request, names, hash))].join("\n");
  const signing = scope.reduce((last, part) => hmac(last, part), "AWS4" + secret);
  return hmac(signing, text).toString("hex") === signature ? undefined : "the signature does not match";
}

// Requests whose path holds this answer 503 so many times first: /media/.../flaky2.
const failures = new Map();
function failsNow(path) {
  const times = Number(/flaky(\d)/.exec(path)?.[1] ?? 0);
  const before = failures.get(path) ?? 0;
  failures.set(path, before + 1);
  return before < times;
}

function gate(port) {
  return http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const reason = objection(request, body);
      if (reason) {
        response.writeHead(403, { "content-type": "application/xml" });
        return response.end(`<Error><Code>SignatureDoesNotMatch</Code><Message>${reason}</Message></Error>`);
      }
      if (failsNow(request.url)) return response.writeHead(503).end("<Error><Code>SlowDown</Code></Error>");
      const { method, url: path, headers } = request;
      const onward = http.request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
}

async function main() {
  const store = new S3rver({
    address: "127.0.0.1",
    port: 0,
    directory: process.env.STATE_DIR,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name: "media" }],
  });
  const { port } = await store.run();
  gate(port).listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`READY ${process.env.PORT}`));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
