/** Memory of a program and all that it has started, what they share counted once: Linux tells it as PSS. */
import { readdirSync, readFileSync } from "node:fs";

/**
 * @param pid of the program that started the browser, which is not counted itself
 * @returns bytes; 0 where the system does not tell
 */
export function memoryOf(pid) {
  const parents = new Map(processes().map((id) => [id, parentOf(id)]));
  const isBelow = (id) => {
    const parent = parents.get(id);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).reduce((sum, id) => sum + proportional(id), 0);
}

function processes() {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Processes may end while they are looked at. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function proportional(pid) {
  try {
    const pss = /^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return 1024 * Number(pss?.[1] ?? 0);
  } catch {
    return 0;
  }
}
