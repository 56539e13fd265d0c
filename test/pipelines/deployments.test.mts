import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "pulumi-entrasync/emulator";
import { expect, onTestFinished, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { watch } from "../support/observed.mts";
import { commandLinesDuring } from "../support/processes.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { openStack } from "../support/stack.mts";
import { blocksOf } from "../walkthrough/page.mts";
import { list, type Mapping, mapping, parseYaml, text, texts } from "./yaml.mts";

const page = readFileSync(join(repositoryRoot, "docs/how-to/pulumi-deployments.md"), "utf8");
const [environment, stackFile] = blocksOf(page)
    .filter(({ language }) => language === "yaml")
    .map((block) => mapping(parseYaml(block.text), "the block"));

const organization = "acme";
const environmentName = "entrasync/production";

/**
 * Subject and audience of the identity token that `fn::open::azure-login` gets from Pulumi Cloud.
 *
 * @see https://www.pulumi.com/docs/esc/guides/configuring-oidc/azure/
 */
function claimsOf(inputs: Mapping): { readonly subject: string; readonly audience: string } {
    const values: Readonly<Record<string, string>> = { "currentEnvironment.name": environmentName };
    const attributes = list(inputs.subjectAttributes, "subjectAttributes").map((given) => {
        const name = text(given, "subjectAttributes");
        return `:${name}:${values[name] ?? ""}`;
    });
    return {
        subject: `pulumi:environments:pulumi.organization.login:${organization}${attributes.join("")}`,
        audience: `azure:${organization}`,
    };
}

/** https://www.pulumi.com/docs/esc/providers/login/azure-login/: what it opens to, with `oidc`. */
function azureLogin(inputs: Mapping, token: string): Mapping {
    expect(inputs.oidc).toBe(true);
    const { clientId, tenantId, subscriptionId } = inputs;
    return { clientId, tenantId, subscriptionId, oidc: { token } };
}

/** The environment as ESC opens it: the two functions that it has, and references by path. */
function open(values: Mapping, known: { readonly token: string; readonly secret: string }): Mapping {
    const openValue = (value: unknown): unknown => {
        if (value === null || typeof value !== "object") {
            return value;
        }
        const entries = Object.entries(value);
        const [[name, inputs] = []] = entries;
        if (name === "fn::open::azure-login") {
            return azureLogin(mapping(inputs, name), known.token);
        }
        if (name === "fn::secret") {
            return known.secret;
        }
        expect(name).not.toMatch(/^fn::/);
        return Object.fromEntries(entries.map(([key, one]) => [key, openValue(one)]));
    };
    const opened = mapping(openValue(values), "values");
    const follow = (path: string) =>
        path.split(".").reduce<unknown>((value, name) => mapping(value, path)[name], opened);
    const filled = (section: unknown, where: string) =>
        Object.fromEntries(
            Object.entries(texts(section, where)).map(([name, value]) => [
                name,
                value.replaceAll(/\$\{([^}]+)\}/g, (_, path: string) => text(follow(path), path)),
            ]),
        );
    return {
        environmentVariables: filled(opened.environmentVariables, "environmentVariables"),
        pulumiConfig: filled(opened.pulumiConfig, "pulumiConfig"),
    };
}

test("the stack imports the environment that the page shows", () => {
    expect(list(stackFile?.environment, "environment")).toEqual([environmentName]);
    expect(page).toContain(`\`${organization}/${environmentName}\``);
});

test("what the environment opens to signs in and acquires, and no secret is shown", async () => {
    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const shown = mapping(mapping(environment?.values, "values"), "values");
    const login = mapping(
        mapping(mapping(shown.azure, "azure").login, "login")["fn::open::azure-login"],
        "fn::open::azure-login",
    );
    const { clientId, tenantId } = login;
    // What Entra must trust, as the page has it; what Pulumi Cloud issues, by the environment.
    const quoted = (name: string) => new RegExp(`${name}: \\[?"([^"]+)"`).exec(page)?.[1] ?? "";
    const issuer = quoted("issuer");
    emulator.registerFederatedCredential({ issuer, subject: quoted("subject"), audience: quoted("audiences") });
    const token = await emulator.issueIdentityToken({ issuer, ...claimsOf(login) });
    const secret = new Sentinel("scimToken");
    const opened = open(shown, { token, secret: secret.value });
    // The page's application and tenant are the emulator's here.
    const own = new Map([
        [clientId, emulator.clientId],
        [tenantId, emulator.tenantId],
    ]);
    const variables = Object.fromEntries(
        Object.entries(texts(opened.environmentVariables, "environmentVariables")).map(([name, value]) => [
            name,
            own.get(value) ?? value,
        ]),
    );

    const { id } = emulator.createServicePrincipal("Acme");
    await using stack = await openStack({
        files: { "index.ts": readFileSync(join(repositoryRoot, "examples/quickstart/index.ts"), "utf8") },
        project: "entrasync-quickstart",
        stack: "production",
        emulator: {
            environment: {
                NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
                ARM_METADATA_HOSTNAME: emulator.host,
                ...variables,
            },
        },
    });
    await stack.config("servicePrincipalId", `/servicePrincipals/${id}`);
    for (const [key, value] of Object.entries(texts(opened.pulumiConfig, "pulumiConfig"))) {
        await stack.config(key, value, "secret");
    }
    const since = watch(emulator);
    let output = (await stack.does(["preview"])).output;
    expect(since().requests).toEqual([]);
    const lines = await commandLinesDuring(async () => {
        output += (await stack.up()).output;
    });
    expect(since().acquisitions.map(({ values }) => values.SecretToken)).toEqual([secret.value]);
    expect(leaks({ output, processes: lines.join("\n") }, [secret])).toEqual([]);
    expect(output + lines.join("\n")).not.toContain(token);
});
