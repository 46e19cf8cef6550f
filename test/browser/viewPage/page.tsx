/** The app's view with songs by formula, for tests and pictures; what is put into it is named by the page's address. */
import { signal } from "@preact/signals";
import { render } from "preact";
import type { ExportRequest } from "../../../web/src/exporting/exporter.ts";
import type { ShelfModel } from "../../../web/src/models/modelShelf.ts";
import { drawSpectrogram as drawSpectrogramOf } from "../../../web/src/pictures/drawSpectrogram.ts";
import type { SpectrogramArtist } from "../../../web/src/pictures/spectrogram.ts";
import { browserKeeper, openSettings } from "../../../web/src/settings/settings.ts";
import { capabilities } from "../../../web/src/studio/capabilities.ts";
import { FormulaTrack } from "../../../web/src/testing/formulaTrack.ts";
import {
  SyntheticQueue,
  syntheticExporter,
  syntheticShelf,
} from "../../../web/src/testing/syntheticQueue.ts";
import { App } from "../../../web/src/view/app.tsx";
import { Workspace } from "../../../web/src/view/workspace.ts";
import "../../../web/src/view/styles/app.css";
import { soundCheck } from "./soundCheck.ts";

const asked = new URLSearchParams(location.search);
const show = asked.get("show") ?? "empty";
const seconds = Number(asked.get("seconds") ?? 24);

const queue = new SyntheticQueue();
const settings = openSettings(browserKeeper());
const requests: ExportRequest[] = [];
const shelf = syntheticShelf();
const exporter = syntheticExporter(requests);
const drawSpectrogram: SpectrogramArtist = (request, signal) => {
  const song = queue.songs.value.find(({ id }) => id === request.song);
  const track = song?.tracks.value.find(({ name }) => name === request.track);
  const sampleRate = song?.facts.value?.sampleRate;
  if (!(track instanceof FormulaTrack) || !sampleRate) return Promise.reject(new Error("Gone."));
  const { channels, frames } = track;
  const read = track.readNow.bind(track);
  return drawSpectrogramOf({ sampleRate, channels, frames, read }, request, signal);
};
const offline = { ready: signal(true), updateWaits: signal(show === "error"), update() {} };
const bringWeights = async ({ id }: ShelfModel) =>
  (await fetch(`/engine/models/${id}/model.safetensors`)).blob();
const workspace = new Workspace({
  bringWeights,
  ...{ queue, shelf, exporter, drawSpectrogram, settings, offline },
  capabilities: capabilities(),
});

if (show === "song") queue.put("Let's Go Fishing.flac").separate(seconds, 1);
if (show === "queue") {
  queue.put("Night Train.mp3").separate(seconds, 1, "Duke & Sons");
  queue.put("Let's Go Fishing.flac").separate(seconds, 0.43);
  queue.put("a very long name of a song that nobody could ever remember, live in Rotterdam.wav");
  queue.put("Broken.mp3").state.value = {
    kind: "failed",
    message: "Broken.mp3 holds no audio that can be read.",
    hint: "Play it in another program; if it is silent there, too, get the file again.",
  };
  queue.put("Interlude.ogg").cancel();
}
if (show === "error") {
  const song = queue.put("Broken.mp3");
  song.state.value = {
    kind: "failed",
    message: "Broken.mp3 holds no audio that can be read.",
    hint: "Play it in another program; if it is silent there, too, get the file again.",
  };
  workspace.fail(new Error("The site's storage is full: stems are kept in memory."));
}
if (show === "live") workspace.page.value = "live";
const index = show === "queue" ? 1 : 0;
const song = queue.songs.value[index];
if (song) workspace.select(song);

const root = document.getElementById("app");
if (root) render(<App workspace={workspace} />, root);

/** @returns what {@link soundCheck} finds of the first song's stems. */
const checkSound = (jumps: readonly number[]) => {
  const [song] = queue.songs.value;
  return soundCheck(
    song.tracks.value.filter(({ name }) => name !== "original"),
    jumps,
  );
};
Object.assign(globalThis, { workspace, requests, checkSound });
document.title = "ready";
