/**
 * Proves that the package installs and works, in fresh folders, the ways people get it:
 *
 *     node scripts/checkInstall.mjs [package] [broken] [clone]
 *
 * package: the packed tarball in an empty project, from the command line, as a module, and from TypeScript;
 * broken:  the same where the native runtime is left out, or its install script fails: WebAssembly must serve;
 * clone:   a clone of the committed state: `npm ci` and `npm run example`, also without the native runtime.
 *
 * Heavy, and uses the npm registry: not a part of the tests. Fails if any step does.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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

let tarball;
function pack() {
  if (tarball) return tarball;
  const { stdout } = run(root, "npm", ["pack", "--json", "--pack-destination", temporary]);
  // The build's own lines come first.
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    stdout.slice(stdout.search(/^\[/m)),
  );
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `  ${filename}: ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}, ${entryCount} files`,
  );
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
    const stem = join(folder, "separated", "interim-realtime", "song", `${name}.wav`);
    expect(existsSync(stem), `${name}.wav was not written`);
    expect(statSync(stem).size > 8 * 2 * 44100, `${name}.wav is too short`);
  }
  const wasm = notice.test(stderr);
  console.log(`  ${stderr.trim().split("\n").at(-1)} on ${wasm ? "WebAssembly" : "native"}`);
  return wasm;
}

const program = `import { loadModel, openSeparator, type Stems, targets } from "xumx-slicq";
import { planSliCQT } from "xumx-slicq/slicqt";

const model = await loadModel();
const separator = await openSeparator(model.config.name, { threads: 1 });
const stems: Stems = await separator.separate([new Float32Array(9000), new Float32Array(9000)]);
await separator.close();
const lengths: number[] = targets.map((target) => stems[target][0].length);
console.log(lengths.join(), typeof planSliCQT);
`;

function importModule(folder) {
  const plain = program.replace("type Stems, ", "").replace(/: (Stems|number\[\])/g, "");
  writeFileSync(join(folder, "program.js"), plain);
  const { stdout } = run(folder, "node", ["program.js"]);
  expect(stdout === "9000,9000,9000,9000 function\n", `program.js printed ${stdout}`);
}

function typeCheck(folder) {
  writeFileSync(join(folder, "typed.ts"), program);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "ES2022",
        module: "NodeNext",
        lib: ["ES2023", "ESNext.Disposable", "DOM"],
        types: [],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ["typed.ts"],
    }),
  );
  run(folder, "node", [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."]);
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
      demix(folder);
      importModule(folder);
      typeCheck(folder);
    });
    step("The tarball without install scripts: the native runtime must serve", () => {
      const folder = project("no-scripts", ["--ignore-scripts"]);
      expect(!demix(folder), "the native runtime was not used");
    });
  },
  broken() {
    step("The tarball without optional packages: WebAssembly must serve, and say so", () => {
      const folder = project("no-optional", ["--omit=optional"]);
      expect(demix(folder), "there was no notice");
      importModule(folder);
      typeCheck(folder);
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
