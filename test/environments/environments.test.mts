import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { type ConnectProxy, startConnectProxy } from "../emulator/connectProxy.mts";
import { type Environment, failing, type Machine, type Value, working } from "./environments.mts";
import { azScript, createHome, type Home, pulumiScript } from "./machine.mts";
import { acquireApart, diagnoseApart } from "./processes.mts";
import { endingOf } from "./table.mts";

const credential = "sentinel of a SCIM token";

let emulator: Emulator;
let proxy: ConnectProxy;
const lines: string[] = [];

beforeAll(async () => {
    emulator = await startEmulator({ imds: true });
    proxy = await startConnectProxy(Number(new URL(emulator.url).port));
});

afterAll(async () => {
    await proxy.close();
    await emulator.close();
    console.log(`Environments, as real processes:\n${lines.join("\n")}`);
});

async function resolve(
    values: Readonly<Record<string, Value>> = {},
    machine: Machine,
): Promise<Record<string, string>> {
    const resolved: Record<string, string> = {};
    for (const [name, value] of Object.entries(values)) {
        resolved[name] = typeof value === "string" ? value : await value(machine);
    }
    return resolved;
}

/** Sets the environment up, and runs an acquisition and doctor in it. */
async function runIn(row: Environment, home: Home) {
    emulator.reset();
    proxy.clear();
    const { id } = emulator.createServicePrincipal("Acme");
    const held: string[] = [];
    const machine: Machine = {
        emulator,
        proxyUrl: proxy.url,
        file(content) {
            held.push(content.toString("utf8").trim());
            return home.file(content);
        },
    };
    row.given?.(machine);
    const variables = await resolve(row.variables, machine);
    const configuration = await resolve(row.configuration, machine);
    const token = await row.az?.(machine);
    if (token !== undefined) {
        home.tool("az", azScript(token, emulator.url));
    }
    if (row.configuration !== undefined) {
        home.tool("pulumi", pulumiScript(configuration));
    }
    const environment = {
        PATH: home.searchPath,
        HOME: home.path,
        NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
        ...(row.isNational ? {} : { ARM_METADATA_HOSTNAME: emulator.host }),
        ...variables,
        ...(await resolve(row.scenery, machine)),
    };
    const order = { configuration, servicePrincipalIds: [id], credentials: { SecretToken: credential } };
    const [acquisition, doctor] = await Promise.all([
        acquireApart(order, environment),
        diagnoseApart(
            [
                "--target",
                `/servicePrincipals/${id}`,
                ...(row.configuration === undefined ? [] : ["--stack", "production"]),
            ],
            environment,
            home.path,
        ),
    ]);
    const isSecret = (name: string) => /SECRET$|TOKEN$|ACCESSTOKEN|CERTIFICATE$|PASSWORD|clientSecret/.test(name);
    const secrets = Object.entries({ ...variables, ...configuration })
        .filter(([name, value]) => isSecret(name) && value !== "")
        .map(([, value]) => value)
        .concat(
            token ?? [],
            held.filter((content) => content !== emulator.clientId),
            credential,
            emulator.clientSecret,
        );
    return { id, acquisition, doctor, secrets };
}

const homeOf = async <Result,>(action: (home: Home) => Promise<Result>): Promise<Result> => {
    const home = createHome();
    try {
        return await action(home);
    } finally {
        home.remove();
    }
};

function expectNoSecret(output: string, secrets: readonly string[]): void {
    for (const secret of secrets) {
        expect(output).not.toContain(secret);
    }
    expect(output).not.toContain("sentinel");
    expect(output, "a token").not.toMatch(/eyJ[\w-]+\./);
}

const note = (row: Environment) => lines.push(`  ${row.name.padEnd(52)}${endingOf(row)}`);

describe("an acquisition is accepted, and doctor says so, in", () => {
    test.each(working)("$name", async (row) => {
        const { id, acquisition, doctor, secrets } = await homeOf((home) => runIn(row, home));
        expect(acquisition.outcome.error).toBeUndefined();
        expect(acquisition.outcome.acquired).toBe(1);
        expect(emulator.store.acquisitions.map(({ targetId, values }) => [targetId, values])).toEqual([
            [id, { SecretToken: credential }],
        ]);
        expect(doctor.report.problem).toBeUndefined();
        expect(doctor.report.signIn?.method).toBe(row.method);
        expect(doctor.report.signIn?.warnings).toEqual(
            row.warns === undefined ? [] : [expect.stringMatching(row.warns)],
        );
        expect(doctor.report.cloud).toMatchObject({ graph: emulator.url, authority: emulator.url });
        expect(doctor.report.token?.tenantId).toBe(emulator.tenantId);
        expect(doctor.report.permission?.granted).toBe(true);
        expect(doctor.report.target).toMatchObject({ id: `/servicePrincipals/${id}`, readable: true });
        expect([doctor.report.allowed, doctor.code]).toEqual([true, 0]);
        // Each of the two processes asks once; the Azure CLI and the metadata service issue theirs elsewhere.
        const asksEntra = row.method !== "azureCli" && row.method !== "managedIdentity";
        expect(emulator.counts()).toMatchObject({
            tokenRequests: asksEntra ? 2 : 0,
            graphRequests: 2,
            acquisitions: 1,
        });
        if (row.warns !== undefined) {
            expect(acquisition.output).toContain("warning: ");
        }
        const isProxied = row.scenery !== undefined && "HTTPS_PROXY" in row.scenery;
        expect(proxy.hosts()).toEqual(isProxied ? ["localhost"] : []);
        expect(proxy.requests.filter(({ port }) => String(port) !== new URL(emulator.url).port)).toEqual([]);
        expectNoSecret(acquisition.output + doctor.output, secrets);
        note(row);
    });
});

describe("nothing is sent to Graph, and doctor says why, in", () => {
    test.for(failing)("$name", async (row, { skip }) => {
        const why = row.impossible?.();
        skip(why !== undefined, why);
        const { acquisition, doctor, secrets } = await homeOf((home) => runIn(row, home));
        const { error } = acquisition.outcome;
        expect(acquisition.outcome.acquired).toBe(0);
        expect(error?.code).toBe(row.refused?.inCheck ? "CHECK_FAILED" : row.refused?.code);
        for (const words of row.refused?.words ?? []) {
            expect(error?.message).toContain(words);
            expect(doctor.report.problem?.message).toContain(words);
        }
        expect(doctor.report.problem?.code).toBe(row.refused?.code);
        expect(doctor.report.signIn?.method).toBe(row.method);
        expect(doctor.report.signIn?.warnings ?? []).toEqual(
            row.warns === undefined ? [] : [expect.stringMatching(row.warns)],
        );
        expect([doctor.report.allowed, doctor.code]).toEqual([false, 1]);
        expect(emulator.counts()).toMatchObject({ graphRequests: 0, acquisitions: 0 });
        expectNoSecret(acquisition.output + doctor.output, secrets);
        note(row);
    });
});
