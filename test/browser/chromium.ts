/** Debian's Chromium, where it is installed, and pages in it. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Where it is; undefined if it is not installed. */
export const executablePath = [
  process.env.CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
].find((path) => path !== "" && existsSync(path));

/** Starts it. @param flags of its command line */
export function launch(...flags: readonly string[]): Promise<Browser> {
  if (!executablePath) throw new Error("Chromium is not installed.");
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...flags] });
}

/**
 * Starts one with a profile on the disk. Windows of others are private ones, where a page's private files lie in memory.
 * @param folder that the profile is written to
 */
export function launchWithProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    ...(executablePath && { executablePath }),
    args: ["--no-sandbox"],
  });
}

/** Opens a site's page; what it prints and asks for is kept. */
export async function opened(browser: Browser | BrowserContext, origin: string) {
  const page: Page = await browser.newPage();
  const requests: string[] = [];
  const printed: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => printed.push(message.text()));
  page.on("pageerror", (error) => printed.push(String(error)));
  await page.goto(origin);
  await page.waitForFunction(() => document.title === "ready", undefined, { timeout: 60_000 });
  return { page, requests, printed, [Symbol.asyncDispose]: () => page.close() };
}
