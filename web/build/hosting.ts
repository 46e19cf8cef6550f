/** What hosts need to know: headers.json for programs, _headers for hosts that read such files, a policy in the page itself. */
import type { Plugin } from "vite";
import { contentSecurityPolicy, headers } from "../headers.ts";

export function hosting(): Plugin {
  return {
    name: "hosting",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
        injectTo: "head-prepend",
      },
    ],
    generateBundle() {
      const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
      const files = {
        "headers.json": `${JSON.stringify(headers, null, 2)}\n`,
        _headers: `/*\n${lines.join("")}`,
      };
      for (const [fileName, source] of Object.entries(files)) {
        this.emitFile({ type: "asset", fileName, source });
      }
    },
  };
}
