// Bundles the live parts and the styles into wwwroot/dist, and refuses to when a page says something French lacks.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import esbuild from "esbuild";

const out = "wwwroot/dist";
const capabilities = [
  "Frame", "Visits", "Messages", "Conversations", "SignIn", "Launch", "Guests", "Consent", "Apps", "Administration", "../SmartLauncher/Ehrs/Checks",
  "Teams", "Activity", "PatientLists", "Tasks", "Approvals", "Shifts", "RosterPlans", "Handovers", "Policies", "Files", "Audit", "Federation",
];

// Where refusals are written that pages say in French by their own sentence.
const refusals = ["Approvals", "Conversations", "Files", "Forms", "Handovers", "Messages", "PatientLists", "Policies", "RosterPlans", "Sheets", "Shifts", "Tasks", "Teams"].map((name) => `../Collaboration/${name}`).concat("../FhirGateway/Federation");

/** The French of all capabilities: each keeps its own words.fr.json; what two say stands in Frame's. */
async function french() {
  const all = {};
  for (const folder of capabilities) {
    const words = await readFile(`${folder}/words.fr.json`, "utf8").then(JSON.parse, () => ({}));
    for (const [english, said] of Object.entries(words)) {
      if (english in all && all[english] !== said) console.error(`${folder}: "${english}" is said twice, and differently`);
      all[english] = said;
    }
  }
  return all;
}

async function sources() {
  const files = await Promise.all([...capabilities, ...refusals].map(async (folder) =>
    (await readdir(folder, { recursive: true })).map((name) => `${folder}/${name}`)));
  return files.flat().filter((name) => /\.(cs|cshtml|ts)$/.test(name));
}

/** $"{team} has {n:N0} members" as it is looked up: "{0} has {1:N0} members". */
function withHoles(text, start) {
  let said = "", hole = 0;
  for (let i = start; text[i] !== '"'; i++) {
    if (text[i] === "\\") said += text[++i] === "n" ? "\n" : text[i];
    else if (text[i] !== "{") said += text[i];
    else {
      let [depth, from, quoted] = [1, i + 1, false];
      while (depth > 0) {
        const c = text[++i];
        if (c === '"') quoted = !quoted;
        if (quoted) continue;
        if ("{([".includes(c)) depth++;
        if ("})]".includes(c)) depth--;
      }
      const format = /:(N0|yyyy-MM-dd)$/.exec(text.slice(from, i));
      said += `{${hole++}${format ? `:${format[1]}` : ""}}`;
    }
  }
  return said;
}

async function untranslated() {
  const known = await french();
  const [used, refused] = [new Map(), new Set()];
  for (const file of await sources()) {
    const text = await readFile(file, "utf8");
    for (const [, word] of text.matchAll(/(?:\b[Ww]\[|\bt\(|\bwords\[|\bWord\()"((?:[^"\\]|\\.)+)"/g)) used.set(word, file);
    for (const [, word] of text.matchAll(/\bProblem\.\w+\("((?:[^"\\]|\\.)+)"/g)) refused.add(JSON.parse(`"${word}"`));
    for (const [, word] of text.matchAll(/\bProblemText\.Plain\("((?:[^"\\]|\\.)+)"/g)) refused.add(JSON.parse(`"${word}"`));
    for (const found of text.matchAll(/\b(?:Problem\.\w+|Text)\(\s*\$"/g)) refused.add(withHoles(text, found.index + found[0].length));
  }
  const unused = Object.keys(known).filter((word) => !used.has(word) && !refused.has(word));
  if (unused.length > 0) console.warn(`Words nobody says any more: ${unused.join(" | ")}`);
  return [...used].filter(([word]) => !(word in known));
}

const missing = await untranslated();
if (missing.length > 0) {
  for (const [word, file] of missing) console.error(`${file}: no French for "${word}"`);
  process.exit(1);
}

const options = {
  entryPoints: { app: "Frame/app.ts", onward: "Launch/onward.ts", room: "Visits/Room/room.ts", lists: "PatientLists/lists.ts", tasks: "Tasks/tasks.ts", approvals: "Approvals/approvals.ts", shifts: "Shifts/shifts.ts", plans: "RosterPlans/plans.ts", handovers: "Handovers/handovers.ts", chat: "Conversations/chat.ts", messages: "Messages/messages.ts", worker: "Messages/worker.ts", files: "Files/files.ts", style: "Frame/styles/style.css" },
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: ["es2022", "safari16"],
  logLevel: "info",
};

await mkdir(out, { recursive: true });
await writeFile(`${out}/words.fr.json`, JSON.stringify(await french()));
if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
