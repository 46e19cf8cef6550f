/** The module of the thread in which {@link openSeparator} loads and prepares a model. */
import { aboutFile, readModel } from "../models/index.ts";
import { serveInThread } from "../threads/node.ts";
import type { ModelProtocol } from "./openSeparator.ts";
import { prepareModel } from "./preparedModel.ts";

serveInThread<ModelProtocol>({
  handlers: {
    async prepare(found, { move }) {
      const read = await readModel(found);
      const model = aboutFile(found.source, () => prepareModel(read));
      move([model.weights.data]);
      return model;
    },
  },
});
