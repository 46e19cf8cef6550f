/** Starts the app. */
import { render } from "preact";
import { openApp } from "./app.ts";
import { browserKeeper, openSettings } from "./settings/settings.ts";
import { App } from "./view/app.tsx";
import { Workspace } from "./view/workspace.ts";
import "./view/styles/app.css";

const settings = openSettings(browserKeeper());
const { queue, shelf, exportFiles } = openApp(settings.device);
const workspace = new Workspace({ queue, shelf, exporter: exportFiles, settings });
const root = document.getElementById("app");
if (root) render(<App workspace={workspace} />, root);
