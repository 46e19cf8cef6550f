import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "xumx-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`fixtures/weights/${name}`, import.meta.url));

/** Most memory of the whole program, of which Node takes some 60 MB, and most time for a file. */
const MEGABYTES = 200;
const SECONDS = 2;

function put(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}

/** A PyTorch file of this pickle, deflated, with the configuration of a good one. */
function putPth(name: string, pickle: Uint8Array, storage = new Uint8Array(0)): void {
  const entries = { "a/data.pkl": pickle, "a/data/0": storage };
  put(`${name}.pth`, zipSync(entries, { level: 1 }));
  copyFileSync(fixture("p_emptydict16M_deflated.json"), join(folder, `${name}.json`));
}

function putSafetensors(name: string, header: Uint8Array): void {
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  put(`${name}.safetensors`, file);
}

const repeated = (text: string, times: number) => Buffer.alloc(text.length * times, text);
const program = (body: Uint8Array) => Buffer.concat([Buffer.of(0x80, 2), body, Buffer.from(".")]);

it(`weight files made to hurt are refused within ${MEGABYTES} MB and ${SECONDS} s each`, () => {
  for (const name of ["p_emptydict16M_deflated.pth", "p_emptydict16M_deflated.json"]) {
    copyFileSync(fixture(name), join(folder, name));
  }
  copyFileSync(fixture("dtype_obj.safetensors"), join(folder, "dtype_obj.safetensors"));
  putPth("lists-and-marks", program(repeated("](", 2 ** 23)));
  // As many as a pickle of the largest size holds.
  putPth("lists-and-marks-4M", program(repeated("](", 2 ** 21 - 2)));
  putPth("dicts-4M", program(repeated("}", 2 ** 22 - 3)));
  putPth("numbers-4M", program(repeated("N", 2 ** 22 - 3)));
  putPth("big-storage", program(Buffer.from("}")), new Uint8Array(2 ** 25));
  putSafetensors("brackets-99M", Buffer.alloc(99e6, "["));
  putSafetensors("brackets-4M", Buffer.alloc(2 ** 22, "["));
  const names = Array.from({ length: 2 ** 18 }, (_, i) => `"${i.toString(36)}":[[]]`);
  putSafetensors("names", Buffer.from(`{${names.join(",")}}`));
  const numbers = Array.from({ length: 3e5 }, (_, i) => `"${i.toString(36)}":1`);
  putSafetensors("numbers", Buffer.from(`{${numbers.join(",")}}`));
  putSafetensors("config", Buffer.from(`{"__metadata__":{"xumx-slicq":"${"[".repeat(4e6)}"}}`));
  putSafetensors(
    "targets",
    Buffer.from(`{"__metadata__":{"xumx-slicq":"${"[".repeat(9000)}${"]".repeat(9000)}"}}`),
  );
  // Large, with nothing in them: only their beginnings may be read.
  for (const [name, start] of [
    ["large.pth", Uint8Array.of(1, 2, 3, 4)],
    ["large.safetensors", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d)],
    ["large-header.safetensors", Uint8Array.of(0, 0, 0, 16, 0, 0, 0, 0)],
  ] as const) {
    put(name, start);
    truncateSync(join(folder, name), 2 ** 29);
  }
  putPth("deep-json", program(Buffer.from("}")));
  put("deep-json.json", "[".repeat(2 ** 26));
  const loading = `
    import { readdirSync } from "node:fs";
    import { loadModel } from ${JSON.stringify(new URL("../dist/models/index.js", import.meta.url).href)};
    for (const name of readdirSync(".").filter((name) => !name.endsWith(".json"))) {
      const started = process.cpuUsage();
      const error = await loadModel("./" + name).then(() => undefined, (error) => error);
      const { user, system } = process.cpuUsage(started);
      console.log(JSON.stringify({
        name, code: error?.code, message: error?.message, seconds: (user + system) / 1e6,
        megabytes: process.resourceUsage().maxRSS / 1024,
      }));
    }`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", loading],
    { cwd: folder, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  console.log(stdout);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(17);
  for (const line of lines) {
    const told = JSON.parse(line);
    expect(told.code, line).toMatch(/^weights-(corrupt|mismatch)$/);
    expect(told.message, line).toContain(told.name.replace(/\..*/, ""));
    expect(told.message.length, line).toBeLessThan(400);
    expect(told.seconds, line).toBeLessThan(SECONDS);
    expect(told.megabytes, line).toBeLessThan(MEGABYTES);
  }
});
