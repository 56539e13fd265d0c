import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { expect } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { openStack, type RunOptions, type Stack } from "../support/stack.mts";
import { projectName } from "./layouts.mts";

/** What stands in the state of everybody's stacks. It can't change: a change would rewrite every one of them. */
export const provider =
    "try{var m=require('pulumi-entrasync/runtime')}catch(e){m={check(){throw e}}}exports.handler=()=>m";

/** How a program in another folder is named to Pulumi. The stack's configuration stays where its own folder is. */
export const at = (stack: Stack, folder: string) => [
    ...["--stack", stack.name, "--cwd", folder],
    ...["--config-file", join(stack.folder, `Pulumi.${stack.name}.yaml`)],
];

/** What one `up` of a program came to. */
export interface Upped {
    readonly output: string;
    /** How many acquisitions of the program's target Graph has accepted. */
    readonly acquisitions: number;
    /** The provider's text in state. */
    readonly provider: unknown;
}

export interface UpOptions extends RunOptions {
    /** The Node.js that runs the program and the host of its hooks, in place of the tests' own. */
    readonly node?: string;
}

/** One `up` of one of the programs of layouts.mts, in a stack of its own, and what it came to. */
export async function upOnce(folder: string, { node, ...options }: UpOptions = {}): Promise<Upped> {
    const load = createRequire(join(repositoryRoot, "package.json"));
    const { startEmulator } = load("pulumi-entrasync/emulator") as typeof import("pulumi-entrasync/emulator");
    const emulator: Emulator = await startEmulator();
    await using stack = await openStack({ files: {}, emulator, project: projectName });
    try {
        const principal = emulator.createServicePrincipal("Acme");
        await stack.config("principal", `/servicePrincipals/${principal.id}`);
        const path = node === undefined ? {} : { PATH: [dirname(node), stack.environment.PATH].join(delimiter) };
        const { output } = await stack.run(["up", "--yes", "--skip-preview", ...at(stack, folder)], {
            ...options,
            environment: { ...path, ...options.environment },
        });
        const { acme } = await stack.resources();
        return {
            output,
            acquisitions: emulator.store.acquisitions.filter(({ targetId }) => targetId === principal.id).length,
            provider: acme?.inputs?.__provider,
        };
    } finally {
        await emulator.close();
    }
}

/** Holds that one `up` of such a program acquires, and leaves in state what always stands there. */
export async function expectToAcquire(folder: string, options?: UpOptions): Promise<void> {
    const upped = await upOnce(folder, options);
    expect(upped, upped.output).toMatchObject({
        output: expect.stringContaining("2 created"),
        acquisitions: 1,
        provider,
    });
}
