import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";
import { beforeEach, expect, test } from "vitest";

/* A user's unit test: Pulumi's mocks in place of the engine, so nothing of this package runs but the constructor. */

interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

beforeEach(async () => {
    registered.length = 0;
    await pulumi.runtime.setMocks({
        newResource({ type, name, inputs }) {
            registered.push({ type, name, inputs });
            return { id: `${name}-id`, state: { ...inputs, acquiredAt: "2026-01-02T03:04:05.678Z" } };
        },
        call: () => ({}),
    });
});

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => output.apply(resolve));
}

test("mocks see the type token and the inputs as the program gave them", async () => {
    const token = new SynchronizationTokenAcquisition("acme", {
        servicePrincipalId: "11111111-2222-4333-8444-555555555555",
        credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: pulumi.secret("a-token") },
        maxAge: "30d",
    });
    expect(await resolved(token.id)).toBe("acme-id");
    expect(await resolved(token.acquiredAt)).toBe("2026-01-02T03:04:05.678Z");
    expect(registered).toEqual([
        {
            type: "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition",
            name: "acme",
            inputs: expect.objectContaining({
                servicePrincipalId: "11111111-2222-4333-8444-555555555555",
                // Pulumi's mocks see a secret as the engine does: wrapped.
                credentials: expect.objectContaining({
                    value: expect.objectContaining({
                        BaseAddress: "https://scim.acme.example/v2",
                        SecretToken: "a-token",
                    }),
                }),
                maxAge: "30d",
                __provider: expect.stringContaining("pulumi-entrasync/runtime"),
            }),
        },
    ]);
});

test("isInstance knows its own and nothing else", async () => {
    const token = new SynchronizationTokenAcquisition("acme", {
        applicationId: "11111111-2222-4333-8444-555555555555",
        credentials: [{ key: "SecretToken", value: "a-token" }],
    });
    class Other extends pulumi.ComponentResource {}
    expect(SynchronizationTokenAcquisition.isInstance(token)).toBe(true);
    expect(SynchronizationTokenAcquisition.isInstance(new Other("other:index:Other", "other"))).toBe(false);
    expect(SynchronizationTokenAcquisition.isInstance({})).toBe(false);
    await resolved(token.id);
});
