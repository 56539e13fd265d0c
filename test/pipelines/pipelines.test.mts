import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { watch } from "../support/observed.mts";
import { commandLinesDuring } from "../support/processes.mts";
import { filesUnder, leaks, Sentinel } from "../support/sentinels.mts";
import { openStack, type Stack, theEngine } from "../support/stack.mts";
import { azureDevOps } from "./azureDevOps.mts";
import { evaluate } from "./expressions.mts";
import { gitHub } from "./gitHub.mts";
import { gitLab, gitLabIssuer, gitLabSubject } from "./gitLab.mts";
import type { Event, Job, Settings, System } from "./job.mts";
import { Machine, StepFailed } from "./machine.mts";
import { blocks, readerIn, readPage, typed } from "./pages.mts";

/*
 * The workflow files of examples/pipelines, as they are: the file says which jobs there are for an event, and every shell
 * step of them runs, in its order and by the shell that the system would take, with a real engine against the emulator.
 * Stood in for are the steps that are no scripts (imitations.mts), `npm ci` (machine.mts), Microsoft's clouds, and Pulumi
 * Cloud by a backend of files.
 */

const systems = [gitHub, azureDevOps, gitLab];
const read = (path: string) => readFileSync(join(repositoryRoot, path), "utf8");
const fileOf = ({ file }: System) => read(`examples/pipelines/${file}`);

const ownChange: Event = { kind: "change", from: "branch" };
const forksChange: Event = { kind: "change", from: "fork" };
const toMain: Event = { kind: "push", branch: "main" };
const toAnother: Event = { kind: "push", branch: "feature" };

let emulator: Emulator;
beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());

describe.each(systems)("$name", (system) => {
    const scimToken = new Sentinel("SCIM_TOKEN");
    const pulumiToken = new Sentinel("PULUMI_ACCESS_TOKEN");
    const settings = (variables: Settings["variables"] = {}, secret = scimToken): Settings => ({
        variables: { PULUMI_STACK: "production", PULUMI_ORGANIZATION: "acme", ...variables },
        secrets: { SCIM_TOKEN: secret.value, PULUMI_ACCESS_TOKEN: pulumiToken.value },
    });
    const namesFor = (event: Event) =>
        system.jobsFor(fileOf(system), event, settings()).map(({ name }) => name.toLowerCase());

    test("previews changes, and brings main alone up to date", () => {
        expect(namesFor(ownChange)).toEqual(["preview"]);
        expect(namesFor(toMain)).toEqual(["up"]);
        expect(namesFor(toAnother)).toEqual([]);
    });

    test("one `up` at a time, in an environment that can be protected, and a preview can't sign in to Entra", () => {
        const [preview] = system.jobsFor(fileOf(system), ownChange, settings());
        const [up] = system.jobsFor(fileOf(system), toMain, settings());
        expect(up).toMatchObject({ environment: "production", exclusive: expect.any(String) });
        expect(up?.audiences.length).toBe(1);
        expect(preview?.environment).toBeUndefined();
        // On GitHub it may ask, for Pulumi Cloud, but Entra trusts another subject.
        expect(preview?.audiences).toEqual(system === gitHub ? ["*"] : []);
    });

    test("a preview sends nothing, an `up` acquires once, another one nothing; no secret is shown", async () => {
        emulator.reset();
        trust(system);
        const principal = emulator.createServicePrincipal("Acme");
        await using repository = await prepare(system, principal.id);
        const variables = { ARM_TENANT_ID: emulator.tenantId, ARM_CLIENT_ID: emulator.clientId };
        const surfaces: Record<string, string> = {};
        const run = async (event: Event, name: string, secret = scimToken): Promise<string> => {
            using machine = await machineFor(repository);
            for (const job of system.jobsFor(fileOf(system), event, settings(variables, secret))) {
                const lines = await commandLinesDuring(() => runJob(job, machine));
                surfaces[`processes, ${name}`] = lines.join("\n");
            }
            surfaces[`output, ${name}`] = machine.output;
            const kept = filesUnder(machine.folder, (path) => path.includes("/node_modules/"));
            surfaces[`files, ${name}`] = Object.values(kept).join("\n");
            expect(machine.output, "identity tokens and access tokens").not.toMatch(/eyJ[\w-]+\./);
            return machine.output;
        };

        const since = watch(emulator);
        expect(await run(ownChange, "preview")).toContain("SynchronizationTokenAcquisition: (create)");
        expect(since().requests).toEqual([]);

        const first = await run(toMain, "first up");
        // doctor's word, and then the engine's.
        expect(first).toMatch(new RegExp(`, by ${system.signsInBy}\n[^]*An acquisition would be allowed[^]*2 created`));
        expect(since().acquisitions.map(({ targetId, values }) => ({ targetId, values }))).toEqual([
            {
                targetId: principal.id,
                values: { BaseAddress: "https://scim.acme.example/v2", SecretToken: scimToken.value },
            },
        ]);

        const sinceFirst = watch(emulator);
        expect(await run(toMain, "second up")).toContain("2 unchanged");
        expect(sinceFirst().posts).toEqual([]);

        // Once is enough: what a preview says is no matter of the system.
        const rotated = new Sentinel("SCIM_TOKEN, rotated");
        if (system === gitHub) {
            const sinceRotation = watch(emulator);
            const said = await run(ownChange, "preview of a rotation", rotated);
            expect(said).toContain("acquires again: SecretToken changed");
            expect(sinceRotation().requests).toEqual([]);
        }

        surfaces.backend = Object.values(filesUnder(repository.backend)).join("\n");
        expect(Object.values(surfaces).every((text) => text !== "")).toBe(true);
        expect(leaks(surfaces, [scimToken, rotated, pulumiToken])).toEqual([]);
        for (const token of [emulator.oidc.github.requestToken, emulator.oidc.azureDevOps.requestToken]) {
            expect(Object.values(surfaces).filter((text) => text.includes(token))).toEqual([]);
        }
    });

    test("without the secret it stops before anything is previewed or sent", async () => {
        emulator.reset();
        trust(system);
        const since = watch(emulator);
        using machine = new Machine({
            repository: join(repositoryRoot, "examples/quickstart"),
            // A Pulumi that must not be reached.
            pulumi: { command: join(repositoryRoot, "test/pipelines/none/pulumi"), environment: {} },
            scenery: {},
            emulator,
        });
        const { variables } = settings();
        const [job] = system.jobsFor(fileOf(system), toMain, { variables, secrets: { PULUMI_ACCESS_TOKEN: "x" } });
        const failure = await runJob(job, machine).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StepFailed);
        expect((failure as StepFailed).output).toMatch(/SCIM_TOKEN:? is not (among|in) the/);
        expect(since().requests).toEqual([]);
    });

    test("the page shows the file as it is", () => {
        expect(blocks(readPage(system.page), "yaml")[0]).toBe(fileOf(system));
    });
});

test("a fork's change gets no job with secrets", () => {
    const given: Settings = { variables: {}, secrets: { SCIM_TOKEN: "of nobody", PULUMI_ACCESS_TOKEN: "of nobody" } };
    expect(gitHub.jobsFor(fileOf(gitHub), forksChange, given)).toEqual([]);
});

test("what the readers do not know is an error, not passed over", () => {
    const changed = (system: System, from: string, to: string) => () => {
        const file = fileOf(system);
        expect(file).toContain(from);
        return system.jobsFor(file.replace(from, to), toMain, { variables: {}, secrets: {} });
    };
    expect(changed(gitHub, "    timeout-minutes: 30\n", "    container: node:24\n")).toThrow("up.container");
    expect(changed(gitHub, "cancel-in-progress: false", "cancel-in-progress: true")).toThrow("cut off");
    expect(changed(azureDevOps, "                - checkout: self\n", "")).toThrow("checkout: self");
    expect(changed(gitLab, "  interruptible: false\n", "  interruptible: true\n")).toThrow("cut off");
    expect(changed(gitLab, "$CI_PIPELINE_SOURCE == ", "$CI_PIPELINE_SOURCE =~ ")).toThrow("not an expression");
});

test.each([
    ["a == 'x' && b != 'y'", true],
    ["a == 'y' || (b == 'x' && a == \"x\")", true],
    ["a == 'x' && b == 'y' || c == ''", true],
    ["eq(variables['d.e'], 'z')", true],
    ["a == b && !c", undefined],
])("the expression %s", (expression, expected) => {
    const values: Readonly<Record<string, string>> = { a: "x", b: "x", "variables.d.e": "z" };
    const meaning = {
        lookUp: (name: string) => values[name] ?? "",
        functions: { eq: (one: unknown, other: unknown) => one === other },
    };
    if (expected === undefined) {
        expect(() => evaluate(expression, meaning)).toThrow("not an expression");
    } else {
        expect(evaluate(expression, meaning)).toBe(expected);
    }
});

async function runJob(job: Job | undefined, machine: Machine): Promise<void> {
    for (const step of job?.steps ?? []) {
        await step.run(machine);
    }
}

/** What is registered in Entra for the system, as the page says: the issuer and the one subject. */
function trust(system: System): void {
    const { github, azureDevOps: ado } = emulator.oidc;
    const credentials = new Map([
        [gitHub, { issuer: github.issuer, subject: github.subject }],
        [azureDevOps, { issuer: ado.issuer, subject: ado.subject }],
        [gitLab, { issuer: gitLabIssuer, subject: gitLabSubject("main") }],
    ]);
    const credential = credentials.get(system);
    expect(credential).toBeDefined();
    if (credential !== undefined) {
        emulator.registerFederatedCredential(credential);
    }
}

/** A user's repository: the quickstart in a project of its own, and what the page says to do once. */
async function prepare(system: System, principal: string): Promise<Stack> {
    const stack = await openStack({
        files: quickstart(),
        emulator: { environment: {} },
        project: "entrasync-quickstart",
    });
    const [once] = blocks(readPage(system.page), "sh");
    expect(once).toContain("pulumi stack init");
    await using reader = await readerIn(stack, { SERVICE_PRINCIPAL_ID: principal });
    await typed(reader, once);
    return stack;
}

/** The example's files, where they are a project of their own. */
function quickstart(): Readonly<Record<string, string>> {
    const names = ["Pulumi.yaml", "index.ts", "package.json"];
    return Object.fromEntries(names.map((name) => [name, read(`examples/quickstart/${name}`)]));
}

async function machineFor({ folder, environment }: Stack): Promise<Machine> {
    const engine = await theEngine();
    const names = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"];
    return new Machine({
        repository: folder,
        pulumi: engine,
        scenery: {
            ...Object.fromEntries(names.map((name) => [name, environment[name] ?? ""])),
            NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
            ARM_METADATA_HOSTNAME: emulator.host,
            PULUMI_SKIP_UPDATE_CHECK: "1",
        },
        emulator,
    });
}
