import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { expect } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { ensureYamlHost } from "../../tools/engine/yamlHost.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { asForUsers, openStack, type RunOptions, type Stack, theEngine } from "../support/stack.mts";

/** A file of the examples, as it is written down. */
export function example(path: string): string {
    return readFileSync(join(repositoryRoot, "examples", path), "utf8");
}

/** The example in YAML with these lines added. */
export function yamlProgram(...lines: string[]): string {
    return [example("yaml/Pulumi.yaml"), ...lines.map((line) => `${line}\n`)].join("");
}

/** A program in YAML, in a stack of its own and with a Pulumi home of its own: the plugin comes to it by the test alone. */
export async function openYaml(program: string, emulator: Emulator): Promise<Stack> {
    return openProgram({ "Pulumi.yaml": program }, emulator);
}

/** A program of any language that the machine's engine has a host for. */
export async function openProgram(files: Readonly<Record<string, string>>, emulator: Emulator): Promise<Stack> {
    const { environment } = await ensureYamlHost(await theEngine());
    const PATH = asForUsers(environment.PATH);
    return openStack({
        files,
        project: "acme",
        emulator: { environment: { ...environment, PATH, ...emulator.environment } },
    });
}

/**
 * What every way to the plugin is held to: an up acquires once, an up after it has nothing to do, state keeps the
 * credential to itself, and destroy sends nothing.
 */
export async function liveOnce(stack: Stack, emulator: Emulator, options: RunOptions = {}): Promise<void> {
    const principal = emulator.createServicePrincipal("Acme");
    const secret = new Sentinel("scimToken");
    const acquired = () => emulator.store.acquisitions.filter(({ targetId }) => targetId === principal.id).length;
    const operation = (name: string) => stack.does([name, "--yes", "--skip-preview"], options);

    await stack.config("servicePrincipalId", principal.id);
    await stack.config("scimToken", secret.value, "secret");
    const preview = await stack.does(["preview", "--diff"], options);
    expect(acquired()).toBe(0);
    const up = await operation("up");
    expect(acquired()).toBe(1);
    const state = await stack.exportState();
    const resources = state.deployment.resources ?? [];
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
    expect(Date.parse(String(outputs?.acquiredAt))).not.toBeNaN();
    const ours = resources.filter(({ type }) => type.startsWith("entrasync:"));
    expect(ours.map(({ type, id }) => [type, id])).toEqual([
        [
            "entrasync:index:SynchronizationTokenAcquisition",
            `/servicePrincipals/${principal.id}/synchronization/acquireAccessToken`,
        ],
    ]);
    const again = await operation("up");
    expect(again.output).toContain("2 unchanged");
    const requests = emulator.requests.length;
    const destroy = await operation("destroy");
    expect(destroy.output).toContain("2 deleted");
    expect(emulator.requests.length).toBe(requests);
    expect(acquired()).toBe(1);
    const said = [preview, up, again, destroy].map(({ output }) => output).join("\n");
    expect(leaks({ "the output": said, state: JSON.stringify(state) }, [secret])).toEqual([]);
}

/** The short form, where only the way to the plugin, or what the program is written in, is new. */
export async function acquireOnce(stack: Stack, emulator: Emulator, options: RunOptions = {}): Promise<void> {
    const principal = emulator.createServicePrincipal("Acme");
    const secret = new Sentinel("scimToken");
    await stack.config("servicePrincipalId", principal.id);
    await stack.config("scimToken", secret.value, "secret");
    const up = await stack.does(["up", "--yes", "--skip-preview"], options);
    expect(up.output).toContain("2 created");
    expect(emulator.store.acquisitions.filter(({ targetId }) => targetId === principal.id)).toHaveLength(1);
    const state = JSON.stringify(await stack.exportState());
    expect(leaks({ "the output": up.output, state }, [secret])).toEqual([]);
}
