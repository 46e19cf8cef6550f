/** A song: what it is, how far it is, its tracks and what plays them. */
import type { Song } from "../songs/song.ts";
import { english } from "../text/english.ts";
import { IconButton, Progress } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { Lanes } from "./lanes.tsx";
import { clock } from "./shown.ts";
import { isUnderway, stateText, workingFraction } from "./songList.tsx";
import { Transport } from "./transport.tsx";
import { titleOf, type Workspace } from "./workspace.ts";

const text = english.song;

export function SongPage({
  workspace,
  song,
}: {
  readonly workspace: Workspace;
  readonly song: Song;
}) {
  const open = workspace.open.value;
  return (
    <section class="song" aria-label={titleOf(song)}>
      <SongHead workspace={workspace} song={song} />
      <SongState song={song} />
      {open ? (
        <Lanes key={song.id} workspace={workspace} open={open} />
      ) : (
        <p class="song-pending">{pendingText(song)}</p>
      )}
      {open && <Transport key={song.id} open={open} />}
    </section>
  );
}

function pendingText(song: Song): string {
  const { kind } = song.state.value;
  if (kind === "waiting") return text.waitingTurn;
  return isUnderway(song.state.value) ? text.notReady : "";
}

function SongHead({ workspace, song }: { readonly workspace: Workspace; readonly song: Song }) {
  const facts = song.facts.value;
  const state = song.state.value;
  const about = [
    facts?.artist,
    facts?.album,
    facts && clock(facts.frames / facts.sampleRate),
    facts && text.kilohertz(facts.sampleRate),
    facts && (facts.channels === 1 ? text.mono : text.stereo),
    song.model.value,
  ].filter(Boolean);
  const { chosen } = workspace.services.shelf;
  const other = song.model.value !== undefined && song.model.value !== chosen.value.id;
  return (
    <header class="song-head">
      <div class="song-back">
        <IconButton
          icon="back"
          label={text.back}
          onClick={() => {
            workspace.listShown.value = true;
          }}
        />
      </div>
      <div class="song-names">
        <h2>{titleOf(song)}</h2>
        <p class="dim">{about.join(" · ")}</p>
      </div>
      <div class="buttons">
        {state.kind === "done" && other && (
          <button type="button" class="button" onClick={() => song.again()}>
            <Icon name="retry" />
            <span>{text.separateWith(chosen.value.title)}</span>
          </button>
        )}
        {state.kind === "done" && (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              workspace.dialog.value = "export";
            }}
          >
            <Icon name="export" />
            <span>{text.export}</span>
          </button>
        )}
      </div>
      {facts && facts.notices.length > 0 && (
        <details class="song-notices">
          <summary>{text.notices}</summary>
          <ul>
            {facts.notices.map((notice) => (
              <li key={notice}>{notice}</li>
            ))}
          </ul>
        </details>
      )}
    </header>
  );
}

/** Work that is underway, or why there is none. */
function SongState({ song }: { readonly song: Song }) {
  const state = song.state.value;
  const fraction = workingFraction(state);
  if (state.kind === "done") return null;
  const title = titleOf(song);
  return (
    <div class="song-work" data-state={state.kind}>
      <div>
        <p>{state.kind === "failed" ? state.message : stateText(state)}</p>
        {state.kind === "failed" && state.hint && <p class="dim">{state.hint}</p>}
        {fraction !== undefined && (
          <Progress label={english.queue.progress(title)} fraction={fraction} />
        )}
      </div>
      {isUnderway(state) ? (
        <button type="button" class="button small" onClick={() => song.cancel()}>
          {english.cancel}
        </button>
      ) : (
        <button type="button" class="button small" onClick={() => song.again()}>
          <Icon name="retry" />
          <span>{text.again}</span>
        </button>
      )}
    </div>
  );
}
