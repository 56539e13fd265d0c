import { writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { AuthenticationError, ConfigurationError } from "../../provider/core/errors.ts";
import type { HttpAsk, Question } from "../../provider/graph/ask.ts";
import {
    azureDevOpsAssertion,
    configuredAssertion,
    gitHubAssertion,
    memoiseBriefly,
} from "../../provider/identity/assertions.ts";
import { writeFile } from "./file.ts";

const requestToken = "sentinel-request-token";
const identityToken = "sentinel-identity-token";
const application = { tenantId: "tenant", clientId: "client" };
const gitHub = (requestUrl: string) => ({ kind: "github", ...application, requestUrl, requestToken }) as const;
const azureDevOps = (requestUrl: string) =>
    ({ kind: "azureDevOps", ...application, requestUrl, requestToken, serviceConnectionId: "the connection" }) as const;
const oidc = (token: { value: string } | { path: string }) => ({ kind: "oidcToken", ...application, token }) as const;

function answering(status: number, body: unknown) {
    const asked: Question[] = [];
    const ask: HttpAsk = async (question) => {
        asked.push(question);
        return { status, body };
    };
    return { ask, asked };
}

async function thrown(action: () => Promise<unknown>): Promise<unknown> {
    const error = await action().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel");
    return error;
}

describe("GitHub's token", () => {
    test.each([
        ["https://github.example/id?api-version=2.0", "api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"],
        ["https://github.example/id", "audience=api%3A%2F%2FAzureADTokenExchange"],
        ["https://github.example/id?audience=mine", "audience=mine"],
    ])("is asked for at %s with %s", async (url, query) => {
        const { ask, asked } = answering(200, { value: identityToken });
        expect(await gitHubAssertion(gitHub(url), ask)()).toBe(identityToken);
        expect(asked).toEqual([{ method: "GET", url: `https://github.example/id?${query}`, bearer: requestToken }]);
    });

    test.each([
        [401, { message: "sentinel" }, "answered 401. Check that the job has the permission id-token: write"],
        [200, { value: "" }, "answered 200 without value."],
        [200, { value: 1 }, "answered 200 without value."],
        [200, undefined, "answered 200 without value."],
        [302, undefined, "answered 302."],
    ])("that does not come (%d, %j) is an error that says so", async (status, body, words) => {
        const { ask } = answering(status, body);
        const error = await thrown(gitHubAssertion(gitHub("https://github.example/id?secret=sentinel"), ask));
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(String(error)).toContain(`GitHub issued no identity token: https://github.example/id ${words}`);
    });
});

describe("Azure DevOps's token", () => {
    test("is asked for with the connection, the audience and the version of the interface", async () => {
        const { ask, asked } = answering(200, { oidcToken: identityToken });
        const url = "https://dev.azure.example/org/_apis/oidctoken";
        expect(await azureDevOpsAssertion(azureDevOps(url), ask)()).toBe(identityToken);
        expect(asked).toHaveLength(1);
        expect(asked[0]).toMatchObject({ method: "POST", bearer: requestToken });
        const sent = new URL(asked[0]?.url ?? "");
        expect(sent.origin + sent.pathname).toBe(url);
        expect(Object.fromEntries(sent.searchParams)).toEqual({
            "api-version": "7.1",
            serviceConnectionId: "the connection",
            audience: "api://AzureADTokenExchange",
        });
    });

    test("keeps what its URL asks for already", async () => {
        const { ask, asked } = answering(200, { oidcToken: identityToken });
        await azureDevOpsAssertion(azureDevOps("https://dev.azure.example/?api-version=7.2-preview.1"), ask)();
        expect(new URL(asked[0]?.url ?? "").searchParams.getAll("api-version")).toEqual(["7.2-preview.1"]);
    });

    test("that does not come is an error that names the step's token and the connection", async () => {
        const { ask } = answering(401, "sentinel");
        const error = await thrown(azureDevOpsAssertion(azureDevOps("https://dev.azure.example/oidc"), ask));
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(String(error)).toContain(
            "Azure DevOps issued no identity token: https://dev.azure.example/oidc answered 401.",
        );
        expect(String(error)).toContain("SYSTEM_ACCESSTOKEN");
        expect(String(error)).toContain("adoPipelineServiceConnectionId");
    });
});

describe("the request token goes", () => {
    test.each(["http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/", "https://anywhere.example/"])(
        "to %s",
        async (url) => {
            const { ask, asked } = answering(200, { value: identityToken });
            await gitHubAssertion(gitHub(url), ask)();
            expect(asked).toHaveLength(1);
        },
    );

    test.each(["http://github.example/", "http://localhost.example/", "file:///etc/passwd", "sentinel", ""])(
        "nowhere where the URL is %j",
        async (url) => {
            const { ask, asked } = answering(200, { value: identityToken, oidcToken: identityToken });
            for (const assertion of [gitHubAssertion(gitHub(url), ask), azureDevOpsAssertion(azureDevOps(url), ask)]) {
                const error = await thrown(assertion);
                expect(error).toBeInstanceOf(ConfigurationError);
                expect(String(error)).toContain("ARM_OIDC_REQUEST_URL");
                expect(String(error)).toContain("must be an https URL");
            }
            expect(asked).toEqual([]);
        },
    );
});

describe("a configured token", () => {
    test("is given as it is", async () => {
        expect(await configuredAssertion(oidc({ value: identityToken }))()).toBe(identityToken);
    });

    test("in a file is read again each time, and trimmed", async () => {
        const path = writeFile("first\n");
        const assertion = configuredAssertion(oidc({ path }));
        expect(await assertion()).toBe("first");
        writeFileSync(path, " second\r\n");
        expect(await assertion()).toBe("second");
    });

    test("in a file that is empty now, or gone, is an error with the file's name", async () => {
        const path = writeFile(" \n");
        const empty = await thrown(configuredAssertion(oidc({ path })));
        expect(empty).toBeInstanceOf(ConfigurationError);
        expect(String(empty)).toContain(`names ${JSON.stringify(path)}, which is empty now`);
        const gone = await thrown(configuredAssertion(oidc({ path: `${path}.gone` })));
        expect(gone).toBeInstanceOf(ConfigurationError);
        expect(String(gone)).toContain("can't be read (ENOENT)");
    });
});

describe("a token is kept briefly", () => {
    test("for the second time that the library asks, also at the same time, and not for the next sign-in", async () => {
        let atMs = 0;
        let count = 0;
        const assertion = memoiseBriefly(
            async () => `token ${++count}`,
            () => atMs,
        );
        expect(await Promise.all([assertion(), assertion()])).toEqual(["token 1", "token 1"]);
        atMs = 30_000;
        expect(await assertion()).toBe("token 1");
        atMs = 30_001;
        expect(await assertion()).toBe("token 2");
    });

    test("and a failure is not", async () => {
        const assertion = vi.fn<() => Promise<string>>();
        assertion.mockRejectedValueOnce(new Error("once")).mockResolvedValue("token");
        const kept = memoiseBriefly(assertion, () => 0);
        await expect(kept()).rejects.toThrow("once");
        expect(await kept()).toBe("token");
        expect(assertion).toHaveBeenCalledTimes(2);
    });
});
