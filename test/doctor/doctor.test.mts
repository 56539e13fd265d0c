import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { azScript, createHome, type Home, pulumiScript, signInBySecret } from "../environments/machine.mts";
import { diagnoseApart, runDoctor } from "../environments/processes.mts";

let emulator: Emulator;
let home: Home;
let environment: Record<string, string>;

beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
    emulator.reset();
    home = createHome();
    environment = {
        PATH: home.searchPath,
        HOME: home.path,
        ...signInBySecret(emulator),
    };
});
afterEach(() => home.remove());

const target = () => `/servicePrincipals/${emulator.createServicePrincipal("Acme").id}`;

describe("doctor prints", () => {
    test("method and why, cloud and hosts, token and permission, and the verdict", async () => {
        const id = target();
        const { code, output } = await runDoctor(["--target", id], environment, home.path);
        const lines = output.split("\n").map((line) => line.replace(/^(.{13}) (?! )/, (_, name) => `${name.trim()}: `));
        expect(lines).toEqual([
            "configuration: environment",
            `sign-in: as the application ${emulator.clientId} of tenant ${emulator.tenantId}, by client secret`,
            "because of: ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET",
            `cloud: ${emulator.host}: Graph at ${emulator.url}, sign-in at ${emulator.url}`,
            expect.stringMatching(
                new RegExp(
                    `^token: tenant ${emulator.tenantId}, application ${emulator.clientId}, until 20\\d\\d-.*Z$`,
                ),
            ),
            "permissions: Application.ReadWrite.All, Synchronization.ReadWrite.All",
            "allowed: by the application permission Synchronization.ReadWrite.All",
            `target: ${id}: it is there`,
            "",
            "An acquisition would be allowed.",
            "",
        ]);
        expect(code).toBe(0);
        expect(emulator.counts()).toMatchObject({ tokenRequests: 1, graphRequests: 1, acquisitions: 0 });
    });

    test("why it is the Azure CLI: because nothing else is complete", async () => {
        home.tool("az", azScript(await emulator.issueToken(), emulator.url));
        const { code, output } = await runDoctor([], { ...environment, ARM_CLIENT_SECRET: "" }, home.path);
        expect(output).toMatch(/^sign-in +as whoever is signed in to the Azure CLI, in tenant /m);
        expect(output).toMatch(/^because of +nothing that comes before it is complete, ARM_TENANT_ID$/m);
        expect(code).toBe(0);
    });

    test("a warning for what is ignored, and none of it", async () => {
        const { output } = await runDoctor([], { ...environment, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: "sentinel" });
        expect(output).toMatch(
            /^warning +ARM_USE_OIDC has no effect: ARM_CLIENT_SECRET is set, and a client secret comes first\.$/m,
        );
        expect(output).not.toContain("sentinel");
        expect(output).not.toContain(emulator.clientSecret);
    });
});

describe("doctor exits with 1, and says why, where", () => {
    const diagnose = (args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) =>
        diagnoseApart(args, { ...environment, ...more }, home.path);

    test("the token lacks the permission, which it names", async () => {
        emulator.store.callerRoles = ["Application.Read.All"];
        const { code, report } = await diagnose();
        expect(report.token?.roles).toEqual(["Application.Read.All"]);
        expect(report.permission).toEqual({
            granted: false,
            because: expect.stringContaining("Synchronization.ReadWrite.All"),
        });
        expect([report.allowed, code]).toEqual([false, 1]);
        const { output } = await runDoctor([], environment);
        expect(output).toMatch(/^missing +the token has neither .*Application\.ReadWrite\.OwnedBy/m);
        expect(output).toContain("An acquisition would not be allowed.");
    });

    test("a person is signed in to the Azure CLI, whose own application can't be given the permission", async () => {
        const token = await emulator.issueToken({
            scopes: ["Application.ReadWrite.All", "Directory.AccessAsUser.All"],
        });
        home.tool("az", azScript(token, emulator.url));
        const { code, report, output } = await diagnose([], { ARM_CLIENT_SECRET: "" });
        expect(report.signIn?.method).toBe("azureCli");
        expect(report.token?.scopes).toEqual(["Application.ReadWrite.All", "Directory.AccessAsUser.All"]);
        expect(report.permission?.because).toContain("the delegated permission Synchronization.ReadWrite.All");
        expect(report.permission?.because).toContain("sign in as an application instead");
        expect([report.allowed, code]).toEqual([false, 1]);
        expect(output).not.toContain(token);
    });

    test("the target is not there", async () => {
        const id = "/servicePrincipals/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
        const { code, report } = await diagnose(["--target", id]);
        expect(report.target).toEqual({
            id,
            readable: false,
            exists: false,
            because: expect.stringContaining("it is not there"),
        });
        expect(report.permission?.granted).toBe(true);
        expect([report.allowed, code]).toEqual([false, 1]);
    });

    test("a target is named as the arguments take it, or by the resource's id in state", async () => {
        const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
        for (const [text, id] of [
            [uuid, `/servicePrincipals/${uuid}`],
            [`/applications/${uuid}`, `/applications/${uuid}`],
            [`/applications/${uuid}/synchronization/acquireAccessToken`, `/applications/${uuid}`],
        ] as const) {
            expect((await diagnose(["--target", text])).report.target?.id).toBe(id);
        }
    });

    test("a target that may be acquired for and not be read is no reason to stop, and is told from one that is missing", async () => {
        emulator.store.callerRoles = ["Synchronization.ReadWrite.All"];
        const id = target();
        const { code, report } = await diagnose(["--target", id]);
        expect(report.permission?.granted).toBe(true);
        expect(report.target).toEqual({
            id,
            readable: false,
            because: expect.stringContaining("Application.Read.All"),
        });
        expect(report.problem).toBeUndefined();
        expect([report.allowed, code]).toEqual([true, 0]);
    });

    test("Entra refuses the sign-in", async () => {
        const { code, report } = await diagnose([], { ARM_CLIENT_SECRET: "sentinel" });
        expect(report.problem).toMatchObject({ code: "AUTHENTICATION_FAILED" });
        expect(report.cloud?.graph).toBe(emulator.url);
        expect(report.token).toBeUndefined();
        expect([report.allowed, code]).toEqual([false, 1]);
    });
});

describe("doctor --stack", () => {
    test("reads the stack's configuration by way of pulumi, and it wins over the environment", async () => {
        home.tool("pulumi", pulumiScript({ "azuread:clientSecret": emulator.clientSecret }));
        const args = ["--stack", "acme/production"];
        const { report, output } = await diagnoseApart(args, { ...environment, ARM_CLIENT_SECRET: "sentinel" });
        expect(report.stack).toBe("acme/production");
        expect(report.signIn?.because).toContain("azuread:clientSecret");
        expect(report.allowed).toBe(true);
        expect(output).not.toContain(emulator.clientSecret);
    });

    test("without a pulumi, or for a stack that can't be read, is a problem with the reason", async () => {
        const without = await diagnoseApart(["--stack", "production"], environment);
        expect(without.report.problem?.message).toContain("there is no pulumi on the PATH");
        home.tool(
            "pulumi",
            "process.stderr.write(\"error: no stack named 'production' found\\n\"); process.exit(255);",
        );
        const { code, report } = await diagnoseApart(["--stack", "production"], environment);
        expect(report.problem?.code).toBe("INVALID_CONFIGURATION");
        expect(report.problem?.message).toContain("error: no stack named 'production' found");
        expect([report.allowed, code]).toEqual([false, 1]);
    });
});

describe("doctor in a project's folder", () => {
    const inProject = () => {
        writeFileSync(join(home.path, "Pulumi.yaml"), "name: acme\nruntime: nodejs\n");
        const folder = join(home.path, "deep", "down");
        mkdirSync(folder, { recursive: true });
        return folder;
    };
    const failing = (words: string) => `process.stderr.write(${JSON.stringify(words)}); process.exit(255);`;

    test("reads the selected stack", async () => {
        home.tool("pulumi", pulumiScript({ "azuread:clientSecret": emulator.clientSecret }));
        const { report } = await diagnoseApart([], { ...environment, ARM_CLIENT_SECRET: "" }, inProject());
        expect(report.signIn?.because).toContain("azuread:clientSecret");
        expect(report.allowed).toBe(true);
    });

    test("with no stack selected goes by the environment", async () => {
        home.tool("pulumi", failing("error: no stack selected; please use `pulumi stack select`\n"));
        const { report } = await diagnoseApart([], environment, inProject());
        expect(report.unread).toBeUndefined();
        expect(report.allowed).toBe(true);
    });

    test("with a stack that can't be read goes by the environment, and says so", async () => {
        home.tool("pulumi", failing("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE\n"));
        const { report, code } = await diagnoseApart([], environment, inProject());
        expect(report.unread).toContain("passphrase must be set");
        expect([report.allowed, code]).toEqual([true, 0]);
        const { output } = await runDoctor([], environment, inProject());
        expect(output).toMatch(/^warning +the selected stack's configuration can't be read.*passphrase must be set/m);
    });
});

describe("doctor's command line", () => {
    test.each([
        [["--help"], 0, "Usage: pulumi-entrasync doctor"],
        [["--nothing"], 2, "Unknown option '--nothing'"],
        [
            ["--target", "/groups/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d"],
            2,
            "give /servicePrincipals/<uuid> or /applications/<uuid>; <uuid> alone is a service principal's",
        ],
        [["--target", "/servicePrincipals/acme"], 2, "--target"],
        [["--stack"], 2, "--stack"],
    ])("%j exits with %d", async (args, code, words) => {
        const ran = await runDoctor(args, environment);
        expect(ran.code).toBe(code);
        expect(ran.output).toContain(words);
        expect(emulator.requests).toEqual([]);
    });
});
