/** `xumx-slicq doctor`: whether separation works on this machine, and what it finds here. */
import type { Command } from "commander";
import { type Checkup, checkup } from "./checkup.ts";
import { shownSize } from "./downloadDisplay.ts";
import { FAILED } from "./exitCodes.ts";
import { print, printJson } from "./terminal.ts";

/** Adds the command to the program. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check this machine and this installation, and separate a second of music")
    .option("--json", "as JSON")
    .action(runDoctor);
}

async function runDoctor({ json }: { readonly json?: true }): Promise<void> {
  const found = await checkup();
  if (json) printJson(found, 2);
  else print(checkupText(found));
  if (!found.selfTest.passed) process.exitCode = FAILED;
}

/** A checkup for people: a line a thing, and below it what to do where something is amiss. */
export function checkupText(found: Checkup): string {
  const { processor, memory, cache, selfTest } = found;
  const lines: (readonly [name: string, text: string])[] = [
    ["program", `xumx-slicq ${found.version}, Node ${found.node}, ${found.platform}`],
    [
      "processor",
      `${processor.model}, ${counted(processor.cores, "core")}, ${counted(processor.threads, "thread")} by default, ` +
        `${processor.simd ? "SIMD" : "NO SIMD: the kernels cannot run"}`,
    ],
    ["memory", `${gigabytes(memory.total)} GB, ${gigabytes(memory.free)} GB free`],
    ...runtimeLines(found),
    ...deviceLines(found),
    [
      "ffmpeg",
      found.ffmpeg ??
        "not on the PATH; only formats that nothing here decodes need it, such as AAC",
    ],
    [
      "cache",
      `${cache.path} (${cache.writable ? "writable" : "NOT WRITABLE: set XUMX_SLICQ_CACHE"}; ` +
        `${counted(cache.files, "file")}, ${shownSize(cache.bytes)})`,
    ],
    ...modelLines(found),
    ...Object.entries(found.environment).map(([name, value]): readonly [string, string] => [
      "variable",
      `${name}=${value}`,
    ]),
    [
      "self-test",
      selfTest.passed
        ? `1 s of music separated in ${selfTest.separating.toFixed(2)} s on ${selfTest.device} (${selfTest.runtime}), ` +
          `loading took ${selfTest.loading.toFixed(2)} s; stems sum to the mix to ${selfTest.decibels.toFixed(1)} dB`
        : `FAILED: ${selfTest.reason}`,
    ],
    ...(selfTest.passed ? [] : hintLine(selfTest.hint)),
  ];
  const verdict = selfTest.passed ? "Separation works here." : "Separation does not work here.";
  return `${columns(lines)}\n${verdict}\n`;
}

type Line = readonly [name: string, text: string];

function runtimeLines({ runtimes }: Checkup): Line[] {
  return [["native", runtimes.native] as const, ["WebAssembly", runtimes.wasm] as const].flatMap(
    ([name, found]): Line[] =>
      found.available
        ? [["runtime", `${name}: ONNX Runtime ${found.version}`]]
        : [["runtime", `${name}: no; ${found.reason}`], ...hintLine(found.hint)],
  );
}

/** How an error begins that is about a device, which its line names already. */
const deviceError = /^The network cannot run on the device \w+: /;

function deviceLines({ devices, selfTest }: Checkup): Line[] {
  const cpu: Line[] = selfTest.passed ? [["device", "cpu: yes (the default)"]] : [];
  return [
    ...cpu,
    ...devices.flatMap((report): Line[] =>
      report.available
        ? [["device", `${report.device}: yes, if asked for by --device ${report.device}`]]
        : // What would help fills lines, and most people have no GPU: it is in the JSON.
          [["device", `${report.device}: no; ${report.reason.replace(deviceError, "")}`]],
    ),
  ];
}

function modelLines({ models }: Checkup): Line[] {
  if (models.length === 0) return [["model", "NONE on this machine"]];
  return models.map(({ name, isDefault, place, verdict }): Line => {
    const state =
      verdict.kind === "good"
        ? `${place === "bundled" ? "bundled" : "fetched"}, good`
        : `BAD: ${verdict.kind === "bad" ? verdict.reason : "gone"}; see xumx-slicq models verify`;
    return ["model", `${name}${isDefault ? " (the default)" : ""}: ${state}`];
  });
}

function hintLine(hint: string | undefined): Line[] {
  return hint ? [["", `  ${hint}`]] : [];
}

/** Names once, where they begin. */
function columns(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  let last = "";
  return lines
    .map(([name, text]) => {
      const shown = name === last ? "" : name;
      if (name !== "") last = name;
      return `${shown.padEnd(width)}  ${text}\n`;
    })
    .join("");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
