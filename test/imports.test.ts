import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The rooms of the house from the ground up, and what each imports besides itself and the ground. */
const house: readonly (readonly [room: string, imports: readonly string[] | "all below"])[] = [
  ["errors.ts", []],
  ["arguments.ts", []],
  ["abort.ts", []],
  ["shortage.ts", []],
  ["version.ts", []],
  ["bytes", []],
  ["files", []],
  ["threads", []],
  ["kernels", []],
  ["tensors", ["bytes"]],
  ["graph", ["bytes"]],
  ["transforms", ["kernels"]],
  ["phase", ["kernels"]],
  ["runtime", ["graph"]],
  ["networks", ["kernels", "tensors", "graph", "transforms", "phase", "runtime"]],
  ["gate", ["kernels", "tensors", "transforms"]],
  ["models", ["bytes", "files", "threads", "tensors", "transforms", "networks", "phase"]],
  ["audio", ["bytes", "files", "kernels"]],
  ["separation", "all below"],
  [
    "live",
    [
      "threads",
      "kernels",
      "transforms",
      "phase",
      "runtime",
      "networks",
      "models",
      "audio",
      "separation",
    ],
  ],
  ["metrics", ["kernels"]],
  ["pictures", ["bytes", "files", "tensors", "transforms", "audio"]],
  ["stems", ["audio", "networks", "separation", "transforms"]],
  ["demix", ["files", "threads", "audio", "separation", "stems"]],
  ["datasets", ["audio", "networks"]],
  [
    "evaluation",
    [
      ...["files", "threads", "kernels", "tensors", "transforms", "networks", "phase", "models"],
      ...["separation", "audio", "metrics", "pictures", "datasets"],
    ],
  ],
  [
    "cadenza",
    ["bytes", "files", "threads", "separation", "audio", "metrics", "datasets", "evaluation"],
  ],
  ["training", "all below"],
  [
    "jobs",
    [
      ...["files", "networks", "phase", "runtime", "models", "separation", "audio", "stems"],
      "demix",
    ],
  ],
  ["cli", "all below"],
  ["browser", ["threads", "transforms", "runtime", "networks", "models", "separation", "live"]],
  [
    "portable.ts",
    [
      ...["threads", "tensors", "transforms", "networks", "phase", "runtime", "models"],
      ...["separation", "live", "audio", "pictures", "stems"],
    ],
  ],
  ["browser.ts", ["live", "browser", "portable.ts"]],
  ["index.ts", "all below"],
  ["advanced.ts", "all below"],
];
const rooms = house.map(([room]) => room);

/** What every room may import. */
const ground = ["errors.ts", "arguments.ts", "abort.ts", "shortage.ts", "version.ts"];

/** Rooms and files that know Node. All others run in browsers. */
const nodeOnly = [
  "audio/ffmpegProcess.ts",
  "audio/fileBytes.ts",
  "audio/spool.ts",
  "cadenza/",
  "cli/",
  "datasets/",
  "demix/",
  "evaluation/",
  "files/",
  "jobs/",
  "models/bundled.ts",
  "models/cache.ts",
  "models/describe.ts",
  "models/download.ts",
  "models/fetchOriginal.ts",
  "models/hash.ts",
  "models/inventory.ts",
  "models/load.ts",
  "models/partialDownload.ts",
  "separation/modelThread.ts",
  "separation/modelWorker.ts",
  "separation/openSeparator.ts",
  "separation/pieceWorker.ts",
  "separation/temporaryDisk.ts",
  "separation/workers.ts",
  "threads/node.ts",
  "training/",
  "version.ts",
];

/** Packages, and the rooms or files that may use them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "@aws-sdk/client-s3": ["jobs/"],
  "@wasm-audio-decoders/ogg-vorbis": ["audio/"],
  bullmq: ["jobs/"],
  commander: ["cli/"],
  "env-paths": ["models/"],
  fflate: ["bytes/", "pictures/", "training/"],
  ioredis: ["jobs/"],
  "libopus-wasm": ["audio/"],
  "mpg123-decoder": ["audio/"],
  "onnxruntime-node": ["runtime/"],
  "onnxruntime-web": ["runtime/"],
  "onnxruntime-web/wasm": ["browser/"],
  "onnxruntime-web/webgpu": ["browser/"],
  "prom-client": ["jobs/"],
  tinyglobby: ["demix/"],
  undici: ["models/"],
  "wasm-media-encoders": ["audio/"],
};

interface Import {
  /** The file that imports, from src. */
  readonly file: string;
  /** What it imports: a file from src, or a package. */
  readonly target: string;
}

const src = fileURLToPath(new URL("../src/", import.meta.url));
/** Not house but scaffolding: tests, what is for tests alone, and sources of another language. */
const scaffolding = /\.test\.ts$|(^|\/)testing\/|^kernels\/assembly\//;
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !scaffolding.test(file));

/** `import … from`, `export … from`, `import "…"`, `import("…")` and the URLs of workers, without comments. */
function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const forms = [
    /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
    /\bnew URL\(\s*["'](\.[^"']+)\.js["'],\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map(([, to]) => {
      if (!to.startsWith(".")) return { file, target: to };
      const path = posix.join(posix.dirname(file), to);
      return { file, target: form === forms[3] ? `${path}.ts` : path };
    }),
  );
}

const imports = files.flatMap((file) => importsOf(file, readFileSync(src + file, "utf8")));
const roomOf = (file: string) => file.split("/")[0];
const within = (file: string, places: readonly string[]) =>
  places.some((place) => (place.endsWith("/") ? file.startsWith(place) : file === place));
const shown = ({ file, target }: Import) => `${file} → ${target}`;
const inner = imports.filter(({ target }) => target.endsWith(".ts"));
const outer = imports.filter(({ target }) => !target.endsWith(".ts"));

describe("the house", () => {
  it("has a floor for every room, and every room stands above those it imports", () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !rooms.includes(room))).toEqual([]);
    for (const [floor, [, imports]] of house.entries()) {
      if (imports === "all below") continue;
      for (const other of imports) expect(rooms.slice(0, floor)).toContain(other);
    }
  });

  it("finds imports of every form", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import {\n  b,\n  type C,\n} from "../kernels/index.ts";',
      'import type * as D from "onnxruntime-web";',
      'export { e } from "./e.ts";',
      'import "./f.ts";',
      'const g = await import("node:os");',
      'new Worker(new URL("./h.js", import.meta.url));',
      '// import { no } from "./comment.ts";',
      '/** import { no } from "./example.ts"; */',
    ].join("\n");
    expect(
      importsOf("audio/x.ts", text)
        .map(({ target }) => target)
        .sort(),
    ).toEqual(
      [
        "audio/a.ts",
        "kernels/index.ts",
        "onnxruntime-web",
        "audio/e.ts",
        "audio/f.ts",
        "node:os",
        "audio/h.ts",
      ].sort(),
    );
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it("imports run downwards", () => {
    const upwards = inner.filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      const floor = rooms.indexOf(from);
      const [, allowed] = house[floor] ?? [from, []];
      const below = allowed === "all below" ? rooms.slice(0, floor) : allowed;
      return from !== to && !ground.includes(to) && !below.includes(to);
    });
    expect(upwards.map(shown)).toEqual([]);
  });

  it("imports lead to files that exist", () => {
    const modules = ["worker", "gpuWorker", "worklet"].map((name) => `browser/assets/${name}.ts`);
    const built = ["kernels/kernels.wasm.ts", ...modules];
    const known = new Set([...files, ...built]);
    expect(inner.filter(({ target }) => !known.has(target)).map(shown)).toEqual([]);
  });
});

describe("what lies outside of the house", () => {
  it("Node is known to the listed files alone", () => {
    const node = imports.filter(
      ({ target }) => target.startsWith("node:") || target === "threads/node.ts",
    );
    expect(node.filter(({ file }) => !within(file, nodeOnly)).map(shown)).toEqual([]);
    // The list holds no places that have no need of it.
    const needless = nodeOnly.filter((place) => !node.some(({ file }) => within(file, [place])));
    expect(needless).toEqual([]);
  });

  it("packages are used where they belong, ONNX Runtime in its room alone", () => {
    const wrong = outer.filter(
      ({ file, target }) => !target.startsWith("node:") && !within(file, packages[target] ?? []),
    );
    expect(wrong.map(shown)).toEqual([]);
  });
});

/** The rooms of the web app from the ground up; each may import those before it. */
const appRooms = [
  ...["text", "tracks", "pictures", "storage", "studio", "models", "songs", "exporting"],
  ...["serviceWorker", "settings", "live", "player", "view"],
];

/** Packages of the app, and the rooms that may use them; the package's own name is its browser face. */
const appPackages: Readonly<Record<string, readonly string[] | "all">> = {
  "@preact/signals": "all",
  "virtual:bundled-models": ["models"],
  "xumx-slicq": "all",
  fflate: ["studio"],
  mediabunny: ["studio"],
  preact: ["view"],
  "preact/hooks": ["view"],
};

describe("the web app", () => {
  const web = fileURLToPath(new URL("../web/src/", import.meta.url));
  const modules = readdirSync(web, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\.d\.ts$|^testing\//.test(file));
  const all = modules.flatMap((file) => importsOf(file, readFileSync(web + file, "utf8")));
  const rooms = all.filter(({ file }) => file.includes("/"));

  it("knows the package by its browser face alone", () => {
    expect(all.length).toBeGreaterThan(modules.length);
    expect(all.filter(({ target }) => target.startsWith("..")).map(shown)).toEqual([]);
  });

  it("imports run downwards", () => {
    const upwards = rooms.filter(({ file, target }) => {
      if (!/\.(tsx?|css)$/.test(target)) return false;
      const [from, to] = [roomOf(file), roomOf(target)];
      return from !== to && !appRooms.slice(0, appRooms.indexOf(from)).includes(to);
    });
    expect(upwards.map(shown)).toEqual([]);
  });

  it("packages are used where they belong", () => {
    const foreign = rooms.filter(({ target }) => !/\.(tsx?|css)(\?.*)?$/.test(target));
    const wrong = foreign.filter(({ file, target }) => {
      const users = appPackages[target] ?? [];
      return users !== "all" && !users.includes(roomOf(file));
    });
    expect(wrong.map(shown)).toEqual([]);
  });
});
