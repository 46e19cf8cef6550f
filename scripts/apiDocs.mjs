/**
 * Writes the pages of docs/api from the docstrings of the built package, one page for each of its faces:
 *
 *     node scripts/apiDocs.mjs [--check] [package folder]
 *
 * With --check it writes nothing, and fails if a page is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Declarations, facesOf } from "./declarations.mjs";

/** Longest line of code on a page. */
const WIDTH = 100;

/** The sections of each page: titles, and the rooms or files whose exports stand there, in this order. */
const pages = {
  ".": {
    Separation: ["separation/", "networks/targets", "phase/", "transforms/"],
    Live: ["live/"],
    "Song files": ["demix/", "stems/"],
    Audio: ["audio/"],
    Models: ["models/", "networks/", "tensors/"],
    Pictures: ["pictures/"],
    Runtimes: ["runtime/"],
    Errors: ["errors"],
  },
  "./advanced": {
    Engines: ["separation/", "runtime/"],
    Phase: ["phase/"],
    Models: ["models/", "tensors/"],
  },
  "./slicqt": {
    Transforms: [
      "transforms/slicqt/forward",
      "transforms/slicqt/inverse",
      "transforms/slicqt/coefficients",
    ],
    Plans: ["transforms/"],
  },
  "./evaluation": {
    Scores: [
      ...[
        "evaluation/trackScores",
        "evaluation/hearing",
        "metrics/wholeTrack",
        "metrics/bss/bssEval",
      ],
      ...["metrics/bss/criteria", "metrics/bss/correlations", "metrics/bss/frames", "metrics/"],
    ],
    "Whole data sets": [
      ...["evaluation/evaluateDataset", "evaluation/methods", "evaluation/trackJob", "datasets/"],
    ],
    "Files and tables": [
      ...["evaluation/musevalFile", "evaluation/scoreFiles", "evaluation/aggregate"],
      "evaluation/tables",
    ],
    Hearing: ["metrics/haaqi/", "evaluation/hearing"],
    Oracles: ["evaluation/oracles/", "evaluation/slicqSearch"],
    Plots: ["evaluation/plot/"],
  },
  "./jobs": {
    Songs: ["jobs/submit", "jobs/songJob", "jobs/manifest", "jobs/digests"],
    Workers: [
      "jobs/worker",
      "jobs/performer",
      "jobs/separators",
      "jobs/access",
      "jobs/statusServer",
    ],
    "The queue": ["jobs/"],
  },
  "./training": {
    Trainings: ["training/loop/", "training/data/", "training/settings"],
    Files: ["training/checkpoint/", "training/events/"],
    Steps: ["training/", "networks/", "runtime/"],
  },
};

const { values, positionals } = parseArgs({
  options: { check: { type: "boolean", default: false } },
  allowPositionals: true,
});
const root = resolve(positionals[0] ?? fileURLToPath(new URL("..", import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const declarations = new Declarations(join(root, "dist"));
const exportsOf = (types) => declarations.exportsOf(types.replace("./dist/", ""));

/** Names that browsers can import from the main face. */
const portable = new Set(exportsOf(manifest.exports["."].browser.types).map(({ name }) => name));

/** Everything that the page of a face says. */
function pageOf(path, types) {
  const placed = exportsOf(types).map((declaration) => ({
    declaration,
    ...placeOf(path, declaration),
  }));
  placed.sort((a, b) => rank(a.declaration) - rank(b.declaration) || a.index - b.index);
  const sections = Object.keys(pages[path]).map((title) => ({
    title,
    list: placed.filter((place) => place.title === title).map(({ declaration }) => declaration),
  }));
  const anchors = anchorsOf(
    sections.flatMap(({ title, list }) => [title, ...list.map(({ name }) => name)]),
  );
  const link = (name) =>
    anchors.has(name) ? `[\`${name}\`](#${anchors.get(name)})` : `\`${name}\``;
  const source = readFileSync(
    join(root, types.replace("./dist/", "src/").replace(".d.ts", ".ts")),
    "utf8",
  );
  const comment = /^\/\*\*([\s\S]*?)\*\//
    .exec(source)[1]
    .replace(/^ *\* ?/gm, "")
    .trim();
  const blocks = [
    `# ${path.replace(/^\./, manifest.name)}`,
    "<!-- Written by npm run docs:api from the docstrings. -->",
    ...textOf(comment, link),
    sections
      .map(({ title, list }) => `- **${title}**: ${list.map(({ name }) => link(name)).join(", ")}`)
      .join("\n"),
  ];
  for (const { title, list } of sections) {
    blocks.push(`## ${title}`);
    for (const declaration of list) {
      const nodeOnly = path === "." && !portable.has(declaration.name);
      blocks.push(
        `### ${declaration.name}`,
        ...(nodeOnly ? ["*Node only.*"] : []),
        ...textOf(declaration.doc ?? "", link),
        `\`\`\`ts\n${codeOf(declaration)}\n\`\`\``,
      );
    }
  }
  return `${blocks.join("\n\n")}\n`;
}

/** What one calls comes before what one only names. */
function rank({ kind }) {
  return ["function", "class"].includes(kind) ? 0 : kind === "const" ? 1 : 2;
}

/** The section that a declaration belongs to, and its place there: of the longest place that fits. */
function placeOf(path, { file, name }) {
  const fitting = Object.entries(pages[path]).flatMap(([title, places]) =>
    places.flatMap((place, index) => {
      const fits = place.endsWith("/") ? file.startsWith(place) : file === place;
      return fits ? [{ title, index, length: place.length }] : [];
    }),
  );
  if (fitting.length === 0) {
    throw new Error(`The page of ${path} has no section for ${file}: ${name}.`);
  }
  return fitting.reduce((a, b) => (b.length > a.length ? b : a));
}

/** The anchors that headings get, as GitHub makes them: those that differ in case alone are numbered. */
function anchorsOf(headings) {
  const counts = new Map();
  return new Map(
    headings.map((heading) => {
      const plain = heading.toLowerCase().replaceAll(" ", "-");
      const count = counts.get(plain) ?? 0;
      counts.set(plain, count + 1);
      return [heading, count === 0 ? plain : `${plain}-${count}`];
    }),
  );
}

/** A docstring as blocks of Markdown. */
function textOf(doc, link) {
  const linked = doc
    .replace(/\{@link ([\w$]+)((?:\.[\w$]+)*)\}/g, (_, name, member) =>
      member ? `\`${name}${member}\`` : link(name),
    )
    // What only readers of the source can look up.
    .replace(/ ?\(section [\d., and]+\)|, section [\d.]+(?=\))/g, "")
    .replaceAll("docs/mathematics.md", "[the mathematics](../mathematics.md)");
  const [text, ...tags] = linked.split(/(?:^|\s)@(?=(?:param|returns|throws|example|module)\b)/);
  const items = [];
  const examples = [];
  for (const tag of tags) {
    const [, kind, rest] = /^(\w+)\s*([\s\S]*)$/.exec(tag);
    const flat = rest.trim().replace(/\s*\n\s*/g, " ");
    const [, name, about] = /^(\S+)\s*([\s\S]*)$/.exec(flat) ?? [];
    if (kind === "param") items.push(`- \`${name}\`: ${about}`);
    else if (kind === "returns") items.push(`- Returns ${flat}`);
    else if (kind === "throws") items.push(`- Throws ${flat.replace(/^\{(.*?)\}/, "$1")}`);
    else if (kind === "example") examples.push(`\`\`\`ts\n${rest.trim()}\n\`\`\``);
  }
  return [text.trim(), items.join("\n"), ...examples].filter((block) => block !== "");
}

/** A declaration as code, with what it mentions that has no name outside of its file. */
function codeOf(declaration) {
  const own = declaration.mentions.flatMap((name) => {
    const found = declarations.mentioned(declaration, name);
    return found && !found.exported && found.file === declaration.file ? [found.text] : [];
  });
  return [declaration.text, ...own].map(tidy).join("\n");
}

/** Without what is private, narrower, and with long lists of parameters one below the other. */
function tidy(text) {
  return text
    .replace(/^ +(?:#private|private constructor[^;]*);\n/gm, "")
    .replace(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2))
    .split("\n")
    .map(wrapped)
    .join("\n");
}

/** A line whose parameters are put below each other if it is too long. */
function wrapped(line) {
  if (line.length <= WIDTH || /^\s*(\*|\/\*)/.test(line)) return line;
  const open = line.indexOf("(");
  const parts = open < 0 ? undefined : split(line, open);
  if (!parts) return line;
  const indent = /^ */.exec(line)[0];
  const inner = parts.items.map((item) => `${indent}  ${item.trim()},\n`).join("");
  return `${line.slice(0, open + 1)}\n${inner}${indent}${line.slice(parts.end)}`;
}

/** What stands between commas in a pair of brackets, and where the closing one is; undefined if it is not there. */
function split(line, open) {
  const items = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < line.length; at++) {
    // The arrow of a function closes no bracket.
    if (line.startsWith("=>", at)) at++;
    else if ("([{<".includes(line[at])) depth++;
    else if (")]}>".includes(line[at])) depth--;
    if (depth === 0) return { items: [...items, line.slice(from, at)], end: at };
    if (depth === 1 && line[at] === ",") {
      items.push(line.slice(from, at));
      from = at + 1;
    }
  }
  return undefined;
}

const stale = [];
for (const { path, types } of facesOf(manifest)) {
  // What browsers get is a part of a face.
  if (types !== manifest.exports[path].types) continue;
  const file = join(root, "docs", "api", `${path === "." ? "index" : path.slice(2)}.md`);
  const text = pageOf(path, types);
  if (!values.check) {
    mkdirSync(join(root, "docs", "api"), { recursive: true });
    writeFileSync(file, text);
    continue;
  }
  let current = "";
  try {
    current = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {}
  if (current !== text) stale.push(file);
}
for (const file of stale)
  console.error(`${file} is not up to date: npm run build && npm run docs:api`);
process.exitCode = stale.length === 0 ? 0 : 1;
