import { existsSync } from "node:fs";

/** The machine's own browser; `undefined`: it has none that is known here. */
export const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    existsSync,
);

/** Why tests are skipped then. */
export const whyNoChromium = "there is no Chromium on this machine";
