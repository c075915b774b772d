import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The machine's Chromium, if it has one. None is ever downloaded. */
export const browserPath = [process.env["CHROMIUM_PATH"] ?? "", ...PLACES].find(
  (path) => path !== "" && existsSync(path),
);

/** Headless, with everything off that would look for a network. */
export async function launchBrowser() {
  return await chromium.launch({
    executablePath: browserPath ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
