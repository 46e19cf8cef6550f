/**
 * Proves that the package installs and works, in fresh folders, the ways people get it:
 *
 *     node scripts/checkInstall.mjs [package] [runtimes] [broken] [clone]
 *
 * package: the packed tarball, which holds what belongs there, in an empty project: from the command line, from modules
 *          of both kinds, and from TypeScript;
 * runtimes: the same modules by Bun and Deno, where npm has them for the machine;
 * broken:  the same where the native runtime is left out, or its install script fails: WebAssembly must serve;
 * clone:   a clone of the committed state: `npm ci` and `npm run example`, also without the native runtime.
 *
 * Heavy, and uses the npm registry: not a part of the tests. Fails if any step does.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installLine } from "../dist/runtime/nativePackage.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "xumx-install-"));
const notice = /^note: .*Using WebAssembly.*npm install onnxruntime-node/m;
let failures = 0;

/** A user's environment: nothing of what npm tells its scripts when this one is started by it. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|onnxruntime)/i.test(name)),
);

/** Runs a program to its end; what it says is shown if it fails. */
function run(cwd, command, args, env = {}) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...environment, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    shell: process.platform === "win32",
  });
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  console.log(`  ${[command, ...args].join(" ").replaceAll(temporary, "…")}  (${seconds} s)`);
  if (status !== 0) {
    const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-25).join("\n");
    throw new Error(`it ended with code ${status}:\n${said}`);
  }
  return { stdout, stderr };
}

/** One way of installing; a failure does not keep the others from being tried. */
function step(title, action) {
  console.log(title);
  try {
    action();
    console.log("  works");
  } catch (error) {
    failures++;
    console.log(`  FAILS: ${error.message}`);
  }
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

/** Two seconds of a tone with knocks: stereo, 16 bit, 44.1 kHz. */
function wavFile() {
  const frames = 2 * 44100;
  const bytes = Buffer.alloc(44 + 4 * frames);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8);
  [16, 0x20001, 44100, 176400, 0x100004].forEach((value, i) => {
    bytes.writeUInt32LE(value, 16 + 4 * i);
  });
  bytes.write("data", 36);
  bytes.writeUInt32LE(4 * frames, 40);
  for (let i = 0; i < frames; i++) {
    const knock = 9000 * Math.exp(-(i % 22050) / 900) * Math.sin(1e4 * Math.sin(i));
    const value = Math.round(6000 * Math.sin(i / 64) + knock);
    bytes.writeInt16LE(value, 44 + 4 * i);
    bytes.writeInt16LE(value, 46 + 4 * i);
  }
  return bytes;
}

/** Files of the package; tests are not among them. */
const belongs = new RegExp(
  [
    "^(?:dist|src)/(?!.*(?:\\.test\\.|/testing/)).*\\.(?:js|ts|d\\.ts\\.map)$",
    "^src/kernels/assembly/tsconfig\\.json$",
    "^docs/.*\\.(?:md|png|svg)$",
    "^examples/.*\\.mjs$",
    "^deploy/(?:Dockerfile|[a-z]+\\.yaml)$",
    "^dist/browser/assets/ort-wasm-[a-z.-]+\\.wasm$",
    "^dist/app/(?:_headers|[^/]+\\.(?:html|json|webmanifest|svg|png)|assets/[^/]+\\.css)$",
    "^models/(?:SHA256SUMS|[^/]+/(?:README\\.md|model\\.safetensors))$",
    "^(?:Dockerfile|README\\.md|CHANGELOG\\.md|LICENSE|NOTICE|package\\.json)$",
  ].join("|"),
);

let tarball;
function pack() {
  if (tarball) return tarball;
  const { stdout } = run(root, "npm", ["pack", "--json", "--pack-destination", temporary]);
  // The build's own lines come first.
  const [{ filename, size, unpackedSize, entryCount, files }] = JSON.parse(
    stdout.slice(stdout.search(/^\[/m)),
  );
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `  ${filename}: ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}, ${entryCount} files`,
  );
  const stray = files.map(({ path }) => path).filter((path) => !belongs.test(path));
  expect(stray.length === 0, `the tarball holds what does not belong there: ${stray.join(", ")}`);
  for (const [kind, ending] of [
    ["models", "safetensors"],
    ["code", "js"],
    ["types", "d.ts"],
  ]) {
    const bytes = files
      .filter(({ path }) => path.endsWith(`.${ending}`))
      .reduce((sum, { size }) => sum + size, 0);
    console.log(`    ${kind}: ${megabytes(bytes)}`);
  }
  tarball = join(temporary, filename);
  return tarball;
}

/** An empty project with the tarball installed. */
function project(name, flags, env) {
  const packed = pack();
  const folder = join(temporary, name);
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, version: "1.0.0", private: true, type: "module" }),
  );
  run(folder, "npm", ["install", packed, "--prefer-offline", ...flags], env);
  writeFileSync(join(folder, "song.wav"), wavFile());
  return folder;
}

/** @returns whether the program said that it makes do with WebAssembly */
function demix(folder) {
  const { stderr } = run(folder, "npx", ["--no-install", "xumx-slicq", "demix", "song.wav"]);
  for (const name of ["bass", "vocals", "other", "drums"]) {
    const stem = join(folder, "separated", "xumx-slicq", "song", `${name}.wav`);
    expect(existsSync(stem), `${name}.wav was not written`);
    expect(statSync(stem).size > 8 * 2 * 44100, `${name}.wav is too short`);
  }
  const wasm = notice.test(stderr);
  console.log(`  ${stderr.trim().split("\n").at(-1)} on ${wasm ? "WebAssembly" : "native"}`);
  return wasm;
}

/** Arrays, streams of bytes and files through every face, as a program in TypeScript that its users write. */
const program = `import {
  AudioError,
  createAudioWriter,
  demixFile,
  downloadModel,
  encodeSamples,
  loadModel,
  openAudio,
  openSeparator,
  publishedModels,
  readSamples,
  type Stems,
  targets,
  XumxError,
} from "xumx-slicq";
import { globalSdr } from "xumx-slicq/evaluation";
import { forward, inverse, planSliCQT } from "xumx-slicq/slicqt";
import { originalRecipe } from "xumx-slicq/training";

const read = async (path: string): Promise<Float32Array[]> => readSamples(await openAudio(path));
const codeOf = (error: unknown): string => (error instanceof XumxError ? error.code : String(error));

const model = await loadModel();
const separator = await openSeparator({ model: model.config.name, threads: 1 });
const tone: Float32Array = Float32Array.from({ length: 44100 }, (_, i) => 0.3 * Math.sin(i / 128));
const stems: Stems = await separator.separate([tone, tone]);
const lengths: number[] = targets.map((target) => stems[target][0].length);

const shape = { sampleRate: 44100, channels: 2 };
const writer = await createAudioWriter("made/bass.flac", shape, { container: "flac", encoding: "int24" });
await writer.write(stems.bass);
await writer.close();
const flac: number = globalSdr(stems.bass, await read("made/bass.flac"));

const { files } = await demixFile(separator, "song.wav", "made", {
  stems: ["drums"],
  format: { container: "opus", bitrate: 128 },
});
await separator.close();
const opus: number = (await read(files[0].path ?? ""))[0].length;
const vorbis: number = (await read("chirps.ogg"))[0].length;

const plan = planSliCQT({ scale: "bark", bins: 96, fmin: originalRecipe.scale.fmin });
const again: Float32Array[] = inverse(plan, forward(plan, [tone]), tone.length);

// The encoder is for users to install.
const mp3: unknown = await encodeSamples([tone], 44100, { container: "mp3", bitrate: 128 }).catch((error) => error);
// Nobody listens there.
const host = "http://127.0.0.1:9/";
const download = await downloadModel(publishedModels[0], { host, tries: 1, cache: "made" }).catch(codeOf);

console.log(
  JSON.stringify({
    lengths,
    flac: flac > 100,
    opus,
    vorbis,
    transform: globalSdr([tone], again) > 110,
    mp3: mp3 instanceof AudioError && [mp3.code, mp3.hint?.split(" (")[0]],
    download,
  }),
);
`;

const answers = {
  lengths: [44100, 44100, 44100, 44100],
  flac: true,
  // Opus has 48 kHz alone: two seconds.
  opus: 96000,
  vorbis: 10144,
  transform: true,
  mp3: ["unsupported-audio", "Type: npm install wasm-media-encoders"],
  download: "download-failed",
};

/** The program is compiled, which checks its types and the package's, and what comes of it is run. */
function useFromTypeScript(folder) {
  writeFileSync(join(folder, "program.ts"), program);
  copyFileSync(join(root, "test/fixtures/audio/vorbis-44100-2.ogg"), join(folder, "chirps.ogg"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "ES2022",
        module: "NodeNext",
        lib: ["ES2022", "DOM"],
        types: [],
        strict: true,
        skipLibCheck: false,
      },
      files: ["program.ts"],
    }),
  );
  for (const project of [root, folder]) {
    const compiler = join(project, "node_modules", "typescript", "bin", "tsc");
    if (existsSync(compiler)) run(folder, "node", [compiler, "-p", "."]);
  }
  const { stdout } = run(folder, "node", ["program.js"]);
  expect(stdout === `${JSON.stringify(answers)}\n`, `program.js printed ${stdout}`);
}

/** As modules of both kinds. */
function useFromJavaScript(folder) {
  const body = `
const samples = new Float32Array(44100);
openSeparator().then(async (separator) => {
  const { vocals } = await separator.separate([samples, samples]);
  await separator.close();
  console.log(vocals[0].length);
});
`;
  writeFileSync(join(folder, "module.mjs"), `import { openSeparator } from "xumx-slicq";${body}`);
  writeFileSync(
    join(folder, "script.cjs"),
    `const { openSeparator } = require("xumx-slicq");${body}`,
  );
  for (const name of ["module.mjs", "script.cjs"]) {
    const { stdout } = run(folder, "node", [name]);
    expect(stdout === "44100\n", `${name} printed ${stdout}`);
  }
}

/** Other programs that run the package: npm has each as a package for its platform, without an install script. */
const runtimes = [
  { name: "Bun", platform: "@oven/bun-linux-x64", file: "bin/bun", args: [] },
  {
    name: "Deno",
    platform: "@deno/linux-x64-glibc",
    file: "deno",
    args: ["run", "--allow-all", "--no-prompt"],
  },
];

/** As modules of both kinds, run by another program than Node. */
function useFromRuntime(folder, { name, platform, file, args }) {
  // Not saved: the project is not to depend on it.
  run(folder, "npm", ["install", "--no-save", "--prefer-offline", platform]);
  const program = join(folder, "node_modules", ...platform.split("/"), file);
  console.log(`  ${name} ${run(folder, program, ["--version"]).stdout.trim().split("\n")[0]}`);
  for (const module of ["module.mjs", "script.cjs"]) {
    const { stdout } = run(folder, program, [...args, module]);
    expect(stdout === "44100\n", `${name} printed ${stdout} of ${module}`);
  }
}

function showVersion(folder) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { stdout } = run(folder, "npx", ["--no-install", "xumx-slicq", "--version"]);
  expect(stdout.startsWith(`${version}\n`), `--version printed ${stdout}`);
}

/** @returns what the example said on stderr */
function example(folder) {
  const { stdout, stderr } = run(folder, "npm", ["run", "example"]);
  const scores = stdout.slice(stdout.search(/^SDR/m)).trim();
  console.log(scores.replace(/^/gm, "    "));
  expect(/^drums +\S+ +\S+ +\d/m.test(scores), "the example gave no scores");
  return stderr;
}

const checks = {
  package() {
    step("The tarball in an empty project, as npm does it", () => {
      const folder = project("plain", []);
      showVersion(folder);
      demix(folder);
      useFromJavaScript(folder);
      // The last one before ours; it has another way of looking at types.
      run(folder, "npm", ["install", "typescript@5.9", "--prefer-offline"]);
      useFromTypeScript(folder);
    });
    step("The tarball without install scripts: the native runtime must serve", () => {
      const folder = project("no-scripts", ["--ignore-scripts"]);
      expect(!demix(folder), "the native runtime was not used");
    });
  },
  runtimes() {
    if (process.platform !== "linux" || process.arch !== "x64") {
      console.log("Bun and Deno: not tried on this machine");
      return;
    }
    const folder = project("runtimes", []);
    useFromJavaScript(folder);
    for (const runtime of runtimes) {
      step(`The tarball by ${runtime.name}`, () => useFromRuntime(folder, runtime));
    }
  },
  broken() {
    step("The tarball without optional packages: WebAssembly must serve, and say so", () => {
      const folder = project("no-optional", ["--omit=optional"]);
      expect(demix(folder), "there was no notice");
      useFromJavaScript(folder);
      useFromTypeScript(folder);
    });
    step("The tarball where the native runtime's install script fails: likewise", () => {
      // Its script refuses this version of CUDA before it looks at anything else.
      const folder = project("failing-script", ["--foreground-scripts"], {
        ONNXRUNTIME_NODE_INSTALL_CUDA: "11",
      });
      const installed = existsSync(join(folder, "node_modules", "onnxruntime-node"));
      const wasm = demix(folder);
      // Versions of npm that do not run foreign scripts unasked keep the package, which works as it is.
      console.log(`  npm ${installed ? "did not run the script" : "dropped the package"}`);
      expect(wasm === !installed, "the notice does not fit what is installed");
    });
    step("The line that the notice names, and npm ci afterwards where the script fails", () => {
      const folder = project("installed-later", ["--omit=optional"]);
      run(folder, "npm", [...installLine.split(" ").slice(1), "--prefer-offline"]);
      expect(!demix(folder), "the native runtime was not used");
      const failing = { ONNXRUNTIME_NODE_INSTALL_CUDA: "11" };
      run(folder, "npm", ["ci", "--prefer-offline", "--foreground-scripts"], failing);
      demix(folder);
    });
  },
  clone() {
    const folder = join(temporary, "clone");
    step("A clone: npm ci, npm run example", () => {
      run(temporary, "git", ["clone", "--quiet", root, folder]);
      run(folder, "npm", ["ci", "--prefer-offline"]);
      example(folder);
    });
    // Not by --omit=optional: TypeScript's compiler is an optional package of its platform.
    step("The clone without the native runtime", () => {
      rmSync(join(folder, "node_modules", "onnxruntime-node"), { recursive: true });
      expect(notice.test(example(folder)), "there was no notice");
    });
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}.`,
  );
  process.exit(2);
}
console.log(`Node ${process.version}, npm ${run(temporary, "npm", ["--version"]).stdout.trim()}`);
try {
  for (const [name, check] of Object.entries(checks)) {
    if (asked.length === 0 || asked.includes(name)) check();
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
console.log(failures === 0 ? "All installs work." : `${failures} failed.`);
process.exitCode = failures === 0 ? 0 : 1;
