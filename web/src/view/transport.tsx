/** What plays: the buttons, the place, the loop, the speed, mix or original, the loudness. */
import { useComputed, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { speeds } from "../player/player.ts";
import { english } from "../text/english.ts";
import { Segments, Slider } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { Meter } from "./meter.tsx";
import { clock, decibels, fineClock, gainOf, positionOf, UNITY } from "./shown.ts";
import type { OpenSong } from "./workspace.ts";

const text = english.transport;

export function Transport({ open }: { readonly open: OpenSong }) {
  const { player } = open;
  const playing = player.playing.value;
  const waiting = player.waiting.value;
  const isWhole = player.stems.value.every(({ ready, frames }) => ready.value >= frames);
  const hasStems = player.stems.value.length > 0;
  const master = player.master.value;
  const clipped = useComputed(
    () => Math.max(player.levels.value.left, player.levels.value.right) > 1,
  ).value;
  return (
    <section class="transport" aria-label={text.label}>
      <button
        type="button"
        class="play-button"
        aria-label={playing ? text.pause : text.play}
        title={playing ? text.pause : text.play}
        data-waiting={waiting}
        onClick={() => player.toggle()}
      >
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <Place open={open} />
      <div class="transport-tools">
        <Segments
          label={text.compare}
          name="listening"
          value={player.listening.value}
          disabled={!hasStems}
          choices={[
            ["mix", text.mix],
            ["original", text.original],
          ]}
          onChange={(listening) => player.setListening(listening)}
        />
        <LoopButton open={open} />
        <Speed open={open} />
        <div class="master" data-clipped={clipped} title={clipped ? text.clipped : undefined}>
          <Icon name="volume" />
          <Slider
            label={text.master}
            value={positionOf(master)}
            text={master === 0 ? english.lanes.silent : english.lanes.decibels(decibels(master))}
            min={0}
            max={100}
            home={UNITY}
            onInput={(position) => player.setMaster(gainOf(position))}
          />
          <div class="master-meters">
            <Meter peak={() => player.levels.value.left} />
            <Meter peak={() => player.levels.value.right} />
          </div>
        </div>
      </div>
      <p class="waiting" role="status">
        {waiting ? (isWhole ? text.loading : text.waiting) : ""}
      </p>
    </section>
  );
}

/** Times, and the bar that goes to any place. */
function Place({ open: { player } }: { readonly open: OpenSong }) {
  const bar = useRef<HTMLInputElement>(null);
  const now = useRef<HTMLSpanElement>(null);
  const seconds = player.frames.value / player.sampleRate;
  useSignalEffect(() => {
    const at = player.position.value / player.sampleRate;
    if (now.current) now.current.textContent = fineClock(at);
    const input = bar.current;
    if (!input) return;
    input.value = String(player.position.value);
    input.style.setProperty("--from", "0%");
    input.style.setProperty("--to", `${(100 * player.position.value) / player.frames.value}%`);
    const spoken = text.positionValue(clock(at), clock(player.frames.value / player.sampleRate));
    if (input.getAttribute("aria-valuetext") !== spoken) {
      input.setAttribute("aria-valuetext", spoken);
    }
  });
  return (
    <div class="place-bar">
      <span class="time" ref={now} />
      <input
        ref={bar}
        type="range"
        class="slider seek"
        aria-label={text.position}
        min={0}
        max={player.frames.value}
        step={Math.round(player.sampleRate / 20)}
        onInput={(event) => player.seek(event.currentTarget.valueAsNumber)}
      />
      <span class="time dim">{clock(seconds)}</span>
    </div>
  );
}

function LoopButton({ open: { player } }: { readonly open: OpenSong }) {
  const loop = player.loop.value;
  const time = (frame: number) => fineClock(frame / player.sampleRate);
  const title = loop ? text.loopFrom(time(loop.start), time(loop.end)) : text.loopHint;
  return (
    <div class="loop-tools">
      <button
        type="button"
        class="button small"
        aria-pressed={player.looping.value}
        aria-label={loop ? title : text.loop}
        title={title}
        disabled={!loop}
        onClick={() => player.setLooping(!player.looping.value)}
      >
        <Icon name="loop" />
        <span>{text.loop}</span>
      </button>
      {loop && (
        <button
          type="button"
          class="icon-button"
          aria-label={text.clearLoop}
          title={text.clearLoop}
          onClick={() => player.setLoop(undefined)}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

function Speed({ open: { player } }: { readonly open: OpenSong }) {
  const steps = [speeds.least, 0.6, 0.7, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, speeds.most];
  return (
    <label class="speed" title={text.speed}>
      <span class="unseen">{text.speed}</span>
      <select
        value={player.speed.value}
        onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
      >
        {steps.map((speed) => (
          <option key={speed} value={speed} selected={speed === player.speed.value}>
            {text.speedValue(speed)}
          </option>
        ))}
      </select>
    </label>
  );
}
