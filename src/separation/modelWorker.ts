/** The module of the thread in which {@link openSeparator} loads and prepares a model. */
import { aboutFile, readModel } from "../models/index.ts";
import { withoutNumbers } from "../networks/index.ts";
import { serveInThread } from "../threads/node.ts";
import type { ModelProtocol } from "./modelThread.ts";
import { type PreparedModel, prepareModel } from "./preparedModel.ts";

let prepared: PreparedModel | undefined;

serveInThread<ModelProtocol>({
  handlers: {
    async outline(found) {
      const read = await readModel(found);
      prepared = aboutFile(found.source, () => prepareModel(read));
      return { ...prepared, weights: withoutNumbers(prepared.weights) };
    },
    async numbers(_, { move }) {
      const { data } = prepared?.weights ?? { data: new Float32Array(0) };
      prepared = undefined;
      move([data]);
      return data;
    },
  },
});
