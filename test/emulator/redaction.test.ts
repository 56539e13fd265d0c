import { afterAll, beforeAll, expect, it } from "vitest";
import { type Emulator, type RequestLogEntry, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

const sentinel = "S3ntinel-that-must-not-be-seen";

let emulator: Emulator;
let client: Client;
const logged: RequestLogEntry[] = [];

beforeAll(async () => {
    emulator = await startEmulator({ clientSecret: `${sentinel}-client`, onRequest: (entry) => logged.push(entry) });
    client = new Client(emulator);
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

it("shows a credential's value, the token and the client secret nowhere", async () => {
    const { id } = emulator.createServicePrincipal("Acme");
    const synchronization = `/v1.0/servicePrincipals/${id}/synchronization`;
    const token = await client.token();
    const answers: string[] = [];
    const post = async (path: string, body: unknown, method = "POST") =>
        answers.push((await client.graph(method, path, body, { "content-type": "application/json" })).text);

    // Accepted, redeemed twice, and wrong in each way in which a value can end up where no value belongs.
    const pair = { key: "Oauth2AuthorizationCode", value: sentinel };
    for (const credentials of [
        [pair],
        [pair],
        [pair, pair],
        { SecretToken: sentinel },
        [sentinel],
        [{ ...pair, [sentinel]: 1 }],
    ]) {
        await post(`${synchronization}/acquireAccessToken`, { credentials });
        await post(`${synchronization}/secrets`, { value: credentials }, "PUT");
        await post(`${synchronization}/jobs/x/validateCredentials`, { credentials });
    }
    await post(`${synchronization}/acquireAccessToken`, { [sentinel]: 1 });
    await post(`${synchronization}/acquireAccessToken`, { credentials: [{ key: "Url", value: { [sentinel]: 1 } }] });
    await post(`${synchronization}/acquireAccessToken`, { credentials: [{ "@odata.type": sentinel, key: "Url" }] });
    await post(`${synchronization}/acquireAccessToken`, `{"credentials": ${sentinel}`);
    await post(`${synchronization}/acquireAccessToken?code=${sentinel}`, { credentials: [] });
    await post(`/v1.0/applications?$filter=${sentinel}`, undefined, "GET");
    await post(`${synchronization}/secrets`, undefined, "GET");

    // Where Graph itself echoes what was sent, a key, only the answer does.
    await client.graph("POST", `${synchronization}/acquireAccessToken`, {
        credentials: [{ key: sentinel, value: "SecretToken" }],
    });

    for (const parameter of ["client_id", "client_secret", "scope", "grant_type"]) {
        answers.push((await client.requestToken({ [parameter]: sentinel })).text);
    }
    const headers = { authorization: `Bearer ${sentinel}` };
    answers.push((await client.send("GET", "/v1.0/applications", { headers })).text);

    for (const name of ["requests", "acquisitions", "counts", "faults"]) {
        answers.push((await client.send("GET", `/_emulator/${name}`)).text);
    }
    const shown = JSON.stringify([answers, logged, emulator.requests, emulator.counts()]);
    expect(shown).not.toContain(sentinel);
    expect(shown).not.toContain(token);
    expect(shown).toContain("(unknown)");
    expect(emulator.store.acquisitions[0]?.values).toEqual({ Oauth2AuthorizationCode: sentinel });
    expect(answers.some((text) => text.includes("EmulatorFailure"))).toBe(false);
});
