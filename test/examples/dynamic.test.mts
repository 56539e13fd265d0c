import { request } from "node:https";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Authorizing, FakeBrowser } from "../authorize/process.mts";
import { openStack, type Result, type Stack } from "../support/stack.mts";
import { filesOf, walk } from "./walk.mts";

/* The examples of the dynamic resource, each by its README, on a real engine. */

// Each goes through a dozen commands of Pulumi's.
vi.setConfig({ testTimeout: 600_000 });

let emulator: Emulator;
beforeEach(async () => {
    emulator = await startEmulator();
});
afterEach(() => emulator.close());

const keys = ["BaseAddress", "SecretToken"];
const open = (example: string) => openStack({ files: filesOf(example), emulator, project: example });

test("quickstart: one acquisition, and one more for a trigger", async () => {
    await using stack = await open("quickstart");
    const { id } = emulator.createServicePrincipal("Acme");
    await walk({
        example: "quickstart",
        stack,
        emulator,
        values: { SERVICE_PRINCIPAL_ID: id },
        ups: [
            { counts: ["2 created"], acquired: [{ target: id, keys }] },
            { counts: ["1 updated"], acquired: [{ target: id, keys }] },
        ],
    });
});

test("rotation: another secret and another name acquire again, another age alone does not", async () => {
    await using stack = await open("rotation");
    const { id } = emulator.createServicePrincipal("Acme");
    const acquired = [{ target: id, keys }];
    await walk({
        example: "rotation",
        stack,
        emulator,
        values: { SERVICE_PRINCIPAL_ID: id },
        ups: [
            { counts: ["2 created"], acquired },
            { counts: ["1 updated"], acquired },
            { counts: ["1 updated"], acquired },
            { counts: ["2 unchanged"], acquired: [] },
        ],
    });
});

test("many-applications: each by itself, when it comes and when it goes", async () => {
    await using stack = await open("many-applications");
    const [acme, contoso, fabrikam] = ["Acme", "Contoso", "Fabrikam"].map(
        (name) => emulator.createServicePrincipal(name).id,
    ) as [string, string, string];
    await walk({
        example: "many-applications",
        stack,
        emulator,
        values: {
            ACME_SERVICE_PRINCIPAL_ID: acme,
            CONTOSO_SERVICE_PRINCIPAL_ID: contoso,
            FABRIKAM_SERVICE_PRINCIPAL_ID: fabrikam,
        },
        ups: [
            {
                counts: ["3 created"],
                acquired: [
                    { target: acme, keys },
                    { target: contoso, keys },
                ],
            },
            { counts: ["1 created", "3 unchanged"], acquired: [{ target: fabrikam, keys }] },
            { counts: ["1 deleted", "3 unchanged"], acquired: [] },
        ],
    });
});

test("authorization-code: a person's consent is an acquisition, and so is the next one", async () => {
    await using stack = await open("authorization-code");
    const { id } = emulator.createServicePrincipal("Acme");
    const { saas } = emulator;
    const acquired = [
        {
            target: id,
            keys: [
                "Oauth2AuthorizationCode",
                "Oauth2ClientId",
                "Oauth2ClientSecret",
                "Oauth2RedirectUri",
                "Oauth2TokenExchangeUri",
            ],
        },
    ];
    await walk({
        example: "authorization-code",
        stack,
        emulator,
        values: {
            SERVICE_PRINCIPAL_ID: id,
            CLIENT_ID: saas.clientId,
            AUTHORIZATION_URI: saas.authorizationUri,
            TOKEN_EXCHANGE_URI: saas.tokenExchangeUri,
        },
        secrets: { oauth2ClientSecret: saas.clientSecret },
        ups: [
            { counts: ["2 created"], acquired },
            { counts: ["1 updated"], acquired },
        ],
        // npx runs the same file, and the person is a browser of the test's.
        insteadOf: { "npx pulumi-entrasync authorize --up": () => consent(stack) },
    });
    expect(emulator.store.acquisitions.map(({ exchange }) => exchange)).toEqual([
        "authorization_code",
        "authorization_code",
    ]);
    const [first, second] = emulator.store.acquisitions.map(({ values }) => values.Oauth2AuthorizationCode);
    expect(first).not.toBe(second);
});

/** Runs `authorize --up`, and says yes at the application's own page. */
async function consent(stack: Stack): Promise<Result> {
    const browser = new FakeBrowser();
    try {
        const opened = browser.opened();
        const running = Authorizing.start(["--up"], {
            environment: browser.in(stack.environment),
            folder: stack.folder,
        });
        const start = await fetch(await running.meanwhile(opened), { redirect: "manual" });
        const page = await send("GET", start.headers.get("location") ?? "");
        const [, asked = ""] = /name="request" value="([^"]+)"/.exec(page.text) ?? [];
        const form = new URLSearchParams({ request: asked, decision: "allow" });
        const { location } = await send("POST", emulator.saas.authorizationUri, form);
        await fetch(location);
        const code = await running.ended();
        expect(code, running.output).toBe(0);
        return { code, stdout: running.output, stderr: "", output: running.output };
    } finally {
        browser.remove();
    }
}

/** As a browser that trusts the emulator. */
function send(method: string, address: string, form?: URLSearchParams): Promise<{ text: string; location: string }> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return new Promise((resolve, reject) => {
        const sent = request(address, { method, headers, ca: emulator.caCertificate }, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => {
                text += chunk;
            });
            response.on("error", reject).on("end", () => resolve({ text, location: response.headers.location ?? "" }));
        });
        sent.on("error", reject).end(form?.toString());
    });
}
