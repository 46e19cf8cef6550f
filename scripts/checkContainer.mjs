/**
 * Proves that the Dockerfile makes an image that separates a folder of songs:
 *
 *     node scripts/checkContainer.mjs
 *
 * With a container engine the image is built and run. Without one, the file's steps are replayed in a clean folder: COPY
 * copies from here (what .dockerignore lets through), RUN runs, and what the entry point says is run on a folder of
 * songs; then only the base image and the user go unproven. Uses the npm registry: not a part of the tests.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "xumx-container-"));

function run(command, args, options = {}) {
  console.log(`  ${[command, ...args].join(" ")}`);
  const { status } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (status !== 0) throw new Error(`${command} ended with code ${status}.`);
}

/** The file's instructions, one a line. */
const steps = readFileSync(join(root, "Dockerfile"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => /^(\w+)\s+(.*)$/.exec(line).slice(1));

const allowed = readFileSync(join(root, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("!"))
  .map((line) => line.slice(1));

/** Runs the steps with a folder in the place of the root of each stage. */
function replay(input, output) {
  const stages = new Map();
  let place = "";
  let folder = "/";
  let environment = {};
  let entry = [];
  const inside = (path) => join(place, path.startsWith("/") ? path : join(folder, path));
  for (const [instruction, rest] of steps) {
    if (instruction === "FROM") {
      const name = /AS (\w+)$/.exec(rest)?.[1] ?? "final";
      place = join(temporary, name);
      mkdirSync(place);
      stages.set(name, place);
      folder = "/";
      environment = {};
    } else if (instruction === "WORKDIR") {
      folder = rest;
      mkdirSync(inside("."), { recursive: true });
    } else if (instruction === "ENV") {
      for (const pair of rest.split(" ")) {
        const [name, value] = pair.split("=");
        environment[name] = value.startsWith("/") ? join(place, value) : value;
      }
    } else if (instruction === "COPY") {
      const words = rest.split(" ");
      const from = /^--from=(\w+)$/.exec(words[0])?.[1];
      const sources = words.slice(from ? 1 : 0, -1);
      const target = inside(words.at(-1));
      for (const source of sources) {
        if (!from && !allowed.includes(source)) throw new Error(`.dockerignore hides ${source}.`);
        const path = join(from ? stages.get(from) : root, source);
        const into = words.at(-1).endsWith("/") ? join(target, basename(source)) : target;
        cpSync(path, into, {
          recursive: true,
          filter: (file) => from || basename(file) !== "kernels.wasm.ts",
        });
      }
    } else if (instruction === "RUN") {
      const text = rest.replace(/(?<= )\/(input|output|models)\b/g, (path) => join(place, path));
      run("sh", ["-c", text], { cwd: inside("."), env: { ...process.env, ...environment } });
    } else if (instruction === "ENTRYPOINT" || instruction === "CMD") {
      entry = [...entry, ...JSON.parse(rest)];
    }
  }
  const words = entry.map((word) => {
    if (word === "/input") return input;
    if (word === "/output") return output;
    return word.startsWith("/") ? join(place, word) : word;
  });
  run(words[0], words.slice(1), { cwd: "/", env: { ...process.env, ...environment } });
}

const song = join(root, "examples", "song.wav");
const input = join(temporary, "songs");
const output = join(temporary, "stems");
try {
  if (!existsSync(song)) run(process.execPath, [join(root, "examples", "makeSong.mjs")]);
  mkdirSync(input);
  mkdirSync(output);
  cpSync(song, join(input, "song.wav"));
  if (spawnSync("docker", ["info"]).status === 0) {
    run("docker", ["build", "-t", "xumx-slicq", root]);
    const mounts = ["-v", `${input}:/input:ro`, "-v", `${output}:/output`];
    const user = ["--user", `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`];
    run("docker", ["run", "--rm", "--init", ...user, ...mounts, "xumx-slicq"]);
  } else {
    console.log("There is no container engine here: the steps are replayed.");
    replay(input, output);
  }
  const stems = readdirSync(output, { recursive: true }).filter((name) => name.endsWith(".wav"));
  if (stems.length !== 4) throw new Error(`There should be four stems, not [${stems}].`);
  console.log("The container's steps work.");
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
