/** The models to choose from, with their size and terms, and weights of one's own. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ModelPresence, ShelfModel } from "../models/modelShelf.ts";
import { english } from "../text/english.ts";
import { Progress } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";
import { type Explanation, explained } from "./explained.ts";
import { byteSize, percent } from "./shown.ts";
import { inOrder, trackTitle, type Workspace } from "./workspace.ts";

const text = english.models;

export function ModelsDialog({ workspace }: { readonly workspace: Workspace }) {
  const { shelf } = workspace.services;
  const input = useRef<HTMLInputElement>(null);
  const failure = useSignal<Explanation | undefined>(undefined);
  const close = () => {
    workspace.dialog.value = undefined;
  };
  const add = async (files: readonly File[]) => {
    if (files.length === 0) return;
    failure.value = undefined;
    try {
      const model = await shelf.addOwn(files);
      shelf.choose(model);
      workspace.announce(text.added(model.title));
    } catch (error) {
      failure.value = explained(error);
    }
  };
  return (
    <Dialog title={text.title} onClose={close} kind="dialog-wide">
      <p class="dim">{text.lead}</p>
      <div class="cards" role="radiogroup" aria-label={text.title}>
        {shelf.models.value.map((model) => (
          <ModelCard
            key={model.id}
            model={model}
            chosen={shelf.chosen.value.id === model.id}
            choose={() => shelf.choose(model)}
            forget={() => {
              shelf.forget(model).catch((error: unknown) => {
                failure.value = explained(error);
              });
            }}
          />
        ))}
      </div>
      <div class="form-outcome" aria-live="polite">
        {failure.value && (
          <p class="error">
            {failure.value.message} {failure.value.hint}
          </p>
        )}
      </div>
      <div class="own-weights">
        <button type="button" class="button" onClick={() => input.current?.click()}>
          {text.add}
        </button>
        <p class="dim">{text.addHint}</p>
        <input
          ref={input}
          type="file"
          hidden
          multiple
          accept=".safetensors,.pth,.json"
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            currentTarget.value = "";
            void add(files);
          }}
        />
      </div>
    </Dialog>
  );
}

function ModelCard(props: {
  readonly model: ShelfModel;
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly forget: () => void;
}) {
  const { model } = props;
  const presence = model.presence.value;
  const facts = [
    byteSize(model.bytes),
    inOrder(model.targets.map((name) => ({ name })))
      .map(({ name }) => trackTitle(name))
      .join(", "),
    model.liveDelay === undefined ? undefined : text.live(Math.round(1000 * model.liveDelay)),
    model.own ? text.own : undefined,
  ].filter(Boolean);
  return (
    <div class="card model-card">
      <label>
        <input
          type="radio"
          name="model"
          aria-label={text.use(model.title)}
          checked={props.chosen}
          onChange={props.choose}
        />
        <span>
          <strong>{model.title}</strong>
          <small>{facts.join(" · ")}</small>
          <small>{text.terms(model.terms)}</small>
        </span>
      </label>
      <div class="model-presence">
        <small>{presenceText(presence)}</small>
        {presence.kind === "here" && (
          <button
            type="button"
            class="button small"
            aria-label={text.forgetOf(model.title)}
            onClick={props.forget}
          >
            {text.forget}
          </button>
        )}
      </div>
      {presence.kind === "coming" && (
        <Progress label={presenceText(presence)} fraction={presence.fraction} />
      )}
    </div>
  );
}

function presenceText(presence: ModelPresence): string {
  if (presence.kind === "coming") return text.coming(percent(presence.fraction));
  return presence.kind === "here" ? text.here : text.away;
}
