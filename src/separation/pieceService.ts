/** The serving side of {@link PieceProtocol}: one engine, in whatever kind of thread. */
import { RuntimeError } from "../errors.ts";
import { type Importer, loadRuntime } from "../runtime/index.ts";
import type { Service } from "../threads/index.ts";
import { PieceEngine } from "./pieceEngine.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";

/**
 * An engine that is still to be started.
 * @param importer finds the runtime where packages cannot be imported by their names.
 */
export function pieceService(importer?: Importer): Service<PieceProtocol> {
  let engine: PieceEngine | undefined;
  const started = () => {
    if (!engine) throw new RuntimeError("runtime-failed", "The engine was not started.");
    return engine;
  };
  return {
    handlers: {
      async warm(preference) {
        await loadRuntime(preference, importer).catch(() => undefined);
        return undefined;
      },
      async start({ model, setup }) {
        const runtime = await loadRuntime(setup.runtime, importer);
        engine = await PieceEngine.create(model, runtime, setup);
        const { name, version, notice } = runtime;
        return { name, version, device: engine.device, notice };
      },
      async analyse(piece, { move }) {
        const analysed = await started().analyse(piece);
        move(analysed.samples);
        return { analysed, times: started().times() };
      },
      async synthesise({ id, spatial, into }, { move }) {
        const stems = await started().synthesise(id, spatial, into);
        move(stems);
        return { stems, times: started().times() };
      },
      async reset() {
        await started().reset();
        return undefined;
      },
    },
    close: async () => engine?.close(),
  };
}
