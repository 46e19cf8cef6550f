/** What a user has set, kept in this browser. */
import { effect, type Signal, signal } from "@preact/signals";
import type { ExportFormat } from "../exporting/exporter.ts";

/** Light or dark, or what the system says. */
export type ThemeChoice = "system" | "light" | "dark";

/** What computes: "auto" is the GPU where it agrees with the processor. */
export type DeviceChoice = "auto" | "cpu";

/** All values of {@link ExportFormat}. */
export const exportFormats: readonly ExportFormat[] = [
  ...(["wav-16", "wav-24", "wav-float", "flac-16", "flac-24"] as const),
];

/** Passes over a song that are of use. */
export const passChoices = [1, 2, 3] as const;

/** The settings. Each is kept as soon as it is set. */
export interface Settings {
  readonly theme: Signal<ThemeChoice>;
  readonly device: Signal<DeviceChoice>;
  /** Workers that separate side by side; 0 leaves the number to the app. */
  readonly threads: Signal<number>;
  /** Passes over each song: the more, the better and the later its stems. One of {@link passChoices}. */
  readonly passes: Signal<number>;
  readonly format: Signal<ExportFormat>;
  /** Whether the visible part of a song follows what is heard. */
  readonly follow: Signal<boolean>;
}

/** Of the browser's storage, what settings need. */
export type Keeper = Pick<Storage, "getItem" | "setItem">;

const KEY = "xumx-slicq.settings";

/** Opens the settings; what is missing, unknown or damaged there is as it was at first. */
export function openSettings(keeper: Keeper | undefined): Settings {
  const kept = read(keeper);
  const settings: Settings = {
    theme: signal(oneOf(kept.theme, ["system", "light", "dark"])),
    device: signal(oneOf(kept.device, ["auto", "cpu"])),
    threads: signal(threadCount(kept.threads)),
    passes: signal<number>(passChoices.find((passes) => passes === kept.passes) ?? 1),
    format: signal(oneOf(kept.format, ["flac-16", ...exportFormats])),
    follow: signal(kept.follow !== false),
  };
  effect(() => {
    const values = Object.entries(settings).map(([name, { value }]) => [name, value]);
    write(keeper, JSON.stringify(Object.fromEntries(values)));
  });
  return settings;
}

/** The storage of this browser; undefined where pages are not given any. */
export function browserKeeper(): Keeper | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

function read(keeper: Keeper | undefined): Readonly<Record<string, unknown>> {
  try {
    const kept: unknown = JSON.parse(keeper?.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? { ...kept } : {};
  } catch {
    return {};
  }
}

function write(keeper: Keeper | undefined, text: string): void {
  try {
    keeper?.setItem(KEY, text);
  } catch {
    // A full or forbidden storage: the settings last as long as the page.
  }
}

/** The value, or the first of the choices. */
function oneOf<T extends string>(value: unknown, choices: readonly T[]): T {
  return choices.find((choice) => choice === value) ?? choices[0];
}

/** Whole numbers from 0 up. */
function threadCount(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
}
