/** The web app in the package: its size, and the command that serves it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { end, program } from "./testing/commandLine.ts";

const app = fileURLToPath(new URL("../dist/app", import.meta.url));

it("the app without models and ONNX Runtime is smaller than 310 kB, a sixth of it the gate, compressed as hosts do", () => {
  const files = readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const bytes = files.map((file) => brotliCompressSync(readFileSync(file)).length);
  const sum = bytes.reduce((total, count) => total + count, 0);
  console.log(`${files.length} files, ${(sum / 1e3).toFixed(0)} kB`);
  expect(files.some((file) => /\.(wasm|safetensors)$/.test(file))).toBe(false);
  expect(sum).toBeLessThan(310e3);
});

it("the command serves the app until Ctrl-C", async () => {
  const args = [program, "app", "--no-open", "--json", "--port", "0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ending = end(child);
  const [line] = await once(child.stdout, "data");
  const { event, address } = JSON.parse(String(line));
  expect(event).toBe("serving");
  const page = await fetch(address);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<title>");
  const port = new URL(address).port;
  const second = spawn(process.execPath, [program, "app", "--no-open", "--port", port], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const refused = await end(second);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain(`Port ${port} is taken`);
  child.kill("SIGINT");
  expect(await ending).toMatchObject({ code: 0, signal: null, stderr: "" });
});
