import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Answer } from "../../provider/authorize/answer.ts";
import { type Loopback, openLoopback } from "../../provider/authorize/loopback.ts";

let loopback: Loopback;
let answer: Promise<Answer>;
let judged: URLSearchParams[];
const startPath = "/start/unguessable";

beforeEach(async () => {
    loopback = await openLoopback("127.0.0.1", 0);
    judged = [];
    answer = loopback.serve({
        startPath,
        consentAddress: "https://acme.example/authorize?state=s",
        callbackPath: "/callback",
        hosts: [new URL(loopback.origin).host, "acme.example"],
        judge: (query) => {
            judged.push(query);
            return query.has("code") ? { kind: "code", code: "c" } : { kind: "wrongState", words: "wrong" };
        },
    });
});
afterEach(() => loopback.close());

interface Reply {
    readonly status: number | undefined;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: string;
}

function ask(path: string, { method = "GET", host }: { method?: string; host?: string } = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
        const asked = request(loopback.origin, { path, method, ...(host === undefined ? {} : { headers: { host } }) });
        asked.once("error", reject);
        asked.once("response", (response) => {
            let body = "";
            response.setEncoding("utf8").on("data", (text) => {
                body += text;
            });
            response.once("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
        });
        asked.end();
    });
}

test("the first callback is answered with a plain page that keeps, sends and loads nothing", async () => {
    const { status, headers, body } = await ask("/callback?code=a%2Bb&state=s");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": expect.stringContaining("default-src 'none'"),
        "x-content-type-options": "nosniff",
        connection: "close",
    });
    expect(body).not.toMatch(/<script|<style|<img|<link|src=|href=|a\+b|a%2Bb/);
    expect(body).toContain("You can close this window");
    expect(await answer).toEqual({ kind: "code", code: "c" });
    expect([...(judged[0] ?? [])]).toEqual([
        ["code", "a+b"],
        ["state", "s"],
    ]);
});

test("a second callback is refused, and read by nobody", async () => {
    await ask("/callback?code=1");
    const { status, body } = await ask("/callback?code=2");
    expect(status).toBe(410);
    expect(body).toContain("It works once");
    expect(judged).toHaveLength(1);
});

test("two callbacks at once: one is taken", async () => {
    const replies = await Promise.all(["1", "2", "3"].map((code) => ask(`/callback?code=${code}`)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect(judged).toHaveLength(1);
});

test("an answer with a wrong state gets a page with 400", async () => {
    const { status, body } = await ask("/callback?state=other");
    expect(status).toBe(400);
    expect(body).toContain("not an answer to the request");
    expect(await answer).toMatchObject({ kind: "wrongState" });
});

describe("the start page", () => {
    test("leads to the consent page, once", async () => {
        const { status, headers } = await ask(startPath);
        expect([status, headers.location]).toEqual([302, "https://acme.example/authorize?state=s"]);
        expect(headers["referrer-policy"]).toBe("no-referrer");
        const again = await ask(startPath);
        expect([again.status, again.headers.location]).toEqual([410, undefined]);
    });

    test.each(["/start", "/start/", "/start/unguessable/", "/start/other", "/"])("is not at %s", async (path) => {
        const { status, headers } = await ask(path);
        expect([status, headers.location]).toEqual([404, undefined]);
    });

    test("leads nowhere once the answer came", async () => {
        await ask("/callback?code=1");
        expect((await ask(startPath)).status).toBe(410);
    });
});

describe("refused, and nothing is taken:", () => {
    test.each(["POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s", async (method) => {
        const { status, headers } = await ask("/callback?code=1", { method });
        expect([status, headers.allow]).toEqual([405, "GET"]);
        expect((await ask(startPath, { method })).status).toBe(405);
        expect(judged).toEqual([]);
    });

    test.each(["rebound.example", "127.0.0.1", "127.0.0.1:1", "localhost:80"])("the host %j", async (host) => {
        expect((await ask("/callback?code=1", { host })).status).toBe(421);
        expect((await ask(startPath, { host })).headers.location).toBeUndefined();
        expect(judged).toEqual([]);
    });

    test.each(["/", "/callback/", "/callbac", "/CALLBACK", "/favicon.ico", "http://127.0.0.1/callback"])(
        "the path %s",
        async (path) => {
            expect((await ask(`${path}?code=1`)).status).toBe(404);
            expect(judged).toEqual([]);
        },
    );

    test("and then the right one still counts, by the registered name, too", async () => {
        await ask("/callback?code=1", { method: "POST" });
        await ask("/callback?code=1", { host: "rebound.example" });
        expect((await ask("/callback?code=1", { host: "ACME.example" })).status).toBe(200);
        expect(await answer).toMatchObject({ kind: "code" });
    });
});

test("before it is said what to serve there is nothing", async () => {
    const early = await openLoopback("127.0.0.1", 0);
    expect((await fetch(`${early.origin}/callback?code=1`)).status).toBe(404);
    await early.close();
    await expect(fetch(`${early.origin}/callback?code=1`)).rejects.toThrow();
});

test("a port that is taken is named, with what to do", async () => {
    const { port } = new URL(loopback.origin);
    await expect(openLoopback("127.0.0.1", Number(port))).rejects.toThrow(
        `can't listen on port ${port} of 127.0.0.1: something else is listening there: give another --redirect-port`,
    );
});

test("a browser that keeps its connection open holds up nothing", async () => {
    await fetch(`${loopback.origin}/callback?code=1`, { keepalive: true });
    const before = Date.now();
    await loopback.close();
    expect(Date.now() - before).toBeLessThan(2_000);
});
