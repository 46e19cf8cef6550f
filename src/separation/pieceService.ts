/** The serving side of {@link PieceProtocol}: one engine of either kind, in whatever kind of thread. */
import { RuntimeError } from "../errors.ts";
import { createKernels } from "../kernels/instance.ts";
import { type Importer, loadRuntime, warmUp } from "../runtime/index.ts";
import type { Service } from "../threads/index.ts";
import { type StartedEngine, startEngine } from "./crew.ts";
import type { PieceEngine } from "./pieceEngine.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";
import type { SongPartEngine } from "./songEngine.ts";
import { arraysOf } from "./songPiece.ts";

/**
 * An engine that is still to be started.
 * @param importer finds the runtime where packages cannot be imported by their names.
 */
export function pieceService(importer?: Importer): Service<PieceProtocol> {
  let started: StartedEngine | undefined;
  const slices = (): PieceEngine => {
    if (started?.kind === "slices") return started.engine;
    throw new RuntimeError("runtime-failed", "No engine for slices was started.");
  };
  const song = (): SongPartEngine => {
    if (started?.kind === "song") return started.engine;
    throw new RuntimeError("runtime-failed", "No engine for songs was started.");
  };
  return {
    handlers: {
      async warm(preference) {
        // Compiles them for all that come.
        createKernels();
        await loadRuntime(preference, importer)
          .then(warmUp)
          .catch(() => undefined);
        return undefined;
      },
      async start({ work, setup }) {
        const { report, ...own } = await startEngine(work, setup, importer);
        started = own.started;
        return report;
      },
      async weigh(numbers) {
        slices().weigh(numbers);
        return undefined;
      },
      async analyse(piece, { move }) {
        const answer = await slices().analyse(piece);
        move(answer.samples);
        return { answer, times: slices().times() };
      },
      async synthesise({ id, spatial, into }, { move }) {
        const answer = await slices().synthesise(id, spatial, into);
        move(answer);
        return { answer, times: slices().times() };
      },
      async refine(piece, { move }) {
        const answer = await slices().refine(piece);
        move(arraysOf(answer));
        return { answer, times: slices().times() };
      },
      async encode(piece, { move }) {
        const answer = await song().encode(piece);
        move(arraysOf(answer.piece));
        return { answer, times: song().times() };
      },
      async recur(piece, { move }) {
        const answer = await song().recur(piece);
        move(arraysOf(answer));
        return { answer, times: song().times() };
      },
      async join(piece, { move }) {
        const answer = await song().join(piece);
        move(arraysOf(answer));
        return { answer, times: song().times() };
      },
      async measure({ piece, models }, { move }) {
        const answer = await song().measure(piece, models);
        move([...arraysOf(answer.piece), answer.sums]);
        return { answer, times: song().times() };
      },
      async filter({ piece, models }, { move }) {
        const answer = await song().filter(piece, models);
        move(arraysOf(answer));
        return { answer, times: song().times() };
      },
      async reset() {
        await started?.engine.reset();
        return undefined;
      },
    },
    close: async () => started?.engine.close(),
  };
}
