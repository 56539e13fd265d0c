import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import type { Order } from "./acquire.mts";
import { azScript, createHome, type Home } from "./machine.mts";
import { acquireApart } from "./processes.mts";

let emulator: Emulator;
let home: Home;

beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
    emulator.reset();
    home = createHome();
});
afterEach(() => home.remove());

const credentials = { SecretToken: "sentinel of a SCIM token" };
const base = (from: Emulator) => ({
    PATH: home.searchPath,
    HOME: home.path,
    NODE_EXTRA_CA_CERTS: from.caCertificatePath,
    ARM_METADATA_HOSTNAME: from.host,
});
const withSecret = (from: Emulator) => ({
    ...base(from),
    ARM_TENANT_ID: from.tenantId,
    ARM_CLIENT_ID: from.clientId,
    ARM_CLIENT_SECRET: from.clientSecret,
});

function acquire(
    count: number,
    options: Pick<Order, "parallel" | "pauseMs" | "onlyDiff"> = {},
    { from = emulator, environment = withSecret(from) }: { from?: Emulator; environment?: NodeJS.ProcessEnv } = {},
) {
    const { id } = from.createServicePrincipal("Acme");
    const servicePrincipalIds = Array.from({ length: count }, () => id);
    return acquireApart({ configuration: {}, servicePrincipalIds, credentials, ...options }, environment);
}

async function until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited += 10) {
        expect(waited, "it did not come").toBeLessThan(20_000);
        await sleep(10);
    }
}

const statuses = (from: Emulator) =>
    from.requests.filter(({ path }) => path.startsWith("/v1.0/")).map(({ status }) => status);

describe("a run with 200 acquisitions", () => {
    test("asks for one token, and uses its connections again", async () => {
        const parallel = 16;
        const { outcome } = await acquire(200, { parallel });
        expect(outcome.error).toBeUndefined();
        expect(emulator.counts()).toMatchObject({ tokenRequests: 1, graphRequests: 200, acquisitions: 200 });
        const toGraph = emulator.requests.filter(({ path }) => path.startsWith("/v1.0/"));
        expect(new Set(toGraph.map(({ connection }) => connection)).size).toBeLessThanOrEqual(parallel);
        // One for the metadata host and one for the sign-in.
        expect(emulator.counts().connections).toBeLessThanOrEqual(parallel + 2);
    });

    test("asks for one token where all of them start at once", async () => {
        const { outcome } = await acquire(200, { parallel: 200 });
        expect(outcome.error).toBeUndefined();
        expect(emulator.counts()).toMatchObject({ tokenRequests: 1, acquisitions: 200 });
    });

    test("asks the metadata host once", async () => {
        await acquire(20, { parallel: 20 });
        expect(emulator.requests.filter(({ path }) => path === "/metadata/endpoints")).toHaveLength(1);
    });

    test("runs az once", async () => {
        const calls = home.file("");
        const script = azScript(await emulator.issueToken(), emulator.url);
        home.tool("az", `require("node:fs").appendFileSync(${JSON.stringify(calls)}, "called\\n");${script}`);
        const { outcome } = await acquire(20, { parallel: 20 }, { environment: base(emulator) });
        expect(outcome.error).toBeUndefined();
        expect(readFileSync(calls, "utf8")).toBe("called\n");
    });
});

test("a run in which nothing changes loads nothing of Azure's and no reader of certificates, and asks nobody", async () => {
    const { outcome } = await acquire(3, { onlyDiff: true });
    expect(outcome.error).toBeUndefined();
    expect(outcome.loaded).toEqual([]);
    expect(emulator.requests).toEqual([]);
    // The same look finds the libraries where they are used.
    expect((await acquire(1)).outcome.loaded).toContain("@azure/identity");
});

describe("a token that ends within the run", () => {
    // Renewal begins two minutes before the end: this is two seconds after the start.
    const shortLived = { tokenLifetimeSeconds: 122 };

    test("is renewed before it does, and no acquisition meets its end", async () => {
        const from = await startEmulator(shortLived);
        try {
            const { outcome } = await acquire(4, { pauseMs: 1200 }, { from });
            expect(outcome.error).toBeUndefined();
            expect(statuses(from)).toEqual([204, 204, 204, 204]);
            // At 0 s and after 2 s; on a slow machine the new one is old enough for another by the end.
            expect(from.counts().tokenRequests).toBeGreaterThanOrEqual(2);
            expect(from.counts().tokenRequests).toBeLessThan(4);
        } finally {
            await from.close();
        }
    });

    test("is used on where a renewal fails, and the process ends with its work all the same", async () => {
        const from = await startEmulator(shortLived);
        try {
            from.faults.add({
                match: { path: "/oauth2/v2.0/token" },
                skip: 1,
                times: Number.POSITIVE_INFINITY,
                effect: {
                    kind: "respond",
                    status: 400,
                    body: { error: "invalid_client", error_description: "AADSTS7000222: x" },
                },
            });
            const startedMs = performance.now();
            const { outcome, code } = await acquire(5, { pauseMs: 1200 }, { from });
            expect(outcome.error).toBeUndefined();
            expect(code).toBe(0);
            expect(performance.now() - startedMs).toBeLessThan(60_000);
            expect(from.counts().acquisitions).toBe(5);
            expect(from.counts().tokenRequests).toBeGreaterThan(1);
        } finally {
            await from.close();
        }
    });
});

describe("a claims challenge", () => {
    const claims = { access_token: { nbf: { essential: true, value: "1700000000" } } };
    const challenge = () => ({
        status: 401,
        headers: {
            "www-authenticate":
                `Bearer realm="", authorization_uri="${emulator.url}/common/oauth2/authorize", error="insufficient_claims", ` +
                `claims="${Buffer.from(JSON.stringify(claims)).toString("base64")}"`,
        },
        body: {
            error: {
                code: "InvalidAuthenticationToken",
                message: "Continuous access evaluation resulted in a challenge.",
            },
        },
    });

    test("is answered once, with a new token, and the acquisition goes on", async () => {
        const running = acquire(2, { pauseMs: 1500 });
        await until(() => emulator.counts().acquisitions === 1);
        emulator.revokeTokens();
        const { outcome } = await running;
        expect(outcome.error).toBeUndefined();
        expect(emulator.counts()).toMatchObject({
            acquisitions: 2,
            tokenRequests: 2,
            claimsChallenges: 1,
            claimsAnswered: 1,
            graphRequests: 3,
        });
        expect(statuses(emulator)).toEqual([204, 401, 204]);
    });

    test("that comes again is an error which says so, and there is no third try", async () => {
        emulator.revokeTokens({ claims });
        emulator.faults.add({
            match: { method: "POST", path: "acquireAccessToken" },
            times: Number.POSITIVE_INFINITY,
            effect: { kind: "respond", ...challenge() },
        });
        const { outcome } = await acquire(1);
        expect(outcome.acquired).toBe(0);
        expect(outcome.error).toMatchObject({ name: "AuthenticationError", code: "AUTHENTICATION_FAILED" });
        expect(outcome.error?.message).toMatch(/does not take the token, not even a new one .*Conditional Access/);
        expect(emulator.counts()).toMatchObject({ graphRequests: 2, tokenRequests: 2, claimsAnswered: 1 });
    });

    test("is one that the Azure CLI can't answer: the error says how to sign in again, and shows no token", async () => {
        const token = await emulator.issueToken();
        home.tool("az", azScript(token, emulator.url));
        emulator.revokeTokens();
        const { outcome, output } = await acquire(1, {}, { environment: base(emulator) });
        expect(outcome.error).toMatchObject({ code: "AUTHENTICATION_FAILED" });
        expect(outcome.error?.message).toContain("whoever is signed in to the Azure CLI");
        expect(outcome.error?.message).toContain("az login --claims-challenge");
        expect(outcome.error?.message).toContain("has processed nothing");
        expect(emulator.counts()).toMatchObject({ graphRequests: 1, acquisitions: 0, claimsChallenges: 1 });
        expect(output).not.toContain(token);
    });
});
