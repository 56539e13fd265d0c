import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import {
    type CloudConfiguration,
    cloudOf,
    isMicrosoftAuthority,
    resolveEndpoints,
} from "../../provider/graph/clouds.ts";

const configuration = (given: Partial<CloudConfiguration> = {}): CloudConfiguration => ({
    environment: undefined,
    metadataHost: undefined,
    graphEndpoint: undefined,
    authorityHost: undefined,
    ...given,
});

const noMetadata = () => Promise.reject(new Error("the metadata host was asked"));
const endpoints = (graph: string, authority: string) => ({ graph, authority, scope: `${graph}/.default` });

const clouds = [
    ["public", "public", "https://graph.microsoft.com", "https://login.microsoftonline.com"],
    ["global", "public", "https://graph.microsoft.com", "https://login.microsoftonline.com"],
    ["usgovernment", "usgovernmentl4", "https://graph.microsoft.us", "https://login.microsoftonline.us"],
    ["usgovernmentl4", "usgovernmentl4", "https://graph.microsoft.us", "https://login.microsoftonline.us"],
    ["usgovernmentl5", "usgovernmentl5", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"],
    ["dod", "usgovernmentl5", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"],
    ["china", "china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"],
] as const;

describe.each(clouds)("the cloud %s", (name, cloud, graph, authority) => {
    test.each([name, name.toUpperCase(), ` ${name} `, name.charAt(0).toUpperCase() + name.slice(1)])(
        "is known as %j",
        async (environment) => {
            expect(cloudOf(configuration({ environment }))).toBe(cloud);
            expect(await resolveEndpoints(configuration({ environment }), noMetadata)).toEqual(
                endpoints(graph, authority),
            );
        },
    );

    test("is the same cloud when its Graph is configured by address", () => {
        expect(cloudOf(configuration({ graphEndpoint: `${graph}/` }))).toBe(cloud);
    });

    test("has an authority that Microsoft's instance discovery knows", () => {
        expect(isMicrosoftAuthority(authority)).toBe(true);
    });
});

test("without any configuration it is the public cloud", async () => {
    expect(cloudOf(configuration())).toBe("public");
    expect((await resolveEndpoints(configuration(), noMetadata)).graph).toBe("https://graph.microsoft.com");
});

test.each(["german", "", "  ", "constructor", "toString", "__proto__", "public cloud"])(
    "the environment %j is refused with the names that would be right",
    async (environment) => {
        for (const attempt of [
            async () => cloudOf(configuration({ environment })),
            () => resolveEndpoints(configuration({ environment }), noMetadata),
        ]) {
            const error = await attempt().then(
                () => undefined,
                (thrown: unknown) => thrown,
            );
            expect(error).toBeInstanceOf(ConfigurationError);
            expect(String(error)).toContain("ARM_ENVIRONMENT");
            expect(String(error)).toContain(clouds.map(([name]) => name).join(", "));
            expect(String(error)).toContain(JSON.stringify(environment));
        }
    },
);

describe("addresses of one's own", () => {
    test("replace a cloud's, each by itself", async () => {
        const graphEndpoint = "https://localhost:8443/graph/";
        const authorityHost = "https://LOCALHOST:8443";
        expect(await resolveEndpoints(configuration({ graphEndpoint }), noMetadata)).toEqual(
            endpoints("https://localhost:8443/graph", "https://login.microsoftonline.com"),
        );
        expect(await resolveEndpoints(configuration({ authorityHost, environment: "china" }), noMetadata)).toEqual(
            endpoints("https://microsoftgraph.chinacloudapi.cn", "https://localhost:8443"),
        );
        expect(cloudOf(configuration({ graphEndpoint }))).toBe("https://localhost:8443/graph");
        expect(cloudOf(configuration({ authorityHost, environment: "china" }))).toBe("china");
        expect(isMicrosoftAuthority("https://localhost:8443")).toBe(false);
    });

    test("both together leave nothing to ask a metadata host or a name for", async () => {
        const own = { graphEndpoint: "https://graph.example", authorityHost: "https://login.example" };
        const given = configuration({ ...own, metadataHost: "metadata.example", environment: "nowhere" });
        expect(await resolveEndpoints(given, noMetadata)).toEqual(
            endpoints("https://graph.example", "https://login.example"),
        );
        expect(cloudOf(given)).toBe("https://graph.example");
    });

    test.each([
        "http://localhost:8080",
        "http://graph.microsoft.com",
        "graph.microsoft.com",
        "ftp://graph.example",
        "https://",
        "https://graph.example?tenant=1",
        "https://graph.example#part",
        "https://user:hunter2@graph.example",
        "https://:hunter2@graph.example",
        "",
        "javascript:alert(1)",
    ])("are refused when a token must not go there: %j", async (url) => {
        for (const property of ["graphEndpoint", "authorityHost"] as const) {
            const given = configuration({ [property]: url });
            const refusal = new ConfigurationError(
                `${property} must be an https URL such as https://graph.microsoft.com`,
            );
            expect(() => cloudOf(given)).toThrow(refusal);
            await expect(resolveEndpoints(given, noMetadata)).rejects.toThrow(refusal);
        }
    });
});

describe("a metadata host", () => {
    const answer = {
        microsoftGraphResourceId: "https://graph.cloud.example/",
        authentication: { loginEndpoint: "https://login.cloud.example/" },
    };

    test("says where Graph and sign-in are, whatever the environment is", async () => {
        const asked: string[] = [];
        const fetchMetadata = async (url: string) => {
            asked.push(url);
            return answer;
        };
        const given = configuration({ metadataHost: " Metadata.Example ", environment: "nowhere" });
        expect(await resolveEndpoints(given, fetchMetadata)).toEqual(
            endpoints("https://graph.cloud.example", "https://login.cloud.example"),
        );
        expect(asked).toEqual(["https://metadata.example/metadata/endpoints?api-version=2022-09-01"]);
        expect(cloudOf(given)).toBe("metadata.example");
    });

    test("may have a port, and one address may still be one's own", async () => {
        const given = configuration({ metadataHost: "metadata.example:8443", authorityHost: "https://login.example" });
        expect(await resolveEndpoints(given, async () => answer)).toEqual(
            endpoints("https://graph.cloud.example", "https://login.example"),
        );
        expect(cloudOf(given)).toBe("metadata.example:8443");
    });

    test.each([
        ["nothing", undefined, "microsoftGraphResourceId"],
        ["a text", "https://graph.cloud.example", "microsoftGraphResourceId"],
        ["no Graph", { authentication: answer.authentication }, "microsoftGraphResourceId"],
        ["an empty Graph", { ...answer, microsoftGraphResourceId: "" }, "microsoftGraphResourceId"],
        [
            "a Graph over http",
            { ...answer, microsoftGraphResourceId: "http://graph.example" },
            "microsoftGraphResourceId",
        ],
        ["no sign-in", { ...answer, authentication: null }, "authentication.loginEndpoint"],
        ["a list of sign-ins", { ...answer, authentication: { loginEndpoint: [] } }, "authentication.loginEndpoint"],
    ])("that answers with %s is refused, and what is missing is named", async (_, body, missing) => {
        const resolved = resolveEndpoints(configuration({ metadataHost: "metadata.example" }), async () => body);
        await expect(resolved).rejects.toThrow(ConfigurationError);
        await expect(resolved).rejects.toThrow(missing);
    });

    test.each([
        "https://metadata.example",
        "metadata.example/path",
        "user:hunter2@metadata.example",
        "a b",
        "",
        "x?y",
        "x#y",
    ])("is a host name and nothing else, and what else is given is not repeated: %j", async (metadataHost) => {
        const refusal = "metadataHost must be a host name without a scheme, a password or a path";
        expect(() => cloudOf(configuration({ metadataHost }))).toThrow(refusal);
        await expect(resolveEndpoints(configuration({ metadataHost }), noMetadata)).rejects.toThrow(refusal);
        expect(() => cloudOf(configuration({ metadataHost }))).not.toThrow("hunter2");
    });
});
