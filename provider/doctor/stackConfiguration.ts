import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ConfigurationError } from "../core/errors.js";
import { stringField } from "../core/json.js";
import type { StackConfiguration } from "../identity/configuration.js";

/** A stack's configuration, and which stack it is of. */
export interface ReadConfiguration {
    readonly stack?: string;
    /** Why a selected stack's configuration could not be had. */
    readonly unread?: string;
    readonly configuration: StackConfiguration;
}

/**
 * The stack's configuration as `pulumi` says it, secrets included: they are what signs in. Without a stack's name it is the
 * selected one's, and outside a project, or where none is selected, there is none: the environment alone counts then.
 */
export async function readStackConfiguration(stack: string | undefined, folder: string): Promise<ReadConfiguration> {
    const configuration = () => undefined;
    if (stack === undefined && !isInProject(folder)) {
        return { configuration };
    }
    const chosen = stack === undefined ? [] : ["--stack", stack];
    let output: string;
    try {
        const ran = await promisify(execFile)(
            "pulumi",
            ["config", "--json", "--show-secrets", "--non-interactive", ...chosen],
            {
                cwd: folder,
            },
        );
        output = ran.stdout;
    } catch (error) {
        // What Pulumi printed of the configuration stays out; its own error is on stderr.
        const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
        const why =
            error instanceof Error && "code" in error && error.code === "ENOENT"
                ? "there is no pulumi on the PATH"
                : said;
        if (stack === undefined) {
            return /no stack selected/i.test(said)
                ? { configuration }
                : {
                      configuration,
                      unread: `the selected stack's configuration can't be read, so it is not looked at: ${why}`,
                  };
        }
        throw new ConfigurationError(`the configuration of stack ${JSON.stringify(stack)} can't be read: ${why}`);
    }
    const values = readValues(JSON.parse(output));
    return { stack: stack ?? "(selected)", configuration: (key) => values.get(key) };
}

function isInProject(folder: string): boolean {
    const isRoot = dirname(folder) === folder;
    return (
        ["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(join(folder, name))) ||
        (!isRoot && isInProject(dirname(folder)))
    );
}

function readValues(parsed: unknown): Map<string, string> {
    const values = new Map<string, string>();
    for (const [key, entry] of Object.entries(parsed !== null && typeof parsed === "object" ? parsed : {})) {
        const value = stringField(entry, "value");
        if (value !== undefined) {
            values.set(key, value);
        }
    }
    return values;
}
