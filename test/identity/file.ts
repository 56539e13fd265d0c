import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A file with this content, for as long as the test runs. */
export function writeFile(content: string | Buffer): string {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "file");
    writeFileSync(path, content);
    return path;
}
