/** The package of the native runtime, and how it is had. */

/**
 * The one line that brings the native runtime. As an optional dependency, so that it may be left out again where its
 * install script fails, which fetches what is not used here; without that script, so that it is there at once.
 */
export const installLine = "npm install onnxruntime-node@1.30 --save-optional --ignore-scripts";
