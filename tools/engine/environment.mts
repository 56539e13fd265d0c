import { realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Engine } from "./engine.mts";
import { isExecutable, pathFolders } from "./executables.mts";
import { type Host, hosts } from "./hosts.mts";

/**
 * What a child needs in its environment so that it finds this engine and the engine finds everything else; YAML
 * programs run only with a `yamlHost`, see yamlHost.mts.
 *
 * The engine's folder comes first on the PATH: the Automation API looks for `pulumi` there, and the engine for its
 * hosts. Node itself comes last: whichever is first on the caller's PATH runs the program, as always with Pulumi.
 */
export function environmentFor(
    { command, origin }: Pick<Engine, "command" | "origin">,
    yamlHost?: string,
): Record<string, string> {
    const own = dirname(command);
    const beside = [own, dirname(realpathSync(command))];
    const others = pathFolders().filter((folder) => folder !== own);
    const needed = hosts(yamlHost);
    const missing = needed.filter(
        ({ program }) => ![...beside, ...others].some((folder) => isExecutable(join(folder, program))),
    );
    const folders = [own, ...missing.map(({ ours }) => dirname(ours)), ...others, dirname(process.execPath)];
    return {
        PATH: [...new Set(folders)].join(delimiter),
        PULUMI_SKIP_UPDATE_CHECK: process.env.PULUMI_SKIP_UPDATE_CHECK ?? "1",
        ...(origin === "cache-build" ? forBuilt(needed) : {}),
    };
}

/**
 * The variables that the stubs beside a built engine follow. And it is built where downloads can't be had, so one for a
 * missing plugin would only make its user wait; who sets that variable differently is obeyed.
 */
function forBuilt(needed: readonly Host[]): Record<string, string> {
    const { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: set = "true" } = process.env;
    return {
        ...Object.fromEntries(needed.map(({ variable, ours }) => [variable, ours])),
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: set,
    };
}
