import { expect, test } from "vitest";
import { operations } from "../../bench/contenders/contender.mts";
import { dynamic, naive, plugin } from "../../bench/contenders/pulumi.mts";
import { EmulatorChild } from "../../bench/emulator.mts";
import { postsByHand } from "../../bench/floors/posts.mts";

/* What is measured must do what it is measured for: each contender through its whole life, with two acquisitions. */

test.each([naive, dynamic, plugin])(
    "$name acquires on the first up and for what was rotated, and else never",
    async (contender) => {
        await using emulator = await EmulatorChild.start(0);
        const tenants = (await emulator.principals(2)).map((servicePrincipalId, index) => ({
            name: `tenant-${index}`,
            servicePrincipalId,
            baseAddress: "https://scim.acme.example/v2",
            secretToken: `token-${index}`,
        }));
        await using project = await contender.open(tenants, emulator.address);
        const acquired: Record<string, number> = {};
        for (const operation of operations) {
            if (operation === "rotated") {
                project.rotate("another-token");
            }
            const { acquisitions, posts } = await emulator.watch(() => project.run(operation));
            expect(posts.map(({ status }) => status)).toEqual(Array.from({ length: acquisitions }, () => 204));
            acquired[operation] = acquisitions;
            if (operation === "up") {
                expect(await project.stateBytes()).toHaveLength(2);
            }
        }
        expect(acquired).toEqual({ up: 2, noOp: 0, preview: 0, rotated: 1, refresh: 0, destroy: 0 });
    },
);

test("as many POSTs by hand as the largest run declares", async () => {
    await using emulator = await EmulatorChild.start(0);
    const tenants = (await emulator.principals(1000)).map((servicePrincipalId, index) => ({
        name: `tenant-${index}`,
        servicePrincipalId,
        baseAddress: "https://scim.acme.example/v2",
        secretToken: "x".repeat(32),
    }));
    const { posts, tokenRequests, graphConnections } = await emulator.watch(() =>
        postsByHand(tenants, emulator.address, 8),
    );
    expect(posts.map(({ status }) => status)).toEqual(tenants.map(() => 204));
    expect(tokenRequests).toBe(1);
    expect(graphConnections).toBeLessThanOrEqual(8);
});
