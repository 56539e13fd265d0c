import { accessSync, constants, statSync } from "node:fs";
import { delimiter } from "node:path";

export function pathFolders(): string[] {
    return (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
}

export function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}
