import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dynamicHost, languageHost } from "./repository.mts";

/*
 * The official CLI has the hosts of its languages beside it; an engine of our build gets two stubs there. They belong
 * beside it and not merely on the PATH: of a host that is only found there the engine warns at every command. And they
 * only point: the cache serves every checkout, the hosts belong to the checkout that calls.
 */
const stubs = [
    { program: "pulumi-language-nodejs", variable: "PULUMI_ENTRASYNC_LANGUAGE_HOST", host: () => languageHost },
    { program: "pulumi-resource-pulumi-nodejs", variable: "PULUMI_ENTRASYNC_DYNAMIC_HOST", host: dynamicHost },
] as const;

function textOf(variable: string): string {
    const hint = "this engine is started by: npm run pulumi, in a checkout of pulumi-entrasync";
    return ["#!/bin/sh", `exec "\${${variable}:?${hint}}" "$@"`, ""].join("\n");
}

/** Puts the stubs beside an engine; what is there already and right is left alone. */
export async function writeHosts(bin: string): Promise<void> {
    for (const { program, variable } of stubs) {
        const file = join(bin, program);
        if ((await readFile(file, "utf8").catch(() => "")) === textOf(variable)) continue;
        const part = `${file}.${process.pid}`;
        await writeFile(part, textOf(variable));
        await chmod(part, 0o755);
        await rename(part, file);
    }
}

/** The variables that the stubs follow. */
export function hostVariables(): Record<string, string> {
    return Object.fromEntries(stubs.map(({ variable, host }) => [variable, host()]));
}

/** Programs that an engine looks for, each with ours for where it has none. */
export function hostPrograms(): { program: string; ours: string }[] {
    return stubs.map(({ program, host }) => ({ program, ours: host() }));
}
