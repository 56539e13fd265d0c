import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EntrasyncError } from "../../provider/core/errors.ts";
import { cloudOf, resolveEndpoints } from "../../provider/graph/clouds.ts";
import { chooseMethod } from "../../provider/identity/choice.ts";
import {
    createSettingsReader,
    readCloudConfiguration,
    readReplicationTimeoutMs,
    settings,
} from "../../provider/identity/configuration.ts";
import { createTokenSource } from "../../provider/identity/tokens.ts";
import { leaks, Sentinel } from "../support/sentinels.mts";

/* Whatever stands in stack configuration and environment: a way to sign in, or words of ours that repeat no secret. */

const secretSettings = [
    "clientSecret",
    "clientCertificate",
    "clientCertificatePassword",
    "oidcToken",
    "oidcRequestToken",
];
const secrets = new Map(secretSettings.map((name) => [name, new Sentinel(name)]));

const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
        ...[
            "true",
            "false",
            "1",
            "T",
            "yes",
            " ",
            "public",
            "USGovernment",
            "dod",
            "mars",
            "/dev/null",
            "/",
            "\0",
            "5m",
        ],
        ...[
            "https://login.example",
            "https://user:pass@graph.example/x?y#z",
            "http://graph.example",
            "graph.example:99999",
        ],
        ...[
            "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d",
            "management.example",
            "localhost:1",
            "[::1",
            "https://",
            "0",
            "-5s",
        ],
    ),
);

/** A setting's value, wherever it may stand; a secret one is a sentinel now and then. */
const configurations = fc
    .tuple(
        ...Object.entries(settings).map(([name, setting]) => {
            const places = [
                ...("key" in setting ? [`entrasync:${setting.key}`, `azuread:${setting.key}`] : []),
                ...setting.variables,
            ];
            const sentinel = secrets.get(name)?.value;
            const value = sentinel === undefined ? texts : fc.oneof(texts, fc.constant(sentinel));
            const given = fc.dictionary(fc.constantFrom(...places), value, { maxKeys: 2 });
            // Few at once: of many one is always wrong.
            return fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: given });
        }),
        fc.option(
            fc.dictionary(
                fc.constantFrom(
                    ...["graphEndpoint", "authorityHost", "replicationTimeout"].map((key) => `entrasync:${key}`),
                ),
                texts,
            ),
        ),
    )
    .map((parts): Record<string, string> => Object.assign({}, ...parts));

test("3,000 configurations are understood, or refused in words of ours", async () => {
    const answers = fc.oneof(
        fc.jsonValue(),
        fc.record({ microsoftGraphResourceId: texts, authentication: fc.record({ loginEndpoint: texts }) }),
    );
    const seen = { understood: 0, refused: 0 };
    await fc.assert(
        fc.asyncProperty(configurations, answers, async (configuration, metadata) => {
            const stack = (key: string) => (key.includes(":") ? configuration[key] : undefined);
            const reader = createSettingsReader(stack, configuration);
            const said: unknown[] = [];
            const attempt = async (action: () => unknown): Promise<boolean> => {
                try {
                    await action();
                    return true;
                } catch (error) {
                    said.push(error, error instanceof Error ? `${error.message}\n${error.stack}` : "");
                    expect(error).toBeInstanceOf(EntrasyncError);
                    expect((error as Error).message).not.toBe("");
                    return false;
                }
            };
            const cloud = readCloudConfiguration(reader);
            await attempt(() => cloudOf(cloud));
            await attempt(() => readReplicationTimeoutMs(reader));
            const isUnderstood = await attempt(async () => {
                const { method, warnings, because } = chooseMethod(reader);
                said.push(warnings, because);
                const endpoints = await resolveEndpoints(cloud, async () => metadata);
                await createTokenSource(method, endpoints, async () => ({ status: 200, body: metadata }));
            });
            seen[isUnderstood ? "understood" : "refused"] += 1;
            expect(leaks({ said: inspect(said, { depth: 8 }) }, [...secrets.values()])).toEqual([]);
        }),
        { numRuns: 3000 },
    );
    console.log(`configurations: ${JSON.stringify(seen)}`);
    expect(seen.understood).toBeGreaterThan(20);
    expect(seen.refused).toBeGreaterThan(20);
});
