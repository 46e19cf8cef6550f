/** Starts the app. */
import { render } from "preact";
import { openApp } from "./app.ts";
import type { ShelfModel } from "./models/modelShelf.ts";
import { browserKeeper, openSettings } from "./settings/settings.ts";
import { App } from "./view/app.tsx";
import { Workspace } from "./view/workspace.ts";
import "./view/styles/app.css";

const settings = openSettings(browserKeeper());
const { exportFiles: exporter, ...parts } = openApp(settings);
const bringWeights = async (model: ShelfModel) => (await parts.shelf.bring(model)).weights;
const workspace = new Workspace({ ...parts, exporter, bringWeights, settings });
const root = document.getElementById("app");
if (root) render(<App workspace={workspace} />, root);
