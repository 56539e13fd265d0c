import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { openProgram } from "../packaging/program.mts";
import type { Stack } from "../support/stack.mts";
import { filesOf, type WalkOptions, walk } from "./walk.mts";

/** The environment in which a language's host is that of these tests, and the program is this command. */
export function writeHost(stack: Stack, language: string, command: readonly string[]): Record<string, string> {
    const hosts = join(stack.folder, "hosts");
    const host = join(hosts, `pulumi-language-${language}`);
    mkdirSync(hosts);
    writeFileSync(host, `#!/bin/sh\nexec node "${join(import.meta.dirname, "host.cjs")}" "$@"\n`);
    chmodSync(host, 0o755);
    return {
        PATH: [hosts, stack.environment.PATH].join(delimiter),
        ENTRASYNC_PROGRAM: JSON.stringify(command),
    };
}

/**
 * Goes through the README of an example whose program is compiled before: one acquisition, and one more for another secret.
 * `language` is what Pulumi.yaml calls it.
 */
export async function walkCompiled(
    { example, language }: { readonly example: string; readonly language: string },
    command: readonly string[],
    emulator: Emulator,
    insteadOf: NonNullable<WalkOptions["insteadOf"]> = {},
): Promise<void> {
    await using stack = await openProgram(filesOf(example), emulator);
    const { id } = emulator.createServicePrincipal("Acme");
    const acquired = [{ target: id, keys: ["BaseAddress", "SecretToken"] }];
    await walk({
        example,
        stack,
        emulator,
        values: { SERVICE_PRINCIPAL_ID: id },
        ups: [
            { counts: ["2 created"], acquired },
            { counts: ["1 updated"], acquired },
        ],
        environment: writeHost(stack, language, command),
        insteadOf,
    });
}
