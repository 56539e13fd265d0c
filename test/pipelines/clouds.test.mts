import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, microsoftHostNames, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { resolveEndpoints } from "../../provider/graph/clouds.ts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { type ConnectProxy, startConnectProxy } from "../emulator/connectProxy.mts";
import { openProgram, yamlProgram } from "../packaging/program.mts";
import { openStack } from "../support/stack.mts";
import { blocks, readerIn, readPage, typed } from "./pages.mts";

/*
 * docs/how-to/national-clouds.md and air-gapped-clouds.md: their commands are typed, by a reader whose way out is a proxy
 * behind which the emulator plays the clouds' hosts. What the proxy was asked for is what would have left the machine.
 */

const agency = ["graph.agency.example", "login.agency.example", "management.agency.example"] as const;
const national = readPage("national-clouds");
const airGapped = readPage("air-gapped-clouds");

let emulator: Emulator;
let proxy: ConnectProxy;
beforeAll(async () => {
    emulator = await startEmulator({ hostNames: [...microsoftHostNames, ...agency] });
    proxy = await startConnectProxy(Number(new URL(emulator.url).port));
});
afterAll(async () => {
    await proxy.close();
    await emulator.close();
});
beforeEach(() => {
    emulator.reset();
    proxy.clear();
});

const signIn = () => ({
    ARM_TENANT_ID: emulator.tenantId,
    ARM_CLIENT_ID: emulator.clientId,
    ARM_CLIENT_SECRET: emulator.clientSecret,
    HTTPS_PROXY: proxy.url,
});

describe("national clouds", () => {
    test("the page's table is what the settings lead to", async () => {
        const [, table = ""] = national.split(/<!-- \/?clouds -->/);
        const rows = table
            .split("\n")
            .filter((line) => /^\| (?!cloud|---)/.test(line))
            .map((line) => line.split("|").map((cell) => cell.trim()));
        expect(rows).toHaveLength(4);
        for (const [, , names = "", graph, authority] of rows) {
            const settings = [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name);
            for (const environment of names.includes("nothing") ? [...settings, undefined] : settings) {
                const none = { metadataHost: undefined, graphEndpoint: undefined, authorityHost: undefined };
                const endpoints = await resolveEndpoints({ environment, ...none }, () => Promise.reject(new Error()));
                expect([endpoints.graph, endpoints.authority], environment).toEqual([
                    `https://${graph}`,
                    `https://${authority}`,
                ]);
            }
        }
    });

    test("one setting leads an `up` to that cloud's hosts and no others, and doctor names them", async () => {
        const [setAndUp, audience, doctor] = blocks(national, "sh");
        const { id } = emulator.createServicePrincipal("Acme");
        await using stack = await openStack({
            files: { "index.ts": readFileSync(join(repositoryRoot, "examples/quickstart/index.ts"), "utf8") },
            emulator: { environment: { ...signIn(), NODE_EXTRA_CA_CERTS: emulator.caCertificatePath } },
        });
        await stack.config("servicePrincipalId", id);
        await stack.config("scimToken", "of a test", "secret");
        await using reader = await readerIn(stack);
        expect(await typed(reader, setAndUp)).toContain("2 created");
        expect(proxy.hosts().sort()).toEqual(["graph.microsoft.us", "login.microsoftonline.us"]);
        expect(emulator.store.acquisitions).toHaveLength(1);

        expect(await typed(reader, doctor)).toMatch(
            /usgovernmentl4: Graph at https:\/\/graph\.microsoft\.us, sign-in at https:\/\/login\.microsoftonline\.us/,
        );

        // A job of GitHub's, in a cloud that wants another audience.
        const { issuer, subject, requestUrl, requestToken } = emulator.oidc.github;
        emulator.registerFederatedCredential({ issuer, subject, audience: "api://AzureADTokenExchangeUSGov" });
        const handed = join(stack.folder, "github.env");
        writeFileSync(handed, "");
        await using job = await readerIn(stack, {
            ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
            GITHUB_ENV: handed,
            ARM_USE_OIDC: "true",
            ARM_CLIENT_SECRET: "",
            NO_PROXY: "localhost",
        });
        expect((await job.run(doctor ?? "")).output).toContain("AADSTS700212");
        await typed(job, audience);
        await typed(job, `export "$(cat ${JSON.stringify(handed)})"`);
        expect(await typed(job, doctor)).toContain("by GitHub Actions OIDC");
    });
});

describe("air-gapped clouds", () => {
    test("the page's commands, from two addresses to an `up` by a plugin from its archive, leave for no other host", async (context) => {
        context.skip(process.platform !== "linux" || process.arch !== "x64", "the page's archive is another system's");
        const [addresses, host, certificates, install, offline, up, carry, doctor] = blocks(airGapped, "sh");
        const { id } = emulator.createServicePrincipal("Acme");
        await using stack = await openProgram({ "Pulumi.yaml": yamlProgram() }, { ...emulator, environment: signIn() });
        await promisify(execFile)(process.execPath, [join(repositoryRoot, "tools/plugin/release.mts"), stack.folder]);
        await stack.config("servicePrincipalId", id);
        await stack.config("scimToken", "of a test", "secret");
        await using reader = await readerIn(stack, { AGENCY_CA: emulator.caCertificatePath });

        await typed(reader, addresses);
        // Not trusted yet.
        expect((await reader.run(doctor ?? "")).output).toContain("NODE_EXTRA_CA_CERTS");
        await typed(reader, certificates);
        expect(await typed(reader, doctor)).toContain("An acquisition would be allowed");
        expect(proxy.hosts()).toEqual(["login.agency.example"]);

        await typed(reader, host);
        expect(await typed(reader, install)).toContain("linux-amd64.tar.gz: OK");
        await typed(reader, offline);
        expect(await typed(reader, up)).toContain("2 created");
        expect(proxy.hosts().filter((name) => !agency.some((own) => own === name))).toEqual([]);
        expect(emulator.store.acquisitions).toHaveLength(1);
        expect(
            emulator.requests.filter(({ path }) => path === "/metadata/endpoints").map(({ host: asked }) => asked),
        ).toEqual([expect.stringContaining("management.agency.example")]);

        // In place of what npm would fetch: nothing.
        await typed(reader, 'npm() { test "$*" = ci; }');
        await typed(reader, carry);
        expect(await typed(reader, "tar --list --file ../program.tar.gz")).toContain("./Pulumi.yaml");
    });
});
