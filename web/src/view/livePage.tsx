/** Live: choose a source, set the stems, see how late it is. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Target } from "xumx-slicq";
import { LiveSession, type LiveSource, NoSoundError } from "../live/liveSession.ts";
import type { ShelfModel } from "../models/modelShelf.ts";
import { isHeard, type LaneSetting, plainLane } from "../player/mixing.ts";
import { english } from "../text/english.ts";
import { Fact, Slider } from "./controls.tsx";
import { type Explanation, explained } from "./explained.ts";
import { Icon } from "./icons.tsx";
import { Meter } from "./meter.tsx";
import { decibels, gainOf, positionOf, UNITY } from "./shown.ts";
import { trackTitle, type Workspace } from "./workspace.ts";

const text = english.live;
const stems: readonly Target[] = ["vocals", "drums", "bass", "other"];

export function LivePage({ workspace }: { readonly workspace: Workspace }) {
  const session = useMemo(() => new LiveSession(), []);
  useEffect(() => () => void session.stop(), [session]);
  const model = liveModel(workspace);
  const state = session.state.value;
  const start = (source: LiveSource) =>
    void session.start(source, () => workspace.services.bringWeights(model));
  return (
    <section class="live" aria-label={text.title} data-state={state.kind}>
      <header class="live-head">
        <h2>{text.title}</h2>
        <p class="dim">{text.lead}</p>
      </header>
      {state.kind === "running" ? (
        <Running session={session} />
      ) : (
        <Sources busy={state.kind === "opening"} start={start} />
      )}
      {state.kind === "failed" && <Failure why={liveExplained(state.error, state.source)} />}
      <LiveMixer session={session} />
    </section>
  );
}

/** The chosen model if it can be live, else the first that can. */
function liveModel({ services: { shelf } }: Workspace): ShelfModel {
  const canBe = shelf.models.value.filter(({ liveDelay, own }) => liveDelay !== undefined && !own);
  const chosen = canBe.find(({ id }) => id === shelf.chosen.value.id);
  const soonest = canBe.toSorted((a, b) => (a.liveDelay ?? 0) - (b.liveDelay ?? 0))[0];
  return chosen ?? soonest ?? shelf.chosen.value;
}

function Sources(props: { readonly busy: boolean; readonly start: (source: LiveSource) => void }) {
  const source = (name: LiveSource, icon: "live" | "tab", title: string, hint: string) => (
    <button type="button" class="source" disabled={props.busy} onClick={() => props.start(name)}>
      <Icon name={icon} />
      <span>
        <strong>{title}</strong>
        <small>{hint}</small>
      </span>
    </button>
  );
  return (
    <div class="sources">
      {source("microphone", "live", text.microphone, text.microphoneHint)}
      {source("tab", "tab", text.tab, text.tabHint)}
      <p role="status" class="dim">
        {props.busy ? text.opening : ""}
      </p>
    </div>
  );
}

function Failure({ why }: { readonly why: Explanation }) {
  return (
    <div class="notice inline" data-kind="error" role="alert">
      <Icon name="warning" />
      <div>
        <p>{why.message}</p>
        {why.hint && <p class="dim">{why.hint}</p>}
      </div>
    </div>
  );
}

function Running({ session }: { readonly session: LiveSession }) {
  const state = session.state.value;
  if (state.kind !== "running") return null;
  const { facts } = state;
  const { load, dropouts, silent } = session.health.value;
  const ms = (seconds: number) => Math.round(1000 * seconds);
  return (
    <div class="live-running">
      <div class="live-now">
        <p class="on-air">
          <span aria-hidden="true" /> {text.running}
        </p>
        <button type="button" class="button" onClick={() => void session.stop()}>
          <Icon name="stop" />
          <span>{text.stop}</span>
        </button>
      </div>
      <dl class="facts">
        <Fact name={text.latency}>
          {text.latencyValue(ms(facts.modelDelay) + ms(facts.bufferDelay) + ms(facts.browserDelay))}
          <small>
            {text.latencyDetail(
              ms(facts.modelDelay),
              ms(facts.bufferDelay),
              ms(facts.browserDelay),
            )}
          </small>
        </Fact>
        <Fact name={text.late}>
          <span data-late={dropouts > 0}>{text.lateValue(dropouts, ms(silent))}</span>
        </Fact>
        <Fact name={text.load}>{text.loadValue(Math.round(100 * load))}</Fact>
        <Fact name={text.model}>
          {facts.model}
          <small>
            {english.song.kilohertz(facts.sampleRate)}, {text.links[facts.link] ?? facts.link}
          </small>
        </Fact>
      </dl>
    </div>
  );
}

function LiveMixer({ session }: { readonly session: LiveSession }) {
  const settings = useSignal<Readonly<Record<string, LaneSetting>>>({});
  const setting = (stem: string) => settings.value[stem] ?? plainLane;
  const change = (stem: Target, part: Partial<LaneSetting>) => {
    settings.value = { ...settings.value, [stem]: { ...setting(stem), ...part } };
    const all = stems.map(setting);
    const gains = stems.map((name, i) => [name, isHeard(all[i], all) ? all[i].gain : 0]);
    session.setGains(Object.fromEntries(gains));
  };
  return (
    <section class="strips" aria-label={text.stems}>
      {stems.map((stem) => {
        const { gain, muted, soloed } = setting(stem);
        const title = trackTitle(stem);
        return (
          <section class="strip" data-lane={stem} key={stem} aria-label={title}>
            <h3>{title}</h3>
            <Meter peak={() => session.levels.value.get(stem) ?? 0} />
            <div class="lane-volume">
              <Slider
                label={english.lanes.volume(title)}
                value={positionOf(gain)}
                text={gain === 0 ? english.lanes.silent : english.lanes.decibels(decibels(gain))}
                min={0}
                max={100}
                home={UNITY}
                onInput={(position) => change(stem, { gain: gainOf(position) })}
              />
              <output>{gain === 0 ? "−∞" : decibels(gain)}</output>
            </div>
            <div class="lane-switches">
              <button
                type="button"
                class="switch mute"
                aria-pressed={muted}
                aria-label={english.lanes.mute(title)}
                onClick={() => change(stem, { muted: !muted })}
              >
                {english.lanes.muteLetter}
              </button>
              <button
                type="button"
                class="switch solo"
                aria-pressed={soloed}
                aria-label={english.lanes.solo(title)}
                onClick={() => change(stem, { soloed: !soloed })}
              >
                {english.lanes.soloLetter}
              </button>
            </div>
          </section>
        );
      })}
    </section>
  );
}

/** What browsers say of sources, in words. */
function liveExplained(error: unknown, source: LiveSource): Explanation {
  if (error instanceof NoSoundError) return { message: text.noSound, hint: text.noSoundHint };
  if (!(error instanceof DOMException)) {
    // There is no such function where there is no such thing.
    if (error instanceof TypeError && source === "tab") {
      return { message: text.unsupported, hint: text.unsupportedHint };
    }
    return explained(error);
  }
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return {
        message: text.notAllowed,
        hint: source === "tab" ? text.noSoundHint : text.notAllowedHint,
      };
    case "NotFoundError":
    case "OverconstrainedError":
      return { message: text.notFound, hint: text.notFoundHint };
    case "NotReadableError":
    case "AbortError":
      return { message: text.busy, hint: text.busyHint };
    case "NotSupportedError":
      return { message: text.unsupported, hint: text.unsupportedHint };
    default:
      return explained(error);
  }
}
