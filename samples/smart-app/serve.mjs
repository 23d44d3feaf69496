// Serves this folder and, at /fhir-client.js, the SMART client library fhirclient: node serve.mjs [PORT]
// The library is fetched by npm once, into .fhirclient here, and only if it is letter by letter the one meant.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const kept = join(here, ".fhirclient");
const library = join(kept, "package", "build", "fhir-client.pure.min.js");
const sha512 = "CirZixcwWelbkIXxpxlNQx5+ZdJirl6F1s4y4yvA1X7hHAkr9n99aVHaMi0wX+97nATjKQ65X6NB5as/wZoJzg==";

if (!existsSync(library)) {
  mkdirSync(kept, { recursive: true });
  execFileSync("npm", ["pack", "fhirclient@2.6.3", "--pack-destination", kept, "--loglevel=error"], { stdio: ["ignore", "ignore", "inherit"] });
  const tarball = join(kept, "fhirclient-2.6.3.tgz");
  const got = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  if (got !== sha512) throw new Error(`fhirclient 2.6.3 is not the one meant: sha512-${got}`);
  execFileSync("tar", ["-xzf", tarball, "-C", kept]);
}

const pages = { "/": "index.html", "/index.html": "index.html", "/launch.html": "launch.html", "/standalone.html": "standalone.html", "/app.js": "app.js" };
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const file = path === "/fhir-client.js" ? library : pages[path] && join(here, pages[path]);
  if (!file) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": file.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(readFileSync(file));
});
server.listen(Number(process.argv[2] ?? 8200), () => console.log(`serving http://localhost:${server.address().port}`));
