/** The page without a song. */
import { english } from "../text/english.ts";
import { FileButton } from "./songList.tsx";
import type { Workspace } from "./workspace.ts";

const text = english.drop;

export function Welcome({ workspace }: { readonly workspace: Workspace }) {
  return (
    <section class="welcome">
      <div class="drop-zone">
        <Picture />
        <h2>{text.title}</h2>
        <p>{text.lead}</p>
        <div class="buttons">
          <FileButton workspace={workspace} kind="button primary">
            {text.choose}
          </FileButton>
          <FileButton workspace={workspace} kind="button" folder>
            {text.folder}
          </FileButton>
        </div>
        <p class="dim">{text.formats}</p>
      </div>
      <dl class="promises">
        {text.promises.map(([name, promise]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{promise}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A wave that becomes four. */
function Picture() {
  const wave = (y: number, height: number, turns: number) => {
    const points = Array.from({ length: 49 }, (_, i) => {
      const x = 130 + i * 2.5;
      const fade = Math.sin((Math.PI * i) / 48);
      return `${x},${(y + height * fade * Math.sin((2 * Math.PI * turns * i) / 48)).toFixed(1)}`;
    });
    return `M${points.join("L")}`;
  };
  const bars = Array.from({ length: 17 }, (_, i) => {
    const height = 6 + 34 * Math.abs(Math.sin(i * 1.7) * Math.cos(i * 0.6 + 0.4));
    return `M${6 + i * 6},${(50 - height).toFixed(1)}v${(2 * height).toFixed(1)}`;
  });
  return (
    <svg class="welcome-picture" viewBox="0 0 256 100" aria-hidden="true">
      <path class="mark-original" d={bars.join("")} />
      <path class="mark-vocals" d={wave(14, 9, 3)} />
      <path class="mark-drums" d={wave(38, 9, 8)} />
      <path class="mark-bass" d={wave(62, 9, 2)} />
      <path class="mark-other" d={wave(86, 9, 5)} />
    </svg>
  );
}
