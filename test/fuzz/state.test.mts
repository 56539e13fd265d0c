import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EntrasyncError } from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { unknownValue } from "../../provider/core/unknown.ts";
import { LeapingClock } from "../model/clock.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";

/* State of another version, of another program, or edited by hand: an end of ours, and no value in it. */

const secret = new Sentinel("credential");
const targetId = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const id = `/servicePrincipals/${targetId}/synchronization/acquireAccessToken`;

const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(unknownValue, "", null, "2026-01-01T00:00:00.000Z", "public", "__proto__", secret.value),
);
const hashes = fc.dictionary(fc.constantFrom("SecretToken", "UserName", "__proto__", "constructor", ""), odd);
const credentials = fc.oneof(
    odd,
    fc.dictionary(fc.constantFrom("SecretToken", "@hashKey", "UserName"), odd),
    fc.array(fc.oneof(odd, fc.dictionary(fc.constantFrom("key", "value", "@hashKey"), odd))),
);

/** Members of ours with anything in them, some of them missing, others beside them. */
const states: fc.Arbitrary<lifecycle.Properties> = fc
    .tuple(
        fc.record(
            {
                acquiredAt: odd,
                credentialHashes: fc.oneof(odd, hashes),
                requestId: odd,
                cloud: odd,
                triggers: odd,
                timeouts: fc.oneof(odd, fc.dictionary(fc.constantFrom("create", "update", "read", "other"), odd)),
                outcomeUnknownSince: odd,
                credentials,
                servicePrincipalId: odd,
                __provider: odd,
            },
            { requiredKeys: [] },
        ),
        fc.dictionary(fc.string(), odd),
    )
    .map(([ours, others]) => ({ ...others, ...ours }));

const ids = fc.oneof(
    { weight: 3, arbitrary: fc.constant(id) },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.constantFrom("", "/users/x", id.toUpperCase(), `${id}\n`, id.replace("s/", "/")) },
);

const news = (worksOnce: boolean): lifecycle.Properties => ({
    servicePrincipalId: targetId,
    credentials: { [worksOnce ? "Oauth2AuthorizationCode" : "SecretToken"]: secret.value, "@hashKey": "" },
    triggers: { issue: 1 },
    ...(worksOnce ? {} : { maxAge: "1h" }),
});

test("2,000 states of any shape can be checked against, compared with, updated and refreshed", async () => {
    await fc.assert(
        fc.asyncProperty(states, states, ids, fc.boolean(), async (oldInputs, olds, oldId, worksOnce) => {
            const said: string[] = [];
            const clock = new LeapingClock(Date.parse("2026-01-01T00:00:00Z"));
            const surroundings: lifecycle.Surroundings = {
                cloud: () => "public",
                graph: async () => ({
                    acquireAccessToken: async () => ({ requestId: "r-1" }),
                    targetExists: async () => true,
                    secretKeys: async () => [],
                    validateCredentials: async () => ({ valid: true }),
                }),
                clock,
                randomBytes: (count) => new Uint8Array(count),
                inform: (message) => said.push(message),
                warn: (message) => said.push(message),
            };
            const { inputs, failures } = lifecycle.check(oldInputs, news(worksOnce), surroundings);
            expect(failures).toEqual([]);
            expect(() => lifecycle.check(oldInputs, oldInputs, surroundings)).not.toThrow();
            const plan = lifecycle.diff(oldId, olds, inputs, surroundings);
            expect(["none", "update", "replace"]).toContain(plan.action);
            said.push(lifecycle.describePlan(plan, olds, inputs) ?? "");
            const ends = await Promise.all(
                [
                    () => lifecycle.update(oldId, olds, inputs, surroundings),
                    () => lifecycle.read(oldId, olds, surroundings),
                ].map((operation) => operation().catch((error: unknown) => error)),
            );
            for (const end of ends) {
                const error = end instanceof lifecycle.KeptInStateError ? end.failure : end;
                if (error instanceof Error) {
                    expect(error).toBeInstanceOf(EntrasyncError);
                    expect(error.message).not.toBe("");
                }
            }
            // What state itself had in clear is no secret of ours: the program's value is what must not be there.
            if (!JSON.stringify([oldInputs, olds]).includes(JSON.stringify(secret.value).slice(1, -1))) {
                const surfaces = { said: said.join("\n"), ends: inspect(ends, { depth: 8 }) };
                expect(leaks(surfaces, [secret])).toEqual([]);
            }
            expect(clock.timers).toBe(0);
        }),
        { numRuns: 2000 },
    );
});
