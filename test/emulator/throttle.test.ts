import { expect, test } from "vitest";
import { startEmulator } from "../../provider/emulator/index.ts";
import { Throttle } from "../../provider/emulator/throttle.ts";
import { Client } from "./client.ts";

test("a second's worth goes through at once, then as many as are filled up", () => {
    let nowMs = 0;
    const throttle = new Throttle(20, () => nowMs);
    const through = (asked: number) => Array.from({ length: asked }, () => throttle.take()).filter((no) => !no).length;
    expect(through(30)).toBe(20);
    nowMs = 500;
    expect(through(30)).toBe(10);
    nowMs = 60_000;
    expect(through(30)).toBe(20);
    expect(throttle.take()).toBe("1");
});

test("of less than one a second, the wait is as long as it takes", () => {
    let nowMs = 0;
    const throttle = new Throttle(0.1, () => nowMs);
    expect([throttle.take(), throttle.take()]).toEqual([undefined, "10"]);
    nowMs = 4000;
    expect(throttle.take()).toBe("6");
    nowMs = 10_000;
    expect(throttle.take()).toBeUndefined();
});

test("an emulator that was started with a limit answers in Graph's shape what goes beyond it, and Entra is not limited", async () => {
    const emulator = await startEmulator({ throttle: { perSecond: 2 } });
    const client = new Client(emulator);
    try {
        await client.token();
        const path = `/v1.0/servicePrincipals/${emulator.createServicePrincipal("Acme").id}`;
        const replies = [];
        for (let asked = 0; asked < 4; asked += 1) {
            replies.push(await client.graph("GET", path));
        }
        expect(replies.map(({ status }) => status)).toContain(200);
        const [refused] = replies.filter(({ status }) => status === 429);
        expect(refused?.headers["retry-after"]).toBe("1");
        expect(refused?.json).toMatchObject({ error: { code: "TooManyRequests" } });
    } finally {
        client.close();
        await emulator.close();
    }
    await expect(startEmulator({ throttle: { perSecond: 0 } })).rejects.toMatchObject({ code: "InvalidOption" });
});
