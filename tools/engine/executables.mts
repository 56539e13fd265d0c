import { accessSync, constants, statSync } from "node:fs";
import { delimiter } from "node:path";

export function pathFolders(): string[] {
    return (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
}

/** A compiled program's file name on this machine. */
export function executableName(program: string): string {
    return process.platform === "win32" ? `${program}.exe` : program;
}

export function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}
