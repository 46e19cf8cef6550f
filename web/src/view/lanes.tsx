/** The time line and all tracks below each other, with one playhead. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { english } from "../text/english.ts";
import { highestPeak } from "./columns.ts";
import { IconButton, Segments } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { Lane } from "./lane.tsx";
import { Ruler } from "./ruler.tsx";
import { inOrder, type OpenSong, type Workspace } from "./workspace.ts";

const text = english.lanes;

export function Lanes({
  workspace,
  open,
}: {
  readonly workspace: Workspace;
  readonly open: OpenSong;
}) {
  const { player, timeline } = open;
  const lanes = useRef<HTMLDivElement>(null);
  const level = useSignal<number | undefined>(undefined);
  usePlayhead(lanes, workspace, open);
  useZoomWheel(lanes, open);
  const scale = useComputed(() => {
    const original = player.tracks.value.find(({ name }) => name === "original");
    return Math.max(0.05, original ? highestPeak(original.peaks, original.ready.value) : 1);
  });
  return (
    <div class="lanes" data-picture={workspace.picture.value} ref={lanes}>
      <LanesBar workspace={workspace} open={open} />
      <div class="ruler-row">
        <div class="lane-head" />
        <div class="lane-sight">
          <Ruler open={open} />
          <div class="loop-region" />
          <div class="playhead" />
        </div>
      </div>
      {inOrder(player.tracks.value).map((track) => (
        <Lane key={`${open.song.id} ${track.name}`} {...{ workspace, open, track, scale, level }} />
      ))}
      {!timeline.isWhole && <ScrollBar open={open} />}
    </div>
  );
}

function LanesBar({ workspace, open }: { readonly workspace: Workspace; readonly open: OpenSong }) {
  const { player, timeline } = open;
  const around = () => {
    const { start, end } = timeline.span.value;
    const heard = player.heard();
    return heard >= start && heard < end ? heard : (start + end) / 2;
  };
  return (
    <div class="lanes-bar">
      <Segments
        label={text.view}
        name="picture"
        value={workspace.picture.value}
        choices={[
          ["waveform", text.waveform],
          ["spectrogram", text.spectrogram],
        ]}
        onChange={(picture) => {
          workspace.picture.value = picture;
        }}
      />
      <div class="lanes-zoom">
        {player.isMixed && (
          <button
            type="button"
            class="button small"
            aria-label={text.reset}
            onClick={() => player.resetMix()}
          >
            <Icon name="retry" />
            <span>{text.reset}</span>
          </button>
        )}
        <IconButton
          icon="zoomOut"
          label={text.zoomOut}
          disabled={timeline.isWhole}
          onClick={() => timeline.zoom(2, around())}
        />
        <IconButton
          icon="zoomIn"
          label={text.zoomIn}
          onClick={() => timeline.zoom(0.5, around())}
        />
        <IconButton
          icon="fit"
          label={text.zoomAll}
          disabled={timeline.isWhole}
          onClick={() => timeline.showAll()}
        />
      </div>
    </div>
  );
}

function ScrollBar({ open: { player, timeline } }: { readonly open: OpenSong }) {
  const { start, end } = timeline.span.value;
  const bar = useRef<HTMLInputElement>(null);
  const frames = player.frames.value;
  useEffect(() => {
    bar.current?.style.setProperty("--thumb", `${(100 * (end - start)) / frames}%`);
  });
  return (
    <div class="scroll-row">
      <input
        ref={bar}
        type="range"
        class="scroll-bar"
        aria-label={text.scroll}
        min={0}
        max={Math.max(1, Math.round(frames - (end - start)))}
        step={1}
        value={Math.round(start)}
        onInput={(event) => timeline.scrollTo(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

/**
 * Moves the playheads of all lanes, and with them the visible part. They are moved as they are, by themselves: a property that
 * lanes inherit would have the browser look at all that stands in them, for every picture.
 */
function usePlayhead(
  lanes: { readonly current: HTMLDivElement | null },
  { services }: Workspace,
  { player, timeline }: OpenSong,
): void {
  const place = () => {
    const element = lanes.current;
    if (!element) return;
    const { start, end } = timeline.span.peek();
    const share = (player.heard() - start) / (end - start);
    const width = element.querySelector(".lane-sight")?.clientWidth ?? 0;
    for (const playhead of element.querySelectorAll<HTMLElement>(".playhead")) {
      playhead.style.transform = `translateX(${(share * width).toFixed(2)}px)`;
    }
    element.toggleAttribute("data-playhead-away", share < 0 || share > 1);
  };
  useSignalEffect(() => {
    void player.position.value;
    void player.tracks.value;
    void timeline.span.value;
    // Lanes that are new stand there with the next picture.
    const frame = requestAnimationFrame(place);
    return () => cancelAnimationFrame(frame);
  });
  useEffect(() => {
    const observer = new ResizeObserver(place);
    if (lanes.current) observer.observe(lanes.current);
    return () => observer.disconnect();
  }, [timeline]);
  useSignalEffect(() => {
    if (!player.playing.value) return;
    let frame = requestAnimationFrame(function move() {
      if (services.settings.follow.peek()) timeline.reveal(player.heard());
      place();
      frame = requestAnimationFrame(move);
    });
    return () => cancelAnimationFrame(frame);
  });
  useSignalEffect(() => {
    const loop = player.loop.value;
    const { start, end } = timeline.span.value;
    const element = lanes.current;
    if (!element) return;
    const share = (at: number) => 100 * Math.max(0, Math.min(1, (at - start) / (end - start)));
    const [from, to] = loop ? [share(loop.start), share(loop.end)] : [0, 0];
    element.style.setProperty("--loop-from", `${from}%`);
    element.style.setProperty("--loop-width", `${to - from}%`);
    element.dataset.loop = loop ? (player.looping.value ? "on" : "off") : "none";
  });
}

/** The wheel with Ctrl or Command zooms where the pointer is, sideways it scrolls. */
function useZoomWheel(
  lanes: { readonly current: HTMLDivElement | null },
  { timeline }: OpenSong,
): void {
  useEffect(() => {
    const element = lanes.current;
    const turned = (event: WheelEvent) => {
      const sight = element?.querySelector(".lane-sight")?.getBoundingClientRect();
      if (!sight) return;
      const { start, end } = timeline.span.value;
      const perPixel = (end - start) / sight.width;
      const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const around = start + (event.clientX - sight.left) * perPixel;
        timeline.zoom(Math.exp(event.deltaY * 0.005), around);
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        timeline.scroll(sideways * perPixel);
      }
    };
    // A listener that may hold the page's own zooming back.
    element?.addEventListener("wheel", turned, { passive: false });
    return () => element?.removeEventListener("wheel", turned);
  }, [timeline]);
}
