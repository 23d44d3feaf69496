// A SMART backend service in plain Node: no dependencies, Node's own crypto. node backend.mjs keys | read
// FHIR_BASE, CLIENT_ID, KEY_FILE (private key), ALG (RS384 or ES384), SCOPE, SEARCH
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const { FHIR_BASE = "http://127.0.0.1:8080/fhir", CLIENT_ID = "backend", KEY_FILE = "backend.pem", ALG = "RS384", SCOPE = "system/Patient.rs", SEARCH = "Patient?_count=3" } = process.env;

function key() {
  if (!existsSync(KEY_FILE)) {
    const { privateKey } = ALG === "ES384" ? generateKeyPairSync("ec", { namedCurve: "P-384" }) : generateKeyPairSync("rsa", { modulusLength: 3072 });
    writeFileSync(KEY_FILE, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const secret = createPrivateKey(readFileSync(KEY_FILE));
  const jwk = createPublicKey(secret).export({ format: "jwk" });
  // The key's thumbprint is its name (RFC 7638).
  const kid = createHash("sha256").update(JSON.stringify(Object.fromEntries(Object.entries(jwk).sort()))).digest("base64url");
  return { secret, kid, jwk: { ...jwk, kid, alg: ALG, key_ops: ["verify"] } };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function assertion(audience) {
  const { secret, kid } = key();
  const body = `${part({ alg: ALG, typ: "JWT", kid })}.${part({ iss: CLIENT_ID, sub: CLIENT_ID, aud: audience, exp: Math.floor(Date.now() / 1000) + 240, jti: randomUUID() })}`;
  return `${body}.${sign("sha384", Buffer.from(body), { key: secret, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

async function json(answer) {
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${JSON.stringify(body)}`);
  return body;
}

async function read() {
  const smart = await json(await fetch(`${FHIR_BASE}/.well-known/smart-configuration`));
  const token = await json(await fetch(smart.token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials", scope: SCOPE, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: assertion(smart.token_endpoint),
    }),
  }));
  const bundle = await json(await fetch(`${FHIR_BASE}/${SEARCH}`, { headers: { authorization: `Bearer ${token.access_token}`, accept: "application/fhir+json" } }));
  return { scope: token.scope, expires_in: token.expires_in, found: (bundle.entry ?? []).map((e) => `${e.resource.resourceType}/${e.resource.id}`) };
}

const command = process.argv[2];
if (command === "keys") console.log(JSON.stringify({ keys: [key().jwk] }));
else if (command === "read") console.log(JSON.stringify(await read()));
else console.error("node backend.mjs keys | read"), process.exit(2);
