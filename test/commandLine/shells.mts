import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a shell is on this machine; `undefined`: nowhere on the PATH. */
export function findShell(name: string): string | undefined {
    return (process.env.PATH ?? "")
        .split(delimiter)
        .map((folder) => join(folder, name))
        .find((file) => existsSync(file));
}
