import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaultList } from "../../provider/emulator/faults.ts";
import { type Emulator, type Fault, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

let emulator: Emulator;
let client: Client;
let acquirePath: string;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(async () => {
    emulator.reset();
    acquirePath = `/v1.0/servicePrincipals/${emulator.createServicePrincipal("Acme").id}/synchronization/acquireAccessToken`;
    await client.token();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

function acquire() {
    return client.graph("POST", acquirePath, { credentials: [{ key: "SecretToken", value: "t0ken" }] });
}

function acquisitions() {
    return emulator.counts().acquisitions;
}

describe("a fault", () => {
    it("responds in Graph's place", async () => {
        const body = { error: { code: "x", message: "y" } };
        emulator.faults.add({ effect: { kind: "respond", status: 503, headers: { "Retry-After": "7" }, body } });
        const reply = await acquire();
        expect([reply.status, reply.json, reply.headers["retry-after"]]).toEqual([503, body, "7"]);
        expect(reply.headers).toHaveProperty("request-id");
        expect(acquisitions()).toBe(0);
        expect((await acquire()).status).toBe(204);
        expect(emulator.requests.map(({ status, faulted }) => [status, faulted]).slice(-2)).toEqual([
            [503, "respond"],
            [204, undefined],
        ]);
    });

    it("responds with text or with nothing at all", async () => {
        const html = "<html>Bad gateway</html>";
        emulator.faults.add({
            effect: { kind: "respond", status: 502, headers: { "content-type": "text/html" }, body: html },
        });
        emulator.faults.add({ effect: { kind: "respond", status: 500 } });
        const first = await acquire();
        expect([first.status, first.text, first.headers["content-type"]]).toEqual([502, html, "text/html"]);
        const second = await acquire();
        expect([second.status, second.text]).toEqual([500, ""]);
    });

    it("responds after Graph did its work", async () => {
        emulator.faults.add({ effect: { kind: "processThenRespond", status: 504 } });
        expect((await acquire()).status).toBe(504);
        expect(acquisitions()).toBe(1);
    });

    it("resets the connection before or after Graph did its work", async () => {
        emulator.faults.add({ effect: { kind: "reset", when: "before" } });
        await expect(acquire()).rejects.toThrow(/hang up|ECONNRESET/);
        expect(acquisitions()).toBe(0);
        emulator.faults.add({ effect: { kind: "reset", when: "after" } });
        await expect(acquire()).rejects.toThrow(/hang up|ECONNRESET/);
        expect(acquisitions()).toBe(1);
        expect(emulator.requests.at(-1)).toMatchObject({ status: 0, faulted: "reset", keys: ["SecretToken"] });
    });

    it.each(["before", "after"] as const)("hangs %s Graph did its work, until the client gives up", async (when) => {
        emulator.faults.add({ effect: { kind: "hang", when } });
        const authorization = `Bearer ${await client.token()}`;
        const body = { credentials: [{ key: "SecretToken", value: "t0ken" }] };
        const signal = AbortSignal.timeout(150);
        await expect(client.send("POST", acquirePath, { headers: { authorization }, body, signal })).rejects.toThrow();
        expect(acquisitions()).toBe(when === "after" ? 1 : 0);
    });

    it("that hangs is ended by a reset", async () => {
        emulator.faults.add({ effect: { kind: "hang", when: "before" } });
        const hanging = acquire();
        hanging.catch(() => {});
        await expect.poll(() => emulator.requests.length).toBe(1);
        emulator.reset();
        await expect(hanging).rejects.toThrow(/hang up|ECONNRESET/);
    });

    it("delays", async () => {
        emulator.faults.add({ effect: { kind: "delay", ms: 120 } });
        const startedMs = performance.now();
        expect((await acquire()).status).toBe(204);
        expect(performance.now() - startedMs).toBeGreaterThan(110);
    });

    it("throttles with and without Retry-After", async () => {
        emulator.faults.add({ effect: { kind: "throttle", retryAfter: "315" } });
        emulator.faults.add({ effect: { kind: "throttle" } });
        const first = await acquire();
        expect(graphError(first)).toMatchObject({ status: 429, code: "TooManyRequests" });
        expect(first.headers["retry-after"]).toBe("315");
        expect((await acquire()).headers).not.toHaveProperty("retry-after");
        expect(acquisitions()).toBe(0);
    });

    it("truncates an answer, with and without a body", async () => {
        emulator.faults.add({ times: 2, effect: { kind: "truncate" } });
        await expect(acquire()).rejects.toThrow();
        expect(acquisitions()).toBe(1);
        await expect(client.graph("GET", "/v1.0/applications")).rejects.toThrow(/aborted|ECONNRESET/);
    });

    it("is met as often as asked, after as many as asked have passed", async () => {
        emulator.faults.add({ skip: 1, times: 2, effect: { kind: "respond", status: 500 } });
        const statuses: number[] = [];
        for (let count = 0; count < 4; count += 1) {
            statuses.push((await acquire()).status);
        }
        expect(statuses).toEqual([204, 500, 500, 204]);
    });

    it("is met without end until it is cleared", async () => {
        emulator.faults.add({ times: Number.POSITIVE_INFINITY, effect: { kind: "respond", status: 500 } });
        expect([(await acquire()).status, (await acquire()).status]).toEqual([500, 500]);
        emulator.faults.clear();
        expect((await acquire()).status).toBe(204);
    });

    it("is met in the order in which it was added", async () => {
        emulator.faults.add({ effect: { kind: "respond", status: 500 } });
        emulator.faults.add({ effect: { kind: "respond", status: 502 } });
        emulator.faults.add({ skip: 2, effect: { kind: "respond", status: 503 } });
        expect([(await acquire()).status, (await acquire()).status, (await acquire()).status]).toEqual([500, 502, 503]);
    });

    it("is for the method and the path that it names", async () => {
        emulator.faults.add({
            match: { method: "post", path: "acquireAccessToken" },
            effect: { kind: "respond", status: 500 },
        });
        emulator.faults.add({ match: { path: "^/beta/.*/[0-9a-f-]{36}$" }, effect: { kind: "respond", status: 502 } });
        const { id } = emulator.createApplication("Acme");
        expect((await client.graph("GET", `/v1.0/applications/${id}`)).status).toBe(200);
        expect((await client.graph("GET", `/beta/applications/${id}`)).status).toBe(502);
        expect((await acquire()).status).toBe(500);
    });

    it("without a path is for Graph alone", async () => {
        emulator.faults.add({ effect: { kind: "respond", status: 500 } });
        expect((await client.requestToken()).status).toBe(200);
        expect((await client.send("GET", "/metadata/endpoints")).status).toBe(200);
        expect((await acquire()).status).toBe(500);
    });

    it("can be for Entra and the metadata", async () => {
        emulator.faults.add({ match: { path: "/oauth2/v2.0/token" }, effect: { kind: "respond", status: 503 } });
        emulator.faults.add({ match: { path: "/metadata/" }, effect: { kind: "reset", when: "before" } });
        expect((await client.requestToken()).status).toBe(503);
        await expect(client.send("GET", "/metadata/endpoints")).rejects.toThrow();
    });

    it("is met by chance where it names a probability, and the spared leave its count as it was", () => {
        const draws = [0.5, 0.049, 0.05, 0, 0.01];
        const faults = new FaultList(() => draws.shift() ?? 0.99);
        const effect = { kind: "throttle" } as const;
        faults.add({ times: 3, skip: 1, probability: 0.05, effect });
        const met = Array.from({ length: 6 }, () => faults.take("GET", "/v1.0/x", true) !== undefined);
        expect(met).toEqual([false, false, true, false, true, true]);
        expect(faults.list()).toEqual([]);
    });

    it("that spares a request leaves it to the next one, and without a probability spares none", () => {
        const faults = new FaultList(() => 0.999_999);
        faults.add({ probability: 0.5, effect: { kind: "truncate" } });
        faults.add({ probability: 1, effect: { kind: "throttle" } });
        faults.add({ effect: { kind: "delay", ms: 1 } });
        const kinds = Array.from({ length: 3 }, () => faults.take("GET", "/v1.0/x", true)?.kind);
        expect(kinds).toEqual(["throttle", "delay", undefined]);
        expect(faults.list()).toEqual([{ times: 1, skip: 0, probability: 0.5, effect: { kind: "truncate" } }]);
    });

    it.each([0, -0.1, 1.1, Number.NaN, "0.5", null])("takes no %j for a probability", (probability) => {
        expect(() => emulator.faults.add({ probability, effect: { kind: "truncate" } } as unknown as Fault)).toThrow(
            "Not a fault: probability must be a number above 0, at most 1",
        );
    });

    it("that is none says everything that is wrong with it", () => {
        const fault = { match: { path: "(" }, times: 0, skip: -1, extra: 1, effect: { kind: "respond", status: 99 } };
        expect(() => emulator.faults.add(fault as unknown as Fault)).toThrow(
            "Not a fault: extra is unknown; match.path is no regular expression (escape what should be taken literally); " +
                "times must be a whole number from 1; skip must be a whole number from 0; effect.status must be 200 to 599",
        );
    });
});

it("adds the latency it was started with to Graph's answers, and serves many at once", async () => {
    const slow = await startEmulator({ latencyMs: 100 });
    const slowClient = new Client(slow);
    await slowClient.token();
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: 40 }, () => slowClient.graph("GET", "/v1.0/applications")));
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(95);
    expect(tookMs).toBeLessThan(4_000);
    expect(slow.counts()).toMatchObject({ graphRequests: 40 });
    slowClient.close();
    await slow.close();
});

it("adds the latency of tokens to Entra's answers to requests for one, and to no other", async () => {
    const slow = await startEmulator({ tokenLatencyMs: 1_000 });
    const slowClient = new Client(slow);
    await slowClient.token();
    await slowClient.graph("GET", "/v1.0/applications");
    const [token, graph] = slow.requests;
    expect([token?.path, graph?.path]).toEqual([expect.stringMatching(/\/token$/), "/v1.0/applications"]);
    expect(token?.durationMs).toBeGreaterThanOrEqual(995);
    expect(graph?.durationMs).toBeLessThan(token?.durationMs ?? 0);
    slowClient.close();
    await slow.close();
});
