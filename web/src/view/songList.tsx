/** All songs, each with how far it is and what can be done with it. */
import { useEffect, useRef } from "preact/hooks";
import type { Song, SongState } from "../songs/song.ts";
import { english } from "../text/english.ts";
import { IconButton, Progress } from "./controls.tsx";
import { isSound } from "./droppedFiles.ts";
import { Icon } from "./icons.tsx";
import { duration, percent, wholeDuration } from "./shown.ts";
import { titleOf, type Workspace } from "./workspace.ts";

const text = english.queue;

export function SongList({ workspace }: { readonly workspace: Workspace }) {
  const { queue } = workspace.services;
  return (
    <aside class="songs" aria-label={text.label}>
      <AddSongs workspace={workspace} />
      {queue.songs.value.length === 0 ? (
        <p class="songs-empty">{text.empty}</p>
      ) : (
        <ul class="song-list">
          {queue.songs.value.map((song) => (
            <SongEntry key={song.id} workspace={workspace} song={song} />
          ))}
        </ul>
      )}
    </aside>
  );
}

function AddSongs({ workspace }: { readonly workspace: Workspace }) {
  return (
    <FileButton workspace={workspace} kind="button wide">
      <Icon name="plus" />
      <span>{english.drop.add}</span>
    </FileButton>
  );
}

/** A button that opens the browser's dialog for files. */
export function FileButton(props: {
  readonly workspace: Workspace;
  readonly kind: string;
  readonly folder?: boolean;
  readonly children: preact.ComponentChildren;
}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.webkitdirectory = props.folder === true;
  }, [props.folder]);
  return (
    <>
      <button type="button" class={props.kind} onClick={() => input.current?.click()}>
        {props.children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={props.folder ? undefined : "audio/*,video/*,.flac,.opus,.aiff,.aif"}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = "";
          if (files.length > 0) props.workspace.add(props.folder ? files.filter(isSound) : files);
        }}
      />
    </>
  );
}

function SongEntry({ workspace, song }: { readonly workspace: Workspace; readonly song: Song }) {
  const state = song.state.value;
  const title = titleOf(song);
  const artist = song.facts.value?.artist;
  const working = workingFraction(state);
  const selected = workspace.selected.value === song && workspace.page.value === "songs";
  return (
    <li class="song-entry" data-state={state.kind} data-selected={selected}>
      <button
        type="button"
        class="song-choice"
        aria-current={selected ? "true" : undefined}
        onClick={() => workspace.select(song)}
      >
        <span class="song-title">{title}</span>
        <span class="song-state">
          {artist && working === undefined ? `${artist} · ` : ""}
          {stateText(state)}
        </span>
      </button>
      <div class="song-actions">
        {isUnderway(state) ? (
          <IconButton icon="close" label={text.cancel(title)} onClick={() => song.cancel()} />
        ) : (
          <>
            {state.kind !== "done" && (
              <IconButton icon="retry" label={text.again(title)} onClick={() => song.again()} />
            )}
            <IconButton
              icon="close"
              label={text.remove(title)}
              onClick={() => void workspace.remove(song)}
            />
          </>
        )}
      </div>
      {working !== undefined && <Progress label={text.progress(title)} fraction={working} />}
    </li>
  );
}

/** Whether there is work to cancel. */
export function isUnderway({ kind }: SongState): boolean {
  return kind === "waiting" || kind === "decoding" || kind === "separating";
}

/** How far work on a song is; undefined where there is none at the moment. */
export function workingFraction(state: SongState): number | undefined {
  return state.kind === "decoding" || state.kind === "separating" ? state.fraction : undefined;
}

/** A song's state in a few words. */
export function stateText(state: SongState): string {
  switch (state.kind) {
    case "waiting":
      return text.waiting;
    case "decoding":
      return text.decoding(percent(state.fraction));
    case "separating": {
      const left = state.secondsLeft;
      return text.separating(
        percent(state.fraction),
        left === undefined ? undefined : wholeDuration(left),
      );
    }
    case "done":
      return text.done(duration(state.seconds));
    case "failed":
      return text.failed;
    case "cancelled":
      return text.cancelled;
  }
}
