import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readerIn } from "../pipelines/pages.mts";
import { mapping, parseYaml } from "../pipelines/yaml.mts";
import { watch } from "../support/observed.mts";
import { commandLinesDuring } from "../support/processes.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { openStack, type Stack, theEngine } from "../support/stack.mts";
import { missingLines } from "../walkthrough/page.mts";
import type { Shell } from "../walkthrough/shell.mts";
import { readPage, snippetsOf } from "./snippetPages.mts";
import { followPage } from "./snippetReader.mts";
import { openEnvironment } from "./snippetYaml.mts";

/* Pages of docs/ as a reader follows them, from top to bottom, with a real engine against the emulator. */

let emulator: Emulator;
beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => emulator.reset());

/** A dozen engine runs one after the other, on a machine that may be busy: a bound for a hang, no promise of speed. */
const timeout = 600_000;

const scim = "docs/how-to/scim-bearer-token.md";

/** Somebody who got started: a stack, with a service principal to provision. */
async function open(): Promise<{ readonly stack: Stack; readonly target: string }> {
    const { id } = emulator.createServicePrincipal("Acme");
    // The compiler has seen the programs in snippets.test.mts: here it would take most of the time.
    const environment = { ...emulator.environment, PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
    const stack = await openStack({ files: {}, project: "acme", emulator: { environment } });
    await stack.config("servicePrincipalId", `/servicePrincipals/${id}`);
    return { stack, target: id };
}

/** Their shell; in place of a person who says yes there is a variable. */
function shellIn(stack: Stack, environment: Readonly<Record<string, string>> = {}): Promise<Shell> {
    return readerIn(stack, { PULUMI_SKIP_CONFIRMATIONS: "true", ...environment });
}

/** Programs with azuread are run by test/azuread. */
const withoutAzuread = (text: string) => (text.includes("@pulumi/azuread") ? undefined : "index.ts");

/** Which values of a key were handed over, in their order. */
const handedOver = (key: string) => emulator.store.acquisitions.map(({ values }) => values[key]);

test("SCIM bearer token: acquired, rotated and validated as the page says, and no value is shown", {
    timeout,
}, async () => {
    const { stack } = await open();
    await using _ = stack;
    await using shell = await shellIn(stack);
    const since = watch(emulator);
    const typed = await followPage(scim, { stack, shell }, withoutAzuread);
    expect(typed.answers).toHaveLength(2);
    expect(handedOver("SecretToken")).toEqual(typed.answers.map(({ value }) => value));
    expect(since().requests.filter(({ path }) => path.endsWith("/validateCredentials"))).toHaveLength(1);
    expect(leaks({ output: typed.output }, typed.answers)).toEqual([]);
});

test("OAuth client credentials: handed over, refused by a real token endpoint, and exchanged there", {
    timeout,
}, async () => {
    const { stack } = await open();
    await using _ = stack;
    await using shell = await shellIn(stack, {
        SAAS: `${emulator.url}/saas`,
        SAAS_CLIENT: emulator.saas.clientId,
        SAAS_SECRET: emulator.saas.clientSecret,
    });
    const typed = await followPage("docs/how-to/oauth-client-credentials.md", { stack, shell });
    expect(emulator.store.acquisitions.map(({ exchange }) => exchange)).toEqual([undefined, "client_credentials"]);
    expect(handedOver("Oauth2ClientSecret")).toEqual([typed.answers[0]?.value, emulator.saas.clientSecret]);
    expect(leaks({ output: typed.output }, typed.answers)).toEqual([]);
    expect(typed.output).not.toContain(emulator.saas.clientSecret);
});

test("from a vault: a rotated value is handed over once, and no process has it among its arguments", {
    timeout,
}, async () => {
    const { stack } = await open();
    await using _ = stack;
    const program = snippetsOf(scim).find(({ language }) => language === "ts");
    stack.write("index.ts", program?.text ?? "");
    await stack.config("scimAddress", "https://scim.acme.example/v2");
    await stack.config("scimToken", "of before", "secret");
    await stack.up();
    // Of such a plain one docs/concepts.md says what state holds.
    const { acme } = await stack.resources();
    expect(rowsOfState("inputs")).toEqual(Object.keys(acme?.inputs ?? {}).sort());
    expect(rowsOfState("outputs")).toEqual(Object.keys(acme?.outputs ?? {}).sort());

    const secret = new Sentinel("the vault's secret");
    await using shell = await shellIn(stack, {
        PATH: [vault(stack, secret), dirname((await theEngine()).command), stack.environment.PATH].join(delimiter),
        VAULT: "acme-vault",
        SECRET: "acme-scim-token",
    });
    let output = "";
    const lines = await commandLinesDuring(async () => {
        ({ output } = await followPage("docs/how-to/rotate-from-a-vault.md", { stack, shell }));
    });
    expect(handedOver("SecretToken")).toEqual(["of before", secret.value]);
    // A vault that says no ends a job that runs the page's first block, before anything is sent.
    const [block] = snippetsOf("docs/how-to/rotate-from-a-vault.md").filter(({ language }) => language === "sh");
    const refused = await shell.run(`VAULT=another bash <<'JOB' || echo "ended with $?"\n${block?.text}JOB`);
    expect(refused.output).toContain("ended with 2");
    expect(handedOver("SecretToken")).toHaveLength(2);
    await stack.config("scimToken", secret.value, "secret");
    expect(leaks({ output, processes: lines.join("\n") }, [secret])).toEqual([]);
    // The page's other program acquires when the version says so.
    for (const version of ["1", "1"]) {
        await stack.config("secretVersion", version);
        await stack.up();
    }
    expect(handedOver("SecretToken")).toHaveLength(3);
});

test("from Pulumi ESC: what each environment of the page opens to is acquired with, and a rotation is named", {
    timeout,
}, async () => {
    const page = snippetsOf("docs/how-to/rotate-from-pulumi-esc.md");
    const environments = page
        .filter(({ language, text }) => language === "yaml" && text.startsWith("values:"))
        .map(({ text }) => openEnvironment(mapping(parseYaml(text), "the environment")).pulumiConfig);
    expect(environments).toHaveLength(2);
    const { stack } = await open();
    await using _ = stack;
    stack.write("index.ts", page.find(({ language }) => language === "ts")?.text ?? "");
    const secrets: Sentinel[] = [];
    for (const opened of environments) {
        for (const [key, value] of Object.entries(opened)) {
            const secret = new Sentinel(key);
            const isSecret = value === "a secret";
            if (isSecret) secrets.push(secret);
            await stack.config(key, isSecret ? secret.value : String(value), isSecret ? "secret" : "plain");
        }
        const { output } = await stack.does(["up", "--yes"]);
        const isFirst = secrets.length === 1;
        expect(output).toContain(isFirst ? "2 created" : "acquires again: SecretToken changed");
        expect(leaks({ output }, secrets)).toEqual([]);
    }
    expect(handedOver("SecretToken")).toEqual(secrets.map(({ value }) => value));
});

test("the emulator's page: the command writes the environment, and the test that it shows passes", async () => {
    const { stack } = await open();
    await using _ = stack;
    await using shell = await shellIn(stack);
    const blocks = snippetsOf("docs/emulator.md");
    const [start, run] = blocks.filter(({ language }) => language === "sh");
    const program = blocks.find(({ language }) => language === "ts");
    const quotation = blocks.find(({ language }) => language === "text");
    stack.write("acme.test.mts", program?.text ?? "");
    const ran = await shell.run(run?.text ?? "false");
    expect(ran.code, ran.output).toBe(0);
    expect(missingLines(quotation?.text ?? "nothing", ran.output)).toEqual([]);
    expect(ran.output).toMatch(/pass 1\n/);
    // It stays until its shell ends: test/emulator/command.test.ts has what it prints.
    const started =
        await shell.run(`{ ${start?.text.trim()} > printed & } && until grep -q Ctrl-C printed; do sleep 0.1; done
kill $! && wait $!; grep ARM_METADATA_HOSTNAME emulator.env`);
    expect(started.output).toMatch(/export ARM_METADATA_HOSTNAME='localhost:\d+'/);
});

test("the emulator's page names the options and the controls that --help names", async () => {
    const { stack } = await open();
    await using _ = stack;
    await using shell = await shellIn(stack);
    const { output } = await shell.run("npx pulumi-entrasync emulator --help");
    const page = readPage("docs/emulator.md");
    const [, controls = ""] = page.split(/<!-- \/?controls -->/);
    const rows = [...controls.matchAll(/^\| `(\S+)` \| ([A-Z, ]+) \|/gm)].map(
        ([, path, methods]) => `${path} ${methods}`,
    );
    const printed = [...output.matchAll(/^ {2}(\/_emulator\/\S+) +([A-Z, ]+)$/gm)].map(
        ([, path, methods]) => `${path} ${methods}`,
    );
    expect(rows).toEqual(printed);
    expect(rows.length).toBeGreaterThan(5);
    const options = (text: string) => [...text.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option);
    const [, table = ""] = page.split("| option | meaning |");
    expect(options(table.split("\n\n")[0] ?? "")).toEqual([
        ...new Set(options(output.split("Options:")[1]?.split("\n\n")[0] ?? "")),
    ]);
});

/** What the table of docs/concepts.md has in the one or the other; an application's id takes the place of a service principal's. */
function rowsOfState(where: "inputs" | "outputs"): readonly string[] {
    const [, table = ""] = readPage("docs/concepts.md").split(/<!-- \/?state -->/);
    return [...table.matchAll(/^\| `(\w+)`[^|]*\| ([^|]+) \|/gm)]
        .filter(([, , cell = ""]) => cell.includes(where))
        .map(([, name = ""]) => name)
        .sort();
}

/** The Azure CLI of somebody who is signed in, as far as the page asks for it: the folder that has it. */
function vault(stack: Stack, secret: Sentinel): string {
    const folder = join(stack.temporary, "vault");
    mkdirSync(folder);
    writeFileSync(join(folder, "secret"), `${secret.value}\n`, { mode: 0o600 });
    const asked = "keyvault secret show --vault-name acme-vault --name acme-scim-token --query value --output tsv";
    const az = join(folder, "az");
    writeFileSync(az, `#!/bin/sh\n[ "$*" = "${asked}" ] || exit 2\ncat '${join(folder, "secret")}'\n`);
    chmodSync(az, 0o755);
    return folder;
}
