/** One track: what it is called, how loud and where it is, and what it looks like. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import { isHeard } from "../player/mixing.ts";
import { english } from "../text/english.ts";
import type { Track } from "../tracks/track.ts";
import { Slider } from "./controls.tsx";
import { Meter } from "./meter.tsx";
import { decibels, gainOf, positionOf, UNITY } from "./shown.ts";
import { SpectrogramSight } from "./spectrogram.tsx";
import { useTimePointer } from "./timePointer.ts";
import { Waveform } from "./waveform.tsx";
import { type OpenSong, trackTitle, type Workspace } from "./workspace.ts";

const text = english.lanes;

export interface LaneProps {
  readonly workspace: Workspace;
  readonly open: OpenSong;
  readonly track: Track;
  readonly scale: ReadonlySignal<number>;
  /** The level of the strongest colour, the same for all tracks: the original's loudest point. */
  readonly level: Signal<number | undefined>;
}

export function Lane({ workspace, open, track, scale, level }: LaneProps) {
  const { player, timeline } = open;
  const { name } = track;
  const title = trackTitle(name);
  const isOriginal = name === "original";
  return (
    <section
      class="lane"
      data-lane={name}
      data-heard={isOriginal ? player.listening.value === "original" : isStemHeard(open, name)}
      aria-label={text.lane(title)}
      // The keys for muting and soloing are for the lane in focus.
      tabIndex={isOriginal ? undefined : 0}
    >
      <div class="lane-head">
        <h3>{title}</h3>
        {!isOriginal && <LaneControls open={open} name={name} />}
        <Meter peak={() => player.levels.value.lanes.get(name) ?? 0} />
      </div>
      <LaneSight open={open}>
        {workspace.picture.value === "waveform" ? (
          <Waveform key={name} track={track} timeline={timeline} scale={scale} />
        ) : (
          <SpectrogramSight key={name} {...{ workspace, open, track, level }} />
        )}
        <Unready open={open} track={track} />
      </LaneSight>
    </section>
  );
}

function isStemHeard({ player }: OpenSong, name: string): boolean {
  const settings = player.stems.value.map((stem) => player.setting(stem.name));
  return player.listening.value === "mix" && isHeard(player.setting(name), settings);
}

function LaneControls({
  open: { player },
  name,
}: {
  readonly open: OpenSong;
  readonly name: string;
}) {
  const title = trackTitle(name);
  const { gain, pan, muted, soloed } = player.setting(name);
  return (
    <>
      <div class="lane-switches">
        <button
          type="button"
          class="switch mute"
          aria-pressed={muted}
          aria-label={text.mute(title)}
          title={text.mute(title)}
          onClick={() => player.set(name, { muted: !muted })}
        >
          {text.muteLetter}
        </button>
        <button
          type="button"
          class="switch solo"
          aria-pressed={soloed}
          aria-label={text.solo(title)}
          title={text.solo(title)}
          onClick={() => player.set(name, { soloed: !soloed })}
        >
          {text.soloLetter}
        </button>
      </div>
      <div class="lane-volume">
        <Slider
          label={text.volume(title)}
          value={positionOf(gain)}
          text={gain === 0 ? text.silent : text.decibels(decibels(gain))}
          min={0}
          max={100}
          home={UNITY}
          onInput={(position) => player.set(name, { gain: gainOf(position) })}
        />
        <output>{gain === 0 ? "−∞" : decibels(gain)}</output>
      </div>
      <div class="lane-pan">
        <Slider
          label={text.pan(title)}
          value={Math.round(100 * pan)}
          text={panText(pan)}
          min={-100}
          max={100}
          step={5}
          home={0}
          from={0}
          kind="slider-pan"
          onInput={(position) => player.set(name, { pan: position / 100 })}
        />
        <output>{panShort(pan)}</output>
      </div>
    </>
  );
}

function panText(pan: number): string {
  const share = Math.round(100 * Math.abs(pan));
  if (share === 0) return text.center;
  return pan < 0 ? text.left(share) : text.right(share);
}

function panShort(pan: number): string {
  const share = Math.round(100 * Math.abs(pan));
  if (share === 0) return text.panShort.center;
  return pan < 0 ? text.panShort.left(share) : text.panShort.right(share);
}

function LaneSight({
  open,
  children,
}: {
  readonly open: OpenSong;
  readonly children: preact.ComponentChildren;
}) {
  const pointer = useTimePointer(open, "place");
  return (
    <div class="lane-sight" {...pointer}>
      {children}
      <div class="loop-region" />
      <div class="playhead" />
    </div>
  );
}

/** Covers what is still to be made. */
function Unready({ open, track }: { readonly open: OpenSong; readonly track: Track }) {
  const { start, end } = open.timeline.span.value;
  const ready = track.ready.value;
  if (ready >= Math.min(end, track.frames)) return null;
  const share = Math.max(0, (ready - start) / (end - start));
  return <div class="unready" style={{ left: `${100 * share}%` }} />;
}
