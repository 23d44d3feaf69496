// Bundles the live parts and the styles into wwwroot/dist, and refuses to when a page says something French lacks.
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import esbuild from "esbuild";

const out = "wwwroot/dist";
const french = "Frame/words.fr.json";

async function sources() {
  const capabilities = ["Frame", "Visits", "Messages", "SignIn", "Launch", "Guests", "Consent", "Apps", "Administration", "../SmartLauncher/Ehrs/Checks"];
  const files = await Promise.all(capabilities.map(async (folder) =>
    (await readdir(folder, { recursive: true })).map((name) => `${folder}/${name}`)));
  return files.flat().filter((name) => /\.(cs|cshtml|ts)$/.test(name));
}

async function untranslated() {
  const known = JSON.parse(await readFile(french, "utf8"));
  const used = new Map();
  for (const file of await sources()) {
    const text = await readFile(file, "utf8");
    for (const [, word] of text.matchAll(/(?:\bW\[|\bt\(|\bwords\[|\bWord\()"((?:[^"\\]|\\.)+)"/g)) used.set(word, file);
  }
  const unused = Object.keys(known).filter((word) => !used.has(word));
  if (unused.length > 0) console.warn(`Words nobody says any more: ${unused.join(" | ")}`);
  return [...used].filter(([word]) => !(word in known));
}

const missing = await untranslated();
if (missing.length > 0) {
  for (const [word, file] of missing) console.error(`${file}: no French for "${word}"`);
  process.exit(1);
}

const options = {
  entryPoints: { app: "Frame/app.ts", onward: "Launch/onward.ts", room: "Visits/Room/room.ts", style: "Frame/styles/style.css" },
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: ["es2022", "safari16"],
  logLevel: "info",
};

await mkdir(out, { recursive: true });
await copyFile(french, `${out}/words.fr.json`);
if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
