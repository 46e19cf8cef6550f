/** The keys of the page. */
import type { Loop } from "../player/passages.ts";
import type { OpenSong, Workspace } from "./workspace.ts";

/** Seconds of an arrow key, and with Shift. */
const STEP = 5;
const SMALL_STEP = 1;
/** Least length of a loop, seconds. */
const SHORTEST = 0.05;

/** Does what a key says, unless it is for the control in focus. */
export function onKey(event: KeyboardEvent, workspace: Workspace): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (workspace.dialog.peek() !== undefined) return;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return;
  if (event.key === "?") {
    workspace.dialog.value = "keys";
    event.preventDefault();
    return;
  }
  const open = workspace.open.peek();
  if (!open || workspace.page.peek() !== "songs" || isForControl(event.key, target)) return;
  if (act(event, target, workspace, open)) event.preventDefault();
}

/** Whether a control in focus needs a key itself. */
function isForControl(key: string, target: HTMLElement): boolean {
  if (target.matches("select, textarea, input:not([type=range], [type=radio], [type=checkbox])")) {
    return true;
  }
  const isSeek = target.matches(".seek");
  const isArrow = key.startsWith("Arrow") || key === "Home" || key === "End";
  if (target.matches("input") && !isSeek && (isArrow || key === " ")) return true;
  return key === " " && target.matches("button, summary, a");
}

/** @returns whether it was a key of ours. */
function act(event: KeyboardEvent, target: HTMLElement, workspace: Workspace, open: OpenSong) {
  const { player, timeline } = open;
  const rate = player.sampleRate;
  const heard = Math.round(player.heard());
  const step = (event.shiftKey ? SMALL_STEP : STEP) * rate;
  const { start, end } = timeline.span.peek();
  const around = heard >= start && heard < end ? heard : (start + end) / 2;
  switch (event.key) {
    case " ":
    case "k":
      player.toggle();
      return true;
    case "ArrowLeft":
      player.seek(heard - step);
      return true;
    case "ArrowRight":
      player.seek(heard + step);
      return true;
    case "Home":
      player.seek(0);
      return true;
    case "End":
      player.seek(player.frames.peek());
      return true;
    case "ArrowUp":
    case "ArrowDown":
      return moveFocus(target, event.key === "ArrowUp" ? -1 : 1);
    case "m":
    case "s": {
      const name = laneOf(target);
      if (name === undefined) return false;
      const { muted, soloed } = player.setting(name);
      player.set(name, event.key === "m" ? { muted: !muted } : { soloed: !soloed });
      return true;
    }
    case "o":
      player.setListening(player.listening.peek() === "mix" ? "original" : "mix");
      return true;
    case "l":
      player.setLooping(!player.looping.peek());
      return true;
    case "[":
      player.setLoop(loopFrom(heard, player.loop.peek(), player.frames.peek(), rate));
      return true;
    case "]":
      player.setLoop(loopTo(heard, player.loop.peek(), rate));
      return true;
    case "+":
    case "=":
      timeline.zoom(0.5, around);
      return true;
    case "-":
      timeline.zoom(2, around);
      return true;
    case "0":
      timeline.showAll();
      return true;
    case "g":
      workspace.picture.value =
        workspace.picture.peek() === "waveform" ? "spectrogram" : "waveform";
      return true;
    case "e":
      if (open.song.state.peek().kind !== "done") return false;
      workspace.dialog.value = "export";
      return true;
  }
  return false;
}

/** The stem whose lane has the focus. */
function laneOf(target: HTMLElement): string | undefined {
  const name = target.closest<HTMLElement>(".lane")?.dataset.lane;
  return name === "original" ? undefined : name;
}

function moveFocus(target: HTMLElement, by: number): boolean {
  const lanes = [...document.querySelectorAll<HTMLElement>(".lane[tabindex]")];
  const at = lanes.findIndex((lane) => lane.contains(target));
  if (at < 0 && by < 0) return false;
  lanes[Math.max(0, Math.min(lanes.length - 1, at + by))]?.focus();
  return lanes.length > 0;
}

function loopFrom(start: number, loop: Loop | undefined, frames: number, rate: number): Loop {
  const end = loop && loop.end - start >= SHORTEST * rate ? loop.end : frames;
  return { start: Math.max(0, Math.min(start, Math.round(end - SHORTEST * rate))), end };
}

function loopTo(end: number, loop: Loop | undefined, rate: number): Loop {
  const least = Math.ceil(SHORTEST * rate);
  const start = loop && end - loop.start >= least ? loop.start : 0;
  return { start, end: Math.max(end, start + least) };
}
