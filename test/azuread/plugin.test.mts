import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, expect, test } from "vitest";
import { executableName } from "../../tools/engine/executables.mts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { openStack } from "../support/stack.mts";
import { examplesFor, secondStep } from "./examples.mts";

/* The examples as they are, with azuread's real plugin, from nothing to a running job and back, while Graph lags behind. */

const program = executableName("pulumi-resource-azuread");
const plugin = findPlugin();
const emulator = await startEmulator({ visibilityDelayMs: 3000 });
afterAll(() => emulator.close());

for (const example of examplesFor(emulator.saas)) {
    test(`${example.name} succeeds at the first up, has nothing to do at the second, goes on with its second step, and is destroyed`, async (context) => {
        if (plugin === undefined) {
            return context.skip(
                `azuread's own resources on a real engine: ${program} is neither on the PATH nor among Pulumi's plugins. ` +
                    "The same program runs with Pulumi's mocks, and the plugin's recorded requests run with a real acquisition.",
            );
        }
        emulator.reset();
        await using stack = await openStack({
            files: { "index.ts": example.program },
            emulator,
            project: example.name,
        });
        symlinkSync(
            join(repositoryRoot, "node_modules/@pulumi/azuread"),
            join(stack.folder, "node_modules/@pulumi/azuread"),
        );
        for (const [key, value] of Object.entries(example.config)) await stack.config(key, value);
        for (const [key, value] of Object.entries(example.secretConfig)) await stack.config(key, value, "secret");
        // The stack has a Pulumi home of its own, where no plugin is: one on the PATH is taken as it is.
        const environment = { PATH: [dirname(plugin), stack.environment.PATH].join(delimiter) };

        await stack.does(["up", "--yes", "--skip-preview"], { environment });
        expect(emulator.store.acquisitions.map(({ keys }) => [...keys].sort())).toEqual([[...example.keys].sort()]);
        expect(emulator.provisioning()).toMatchObject([{ token: { state: "current" } }]);

        const { stdout } = await stack.does(["preview", "--json", "--expect-no-changes"], { environment });
        expect(JSON.parse(stdout).changeSummary).not.toHaveProperty("update");

        stack.write("index.ts", secondStep(example).program);
        await stack.does(["up", "--yes", "--skip-preview"], { environment });
        const acquisitions = example.name === "azuread-oauth" ? 2 : 1;
        expect(emulator.store.acquisitions).toHaveLength(acquisitions);
        await stack.does(["destroy", "--yes", "--skip-preview"], { environment });
        expect(emulator.store.acquisitions).toHaveLength(acquisitions);
        expect(emulator.provisioning()).toEqual([]);
    });
}

function findPlugin(): string | undefined {
    const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
    const installed = existsSync(plugins)
        ? readdirSync(plugins).filter((name) => /^resource-azuread-v6[^/]*(?<!\.lock|\.partial)$/.test(name))
        : [];
    return [
        ...(process.env.PATH ?? "").split(delimiter),
        ...installed
            .sort()
            .reverse()
            .map((name) => join(plugins, name)),
    ]
        .map((folder) => join(folder, program))
        .find((file) => existsSync(file));
}
