/** What to take along, and how. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ExportFormat, ExportRequest, MixSetting } from "../exporting/exporter.ts";
import { isHeard } from "../player/mixing.ts";
import { exportFormats } from "../settings/settings.ts";
import { english } from "../text/english.ts";
import { Progress, Segments, Select } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";
import { type Explanation, explained } from "./explained.ts";
import { decibels, percent } from "./shown.ts";
import { inOrder, type OpenSong, titleOf, trackTitle, type Workspace } from "./workspace.ts";

const text = english.export;

export function ExportDialog({
  workspace,
  open,
}: {
  readonly workspace: Workspace;
  readonly open: OpenSong;
}) {
  const { song, player } = open;
  const { settings, exporter } = workspace.services;
  const stems = inOrder(player.stems.value).map(({ name }) => name);
  const kind = useSignal<"stems" | "mix">(player.isMixed ? "mix" : "stems");
  const left = useSignal<ReadonlySet<string>>(new Set());
  const as = useSignal<"zip" | "files">("zip");
  const fraction = useSignal<number | undefined>(undefined);
  const outcome = useSignal<string | undefined>(undefined);
  const failure = useSignal<Explanation | undefined>(undefined);
  const work = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => work.current?.abort(), []);
  const close = () => {
    workspace.dialog.value = undefined;
  };
  const names = stems.filter((name) => !left.value.has(name));
  const gains = mixOf(open);
  const problem = problemOf();

  return (
    <Dialog title={text.title(titleOf(song))} onClose={close}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <fieldset disabled={fraction.value !== undefined}>
          <legend class="unseen">{text.what}</legend>
          <div class="cards two">
            {(["stems", "mix"] as const).map((choice) => (
              <label class="card" key={choice}>
                <input
                  type="radio"
                  name="export-what"
                  checked={kind.value === choice}
                  onChange={() => {
                    kind.value = choice;
                  }}
                />
                <span>
                  <strong>{choice === "stems" ? text.stems : text.mix}</strong>
                  <small>{choice === "stems" ? text.stemsHint : text.mixHint}</small>
                </span>
              </label>
            ))}
          </div>
          {kind.value === "stems" && (
            <fieldset class="checks">
              <legend class="unseen">{text.which}</legend>
              {stems.map((name) => (
                <label key={name} data-lane={name}>
                  <input
                    type="checkbox"
                    checked={!left.value.has(name)}
                    onChange={({ currentTarget }) => {
                      const others = new Set(left.value);
                      if (currentTarget.checked) others.delete(name);
                      else others.add(name);
                      left.value = others;
                    }}
                  />
                  <span>{trackTitle(name)}</span>
                </label>
              ))}
            </fieldset>
          )}
          <div class="form-row">
            <Select
              label={text.format}
              value={settings.format.value}
              choices={exportFormats.map((format) => [format, text.formats[format]])}
              onChange={(value) => {
                const format = exportFormats.find((known) => known === value);
                if (format) settings.format.value = format;
              }}
            />
            {kind.value === "stems" && (
              <Segments
                label={text.as}
                name="export-as"
                value={as.value}
                choices={[
                  ["zip", text.zip],
                  ["files", text.files],
                ]}
                onChange={(value) => {
                  as.value = value;
                }}
              />
            )}
          </div>
        </fieldset>
        <div class="form-outcome" aria-live="polite">
          {problem && <p class="dim">{problem}</p>}
          {failure.value && (
            <p class="error">
              {failure.value.message} {failure.value.hint}
            </p>
          )}
          {outcome.value && <p>{outcome.value}</p>}
        </div>
        {fraction.value !== undefined && (
          <Progress label={text.working(percent(fraction.value))} fraction={fraction.value} />
        )}
        <div class="buttons end">
          {fraction.value === undefined ? (
            <button type="submit" class="button primary" disabled={problem !== undefined}>
              {text.start}
            </button>
          ) : (
            <button type="button" class="button" onClick={() => work.current?.abort()}>
              {english.cancel}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );

  function problemOf(): string | undefined {
    if (song.state.value.kind !== "done") return text.unfinished;
    if (kind.value === "stems") return names.length === 0 ? text.noneChosen : undefined;
    return Object.values(gains).every(({ gain }) => gain === 0) ? text.muted : undefined;
  }

  async function start(): Promise<void> {
    const format: ExportFormat = settings.format.value;
    const ending = new AbortController();
    work.current = ending;
    fraction.value = 0;
    outcome.value = undefined;
    failure.value = undefined;
    let quieter = "";
    const what: ExportRequest["what"] =
      kind.value === "stems" ? { kind: "stems", names, as: as.value } : { kind: "mix", gains };
    try {
      const written = await exporter({
        ...{ song, format, what, signal: ending.signal },
        onProgress: (value) => {
          fraction.value = value;
        },
        onGain: (gain) => {
          quieter = text.quieter(decibels(1 / gain).slice(1));
        },
      });
      outcome.value = written.length > 0 ? `${text.done(written)} ${quieter}` : text.closed;
    } catch (error) {
      if (ending.signal.aborted) outcome.value = text.closed;
      else failure.value = explained(error);
    } finally {
      fraction.value = undefined;
    }
  }
}

/** The faders, as the exporter takes them: what is not heard has gain 0. */
export function mixOf({ player }: OpenSong): Readonly<Record<string, MixSetting>> {
  const stems = player.stems.value.map(({ name }) => name);
  const all = stems.map((name) => player.setting(name));
  return Object.fromEntries(
    stems.map((name, i) => {
      const { gain, pan } = all[i];
      return [name, { gain: isHeard(all[i], all) ? gain : 0, pan }];
    }),
  );
}
