/** A page with all of the app but its view: the least that tests can hold on to. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { openApp } from "../../../web/src/app.ts";
import type { Song } from "../../../web/src/songs/song.ts";

const passes = signal(1);
const app = openApp({ passes });

function made<K extends keyof HTMLElementTagNameMap>(tag: K, text: string, parent: Element) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

const said = made("p", "", document.body);
said.role = "status";

function chooser(label: string, take: (files: readonly File[]) => void) {
  const input = made("input", "", made("label", label, document.body));
  input.type = "file";
  input.multiple = true;
  input.addEventListener("change", () => take([...(input.files ?? [])]));
}

function button(label: string, parent: Element, press: () => unknown) {
  made("button", label, parent).addEventListener("click", press);
}

chooser("Choose songs", (files) => app.queue.add(files));
chooser("Own weights", async (files) => {
  const model = await app.shelf.addOwn(files);
  app.shelf.choose(model);
  said.textContent = `Chosen: ${model.title}`;
});
const passesInput = made("input", "", made("label", "Passes", document.body));
passesInput.addEventListener("change", () => {
  passes.value = Number(passesInput.value);
});
const list = made("ul", "", document.body);
const shown = new Map<string, Element>();

function show(song: Song): Element {
  const item = made("li", "", list);
  made("h2", song.fileName, item);
  const title = made("p", "", item);
  const state = made("p", "", item);
  state.className = "state";
  effect(() => {
    title.textContent = song.facts.value?.title ?? "";
    const now = song.state.value;
    state.textContent = now.kind === "failed" ? `${now.message} ${now.hint ?? ""}` : now.kind;
  });
  button("Cancel", item, () => song.cancel());
  button("Again", item, () => song.again());
  button("Remove", item, () => app.queue.remove(song));
  button("Export", item, async () => {
    const stems = song.tracks.value.flatMap(({ name }) => (name === "original" ? [] : [name]));
    const names = await app.exportFiles({
      song,
      format: "wav-float",
      what: { kind: "stems", names: stems, as: "zip" },
    });
    said.textContent = `Exported ${names.join(", ")}`;
  });
  return item;
}

effect(() => {
  const songs = app.queue.songs.value;
  for (const song of songs) if (!shown.has(song.id)) shown.set(song.id, show(song));
  for (const [id, item] of shown) if (!songs.some((song) => song.id === id)) item.remove();
});

/** For the bench: seconds until the next song is decoded, has its first stems, and is done. */
async function measured() {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1e3;
  const song = await firstOf(app.queue.songs, ([first]) => first);
  await firstOf(song.tracks, ([original]) => original);
  const decoded = seconds();
  const stem = await firstOf(song.tracks, ([, second]) => second);
  await firstOf(stem.ready, (ready) => ready > 0);
  const first = seconds();
  const state = await firstOf(song.state, ({ kind }) => /done|failed|cancelled/.exec(kind)?.[0]);
  return { decoded, first, total: seconds(), state };
}

function firstOf<T, R>(source: ReadonlySignal<T>, pick: (value: T) => R): Promise<NonNullable<R>> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      const picked = pick(source.value);
      if (!picked) return;
      resolve(picked);
      queueMicrotask(() => stop());
    });
  });
}

Object.assign(globalThis, { app, measured });
document.title = "ready";
