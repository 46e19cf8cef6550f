/** Light or dark, as set or as the system says. */
import { effect } from "@preact/signals";
import type { Settings } from "../settings/settings.ts";
import { colourChanges } from "./canvas.ts";

const system = () => matchMedia("(prefers-color-scheme: dark)");

/** The theme that is seen. */
export function shownTheme(): "light" | "dark" {
  const { theme } = document.documentElement.dataset;
  if (theme === "light" || theme === "dark") return theme;
  return system().matches ? "dark" : "light";
}

/** Keeps the page's theme as it is set. @returns what ends that */
export function followTheme({ theme }: Settings): () => void {
  const changed = () => {
    colourChanges.value = colourChanges.peek() + 1;
  };
  const query = system();
  query.addEventListener("change", changed);
  const stop = effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "system") delete dataset.theme;
    else dataset.theme = theme.value;
    changed();
  });
  return () => {
    query.removeEventListener("change", changed);
    stop();
  };
}
