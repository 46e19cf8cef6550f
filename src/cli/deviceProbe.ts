/**
 * Tries a device, as a program of its own: GPU drivers print what they like, and one that crashes takes only this
 * program with it. `node deviceProbe.js <device> <model>` prints a {@link DeviceReport} as JSON.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { XumxError } from "../errors.ts";
import type { Device } from "../runtime/index.ts";
import { openSeparator } from "../separation/index.ts";
import { printJson } from "./terminal.ts";

/** Whether the network of a model can run on a device, and why not. */
export type DeviceReport =
  | { readonly device: Device; readonly available: true }
  | {
      readonly device: Device;
      readonly available: false;
      readonly reason: string;
      readonly hint: string | undefined;
    };

/** Milliseconds after which a device counts as hanging. */
const PATIENCE = 60_000;

/** Tries a device in a program of its own. */
export function probeDevice(
  device: Device,
  model: string,
  program: string = fileURLToPath(new URL("./deviceProbe.js", import.meta.url)),
): Promise<DeviceReport> {
  const failed = (reason: string): DeviceReport => ({
    device,
    available: false,
    reason,
    hint: "Use the device cpu.",
  });
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE, killSignal: "SIGKILL", windowsHide: true } as const;
    execFile(process.execPath, [program, device, model], options, (error, stdout) => {
      const report = parsed(stdout, device);
      if (report) resolve(report);
      else if (error?.killed) resolve(failed(`It did not answer within ${PATIENCE / 1e3} s.`));
      else resolve(failed(`Trying it ended the program (${error?.signal ?? error?.code ?? 0}).`));
    });
  });
}

/** The last line of the output, if it is a report. Drivers may have printed before it. */
function parsed(output: string, device: Device): DeviceReport | undefined {
  try {
    const report: Partial<Record<string, unknown>> = JSON.parse(
      output.trimEnd().split("\n").at(-1) ?? "",
    );
    if (report.available === true) return { device, available: true };
    if (typeof report.reason !== "string") return undefined;
    const hint = typeof report.hint === "string" ? report.hint : undefined;
    return { device, available: false, reason: report.reason, hint };
  } catch {
    return undefined;
  }
}

async function tryDevice(device: Device, model: string): Promise<DeviceReport> {
  try {
    const separator = await openSeparator({ model, device, loading: { offline: true } });
    await separator.close();
    return { device, available: true };
  } catch (error) {
    if (!(error instanceof XumxError)) throw error;
    return { device, available: false, reason: error.message, hint: error.hint };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , device, model] = process.argv;
  if ((device === "cpu" || device === "webgpu" || device === "cuda") && model) {
    printJson(await tryDevice(device, model));
  }
}
