import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cachedPackage, downloadLimitMs, downloadsOf, forgetOurs, NotToBeHad } from "./cached.mts";
import { compileIn } from "./compiled.mts";
import { expectToAcquire } from "./engine.mts";
import { commonJs, projectName, typed, write } from "./layouts.mts";
import { lockedVersion, outsideFolder, type Packed, pack, removeFolder, run } from "./packed.mts";
import { packageManagers } from "./pins.mts";

/*
 * The tarball as others than npm install it, in a folder outside the repository, and a program run by the real engine.
 * npm's own installation is installed.test.mts's subject.
 */

const root = outsideFolder();
afterAll(() => removeFolder(root));

let packed: Packed;
beforeAll(async () => {
    packed = await pack(root);
});
// At the end: Plug'n'Play runs what lies there.
afterAll(async () => {
    await forgetOurs(join(await downloadsOf("yarn"), "cache"));
    await forgetOurs(join(await downloadsOf("yarn-classic"), "v6"));
});

type Environment = Readonly<Record<string, string>>;

interface Manager {
    readonly name: string;
    readonly needs: { readonly name: string; readonly version: string };
    /** Adds packages to the program in `folder`, given the folder where the manager itself is installed. */
    readonly add: (manager: string, folder: string, packages: readonly string[]) => Promise<void>;
    /** What starts a program of it, where the files of `node_modules` are not all that it takes. */
    readonly environment?: (manager: string, folder: string) => Promise<Environment>;
    /** Why the compiler of this repository does not find the types. */
    readonly notTyped?: string;
}

const yarnScript = (manager: string) => join(manager, "node_modules/@yarnpkg/cli-dist/bin/yarn.js");

/** The newer Yarn reads neither npm's settings nor command-line options of this kind. */
async function yarnEnvironment(linker: "node-modules" | "pnp"): Promise<Environment> {
    const registry = (await run("npm", ["config", "get", "registry"], root)).trim();
    return {
        YARN_NODE_LINKER: linker,
        YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ""),
        ...(registry.startsWith("http:") ? { YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname } : {}),
        YARN_GLOBAL_FOLDER: await downloadsOf("yarn"),
        YARN_ENABLE_GLOBAL_CACHE: "true",
        YARN_ENABLE_SCRIPTS: "false",
        YARN_ENABLE_TELEMETRY: "false",
        YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    };
}

const addByYarn = (linker: "node-modules" | "pnp"): Manager["add"] => {
    return async (manager, folder, packages) => {
        // Without a lock file of its own the folder would be a part of whatever project is above it.
        write(folder, { "yarn.lock": "" });
        const environment = await yarnEnvironment(linker);
        await run(process.execPath, [yarnScript(manager), "add", ...packages], folder, environment);
    };
};

const managers: readonly Manager[] = [
    {
        name: "pnpm",
        needs: packageManagers.pnpm,
        add: async (manager, folder, packages) => {
            const store = ["--store-dir", await downloadsOf("pnpm"), "--ignore-workspace", "--ignore-scripts"];
            await run(join(manager, "node_modules/.bin/pnpm"), ["add", ...packages, ...store], folder);
        },
    },
    {
        name: "Yarn 1",
        needs: packageManagers.yarnClassic,
        add: async (manager, folder, packages) => {
            const downloads = await downloadsOf("yarn-classic");
            const quiet = ["--cache-folder", downloads, "--ignore-scripts", "--non-interactive", "--silent"];
            const script = join(manager, "node_modules/yarn/bin/yarn.js");
            await run(process.execPath, [script, "add", ...packages, ...quiet], folder);
        },
    },
    { name: "Yarn with node_modules", needs: packageManagers.yarn, add: addByYarn("node-modules") },
    {
        name: "Yarn without node_modules (Plug'n'Play)",
        needs: packageManagers.yarn,
        add: addByYarn("pnp"),
        // As `yarn exec pulumi up` starts it. With the first of its two options alone nothing is found that is imported
        // when it is used, which is how this package loads what talks to Graph.
        environment: async (manager, folder) => {
            const script = `console.log(process.env.NODE_OPTIONS)`;
            const args = [yarnScript(manager), "node", "--eval", script];
            const printed = await run(process.execPath, args, folder, await yarnEnvironment("pnp"));
            return { NODE_OPTIONS: printed.trim() };
        },
        notTyped: "a compiler finds types in Plug'n'Play with Yarn's patch of it only",
    },
];

describe.for(managers)("installed by $name", ({ name, needs, add, environment, notTyped }) => {
    const folder = join(root, name.replace(/\W+/g, "-"));
    let reason: string | undefined;
    let started: Environment = {};

    beforeAll(async () => {
        try {
            const manager = await cachedPackage(needs.name, needs.version);
            write(folder, {
                "package.json": JSON.stringify({ name: "program", version: "1.0.0", private: true }),
                "Pulumi.yaml": `name: ${projectName}\nruntime: nodejs\n`,
                "index.js": commonJs,
                "typed.cts": typed,
                "typed.mts": typed,
            });
            const packages = [
                `pulumi-entrasync@file:${packed.tarball}`,
                `@pulumi/pulumi@${lockedVersion("@pulumi/pulumi")}`,
            ];
            await add(manager, folder, packages);
            started = (await environment?.(manager, folder)) ?? {};
        } catch (error) {
            if (!(error instanceof NotToBeHad)) throw error;
            reason = error.message;
        }
    }, downloadLimitMs);

    test("both kinds of program get every entry, as the same objects", async (context) => {
        context.skip(reason !== undefined, reason);
        const code = `import { createRequire } from "node:module";
            import * as index from "pulumi-entrasync";
            import * as emulator from "pulumi-entrasync/emulator";
            import * as runtime from "pulumi-entrasync/runtime";
            const require = createRequire(process.cwd() + "/index.js");
            console.log(JSON.stringify([
                index.SynchronizationTokenAcquisition === require("pulumi-entrasync").SynchronizationTokenAcquisition,
                emulator.startEmulator === require("pulumi-entrasync/emulator").startEmulator,
                runtime.check === require("pulumi-entrasync/runtime").check,
            ]));`;
        write(folder, { "both.mjs": code });
        expect(JSON.parse(await run(process.execPath, ["both.mjs"], folder, started))).toEqual([true, true, true]);
    });

    test("a program is compiled", (context) => {
        context.skip(reason !== undefined, reason);
        context.skip(notTyped !== undefined, notTyped);
        const { complaints, read } = compileIn(folder, ["typed.cts", "typed.mts"]);
        expect(complaints).toEqual([]);
        expect(read.some((file) => file.endsWith("/pulumi-entrasync/dist/resource.d.ts"))).toBe(true);
    });

    test("pulumi up acquires", async (context) => {
        context.skip(reason !== undefined, reason);
        await expectToAcquire(folder, { environment: started });
    });
});
