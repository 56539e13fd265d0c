import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dynamicHost, languageHost } from "./repository.mts";

/*
 * The official CLI has the hosts of its languages beside it; an engine of our build gets stubs there. They belong
 * beside it and not merely on the PATH: of a host that is only found there the engine warns at every command. And they
 * only point: the cache serves every checkout, the hosts belong to the checkout that calls.
 */
interface Stub {
    readonly program: string;
    readonly variable: string;
    /** What it says where the variable is not set. */
    readonly hint: string;
}

/** A host that an engine looks for, and ours for where it has none. */
export interface Host extends Stub {
    readonly ours: string;
}

const inCheckout = "this engine is started by: npm run pulumi, in a checkout of pulumi-entrasync";
const nodejs = { program: "pulumi-language-nodejs", variable: "PULUMI_ENTRASYNC_LANGUAGE_HOST", hint: inCheckout };
const dynamic = {
    program: "pulumi-resource-pulumi-nodejs",
    variable: "PULUMI_ENTRASYNC_DYNAMIC_HOST",
    hint: inCheckout,
};
export const yamlProgram = "pulumi-language-yaml";
/** Its host takes a build, so not everyone who starts an engine has asked for one. */
const yaml = {
    program: yamlProgram,
    variable: "PULUMI_ENTRASYNC_YAML_HOST",
    hint: "YAML programs need: npm run pulumi, in a checkout of pulumi-entrasync, or ensureYamlHost of its tools",
};

function textOf({ variable, hint }: Stub): string {
    return ["#!/bin/sh", `exec "\${${variable}:?${hint}}" "$@"`, ""].join("\n");
}

/** Puts the stubs beside an engine; what is there already and right is left alone. */
export async function writeHosts(bin: string): Promise<void> {
    for (const stub of [nodejs, dynamic, yaml]) {
        const file = join(bin, stub.program);
        if ((await readFile(file, "utf8").catch(() => "")) === textOf(stub)) continue;
        const part = `${file}.${process.pid}`;
        await writeFile(part, textOf(stub));
        await chmod(part, 0o755);
        await rename(part, file);
    }
}

/** The hosts that this checkout has, and the YAML one that the caller has got (yamlHost.mts). */
export function hosts(yamlHost?: string): Host[] {
    return [
        { ...nodejs, ours: languageHost },
        { ...dynamic, ours: dynamicHost() },
        ...(yamlHost === undefined ? [] : [{ ...yaml, ours: yamlHost }]),
    ];
}
