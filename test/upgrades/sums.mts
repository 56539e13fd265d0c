import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fixturePaths, fixturesFolder } from "./fixture.mts";

/** The list of the fixtures' SHA-256, as `sha256sum` writes it. */
export const sumsFile = join(fixturesFolder, "SHA256SUMS");

/** What the list has to say of the fixtures as they are. */
export function sumsOf(folder: string): string {
    return fixturePaths()
        .map(
            (path) =>
                `${createHash("sha256")
                    .update(readFileSync(join(folder, path)))
                    .digest("hex")}  ${path}\n`,
        )
        .join("");
}
