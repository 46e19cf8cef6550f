import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** The rooms of the web app from the ground up, and which others each imports. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  text: [],
  tracks: [],
  pictures: [],
  storage: [],
  serviceWorker: [],
  live: [],
  studio: ["tracks", "pictures", "storage"],
  models: ["studio"],
  songs: ["tracks", "studio", "models"],
  exporting: ["studio", "songs"],
  settings: ["exporting"],
  player: ["tracks"],
  view: [
    ...["text", "tracks", "pictures", "serviceWorker", "live", "studio", "models", "songs"],
    ...["exporting", "settings", "player"],
  ],
};

/** Packages, and the rooms that may use them; the library by its public face alone. */
const packages: Readonly<Record<string, readonly string[] | "all">> = {
  "xumx-slicq": "all",
  "@preact/signals": "all",
  preact: ["view"],
  "preact/hooks": ["view"],
  mediabunny: ["studio"],
  fflate: ["studio"],
  "virtual:bundled-models": ["models"],
};

const src = fileURLToPath(new URL("../web/src/", import.meta.url));
const imports = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\/.*\.tsx?$/.test(file) && !/\.test\.ts$|^testing\/|\.d\.ts$/.test(file))
  .flatMap((file) => {
    const code = readFileSync(src + file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    const targets = [...code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\bURL\()\s*"([^"\s]+)"/g)];
    return targets.map(([, to]) => ({ room: file.split("/")[0], file, to }));
  });

it("the web app's imports run downwards, and packages are used where they belong", () => {
  const names = Object.keys(rooms);
  const wrong = imports.filter(({ room, file, to }) => {
    if (!to.startsWith(".")) return packages[to] !== "all" && !packages[to]?.includes(room);
    const other = posix.join(posix.dirname(file), to).split("/")[0];
    const below = names.indexOf(other) < names.indexOf(room);
    return other !== room && !(below && rooms[room]?.includes(other));
  });
  expect(wrong.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
  expect(imports.length).toBeGreaterThan(150);
  // No line of the table is idle.
  const used = new Set(
    imports.map(
      ({ room, file, to }) => `${room} ${posix.join(posix.dirname(file), to).split("/")[0]}`,
    ),
  );
  const idle = names.flatMap((room) =>
    rooms[room].filter((other) => !used.has(`${room} ${other}`)).map((other) => `${room} ${other}`),
  );
  expect(idle).toEqual([]);
});
