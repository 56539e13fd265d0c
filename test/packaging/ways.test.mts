import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { version } from "../../tools/plugin/contents.mts";
import { isSource } from "../../tools/release/copy.mts";
import { acquireOnce, liveOnce, openYaml, yamlProgram } from "./program.mts";

let emulator: Emulator;
beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());

const plugin = join(repositoryRoot, "dist/pulumi-resource-entrasync");

test("npm run plugin:install puts it where a program finds it", async () => {
    await using stack = await openYaml(yamlProgram(), emulator);
    const put = () =>
        promisify(execFile)(process.execPath, [join(repositoryRoot, "tools/plugin/install.mts")], {
            env: { ...process.env, ...stack.environment },
        });
    const folder = join(stack.environment.PULUMI_HOME ?? "", `plugins/resource-entrasync-v${version}`);
    expect((await put()).stdout).toBe(`entrasync ${version} is in ${folder}\n`);
    // Over an older build of the same version, too.
    await put();
    expect(readFileSync(join(folder, "pulumi-resource-entrasync"))).toEqual(readFileSync(plugin));
    expect((await stack.does(["plugin", "ls"])).stdout).toMatch(new RegExp(`entrasync +resource +${version}`));
    await liveOnce(stack, emulator);
});

test("on the PATH a program finds it as well", async () => {
    await using stack = await openYaml(yamlProgram(), emulator);
    const PATH = [join(repositoryRoot, "dist"), stack.environment.PATH].join(":");
    await stack.config("servicePrincipalId", emulator.createServicePrincipal("Acme").id);
    await stack.config("scimToken", "of a test", "secret");
    expect((await stack.does(["preview"], { environment: { PATH } })).output).toContain("2 to create");
});

describe("pulumi package add", () => {
    const project = "name: acme\nruntime: yaml\n";

    test("takes the path of the executable", async () => {
        await using stack = await openYaml(project, emulator);
        await stack.does(["package", "add", plugin]);
        expect(readFileSync(join(stack.folder, "Pulumi.yaml"), "utf8")).toContain(`entrasync: entrasync@${version}`);
    });

    test("takes the path of the folder with PulumiPlugin.yaml, and programs run by it", async () => {
        await using stack = await openYaml(yamlProgram(), emulator);
        await stack.does(["package", "add", join(repositoryRoot, "plugin")]);
        expect(readFileSync(join(stack.folder, "Pulumi.yaml"), "utf8")).toContain(
            `entrasync: ${join(repositoryRoot, "plugin")}`,
        );
        await acquireOnce(stack, emulator);
    });

    test("leaves nothing in the checkout that is not ignored", async () => {
        expect(existsSync(join(repositoryRoot, "plugin/package-lock.json"))).toBe(false);
        expect(existsSync(join(repositoryRoot, "plugin/node_modules"))).toBe(false);
    });

    test("builds a clone, which comes without dist", async () => {
        const clone = mkdtempSync(join(tmpdir(), "entrasync-clone-"));
        onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
        const out = new Set(["test", "examples"].map((one) => join(repositoryRoot, one)));
        cpSync(repositoryRoot, clone, { recursive: true, filter: (path) => !out.has(path) && isSource(path) });
        // In place of the npm ci that a clone without it runs.
        symlinkSync(join(repositoryRoot, "node_modules"), join(clone, "node_modules"));
        await using stack = await openYaml(project, emulator);
        await stack.does(["package", "add", join(clone, "plugin")]);
        expect(existsSync(join(clone, "dist/pulumi-resource-entrasync"))).toBe(true);
    });
});
