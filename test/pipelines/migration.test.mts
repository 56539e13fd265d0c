import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { delimiter, dirname, join } from "node:path";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { cliConfiguration, providerBlock } from "../../bench/contenders/opentofu.mts";
import { findOpenTofu } from "../../bench/peers/opentofu/programs.mts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { watch } from "../support/observed.mts";
import { commandLinesDuring } from "../support/processes.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { openStack } from "../support/stack.mts";
import { applyDiff, blocksOf, missingLines } from "../walkthrough/page.mts";
import { azureadStandIn } from "./azureadStandIn.mts";
import { blocks, readerIn, readPage, typed } from "./pages.mts";

/* The pages on coming from something else, done as they say: what is sent meanwhile, and what is not. */

let emulator: Emulator;
beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => emulator.reset());

/** The compiler has seen the pages' programs elsewhere: here it would take most of the time. */
const led = () => ({ environment: { ...emulator.environment, PULUMI_NODEJS_TRANSPILE_ONLY: "true" } });

/** The calls that change something at the provisioning service. */
const changes = (requests: readonly { readonly method: string; readonly path: string }[]) =>
    requests
        .filter(({ method }) => method === "PUT" || method === "POST")
        .map(({ method, path }) => `${method} ${path.split("/").at(-1)}`)
        .filter((call) => call !== "POST token");

test("from azuread's SynchronizationSecret: one acquisition, no gap, nothing replaced; a plain deletion does leave one", async () => {
    const page = readPage("from-azuread-synchronization-secret");
    const principal = emulator.createServicePrincipal("Acme");
    await using stack = await openStack({ files: azureadStandIn, emulator: led() });
    await stack.config("servicePrincipalId", `/servicePrincipals/${principal.id}`);
    await stack.config("scimToken", "of a test", "secret");
    await using reader = await readerIn(stack);
    const held = () => emulator.provisioning().find(({ targetId }) => targetId === principal.id);
    const both = ["BaseAddress", "SecretToken"];

    /** What each of the page's command blocks sends, by their order. */
    const expected = [
        { sent: ["POST acquireAccessToken"], keys: both },
        { sent: [], keys: both },
        { sent: [], keys: both },
    ];
    let program = "";
    let output = "";
    const programs: string[] = [];
    for (const block of blocksOf(page)) {
        if (block.language === "ts") {
            program = block.text;
            stack.write("index.ts", program);
            const since = watch(emulator);
            await stack.up();
            expect(changes(since().requests)).toEqual(["PUT secrets"]);
            expect(held()).toMatchObject({ keys: both, token: null });
        } else if (block.language === "diff") {
            program = applyDiff(program, block.text);
            stack.write("index.ts", program);
        } else if (block.language === "text") {
            expect(missingLines(block.text, output), output).toEqual([]);
        } else if (expected.length > 0) {
            programs.push(program);
            const since = watch(emulator);
            output = await typed(reader, block.text);
            expect(output).not.toMatch(/replaced/);
            const [next] = expected.splice(0, 1);
            expect(changes(since().requests), block.text).toEqual(next?.sent);
            expect(held()).toMatchObject({ keys: next?.keys, token: { state: "current" } });
        } else {
            // The page's last commands are for whoever deleted it without the option: so that is done first.
            const [before] = programs;
            stack.write("index.ts", before ?? "");
            await stack.up();
            stack.write("index.ts", program);
            await stack.up();
            expect(held()).toBeUndefined();
            const since = watch(emulator);
            expect(await typed(reader, block.text)).toContain("acquires again");
            expect(changes(since().requests)).toEqual(["POST acquireAccessToken"]);
            expect(held()).toMatchObject({ keys: both, token: { state: "current" } });
        }
    }
    expect(expected).toEqual([]);
});

test("from PowerShell: the first `up` acquires once, whatever the service holds, and then nothing is sent", async () => {
    const page = readPage("from-powershell");
    const { id } = emulator.createServicePrincipal("Acme");
    // As the script has done.
    expect(await post(`/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`)).toBe(204);
    const secret = new Sentinel("SCIM_TOKEN");
    await using stack = await openStack({ files: { "index.ts": blocks(page, "ts")[0] ?? "" }, emulator: led() });
    await using reader = await readerIn(stack, { SERVICE_PRINCIPAL_ID: id, SCIM_TOKEN: secret.value });
    const since = watch(emulator);
    let output = "";
    const lines = await commandLinesDuring(async () => {
        output = await typed(reader, blocks(page, "sh")[0]);
    });
    expect(since().acquisitions.map(({ targetId, values }) => [targetId, values.SecretToken])).toEqual([
        [id, secret.value],
    ]);
    expect(leaks({ output, processes: lines.join("\n") }, [secret])).toEqual([]);
    const sinceUp = watch(emulator);
    await stack.up();
    expect(sinceUp().posts).toEqual([]);
});

test("from OpenTofu: the secret was in its state in clear and is in ours not; the move acquires once, the forgetting sends nothing", async (context) => {
    const tofu = findOpenTofu();
    if (tofu === undefined) {
        context.skip("OpenTofu and its REST provider are not built here: npm run bench builds them");
        return;
    }
    const page = readPage("from-terraform");
    const { id } = emulator.createServicePrincipal("Acme");
    const [secret, rotated] = [new Sentinel("SCIM_TOKEN"), new Sentinel("NEW_SCIM_TOKEN")];
    await using stack = await openStack({ files: { "index.ts": blocks(page, "ts")[0] ?? "" }, emulator: led() });
    const folder = join(stack.folder, "terraform");
    mkdirSync(folder);
    writeFileSync(join(folder, "main.tf"), blocks(page, "hcl")[0] ?? "");
    writeFileSync(join(folder, "provider.tf"), providerBlock(emulator));
    const overrides = join(folder, "cli.tofurc");
    writeFileSync(overrides, cliConfiguration(tofu.providers));
    await using reader = await readerIn(stack, {
        SCIM_TOKEN: secret.value,
        NEW_SCIM_TOKEN: rotated.value,
        TF_CLI_CONFIG_FILE: overrides,
        TF_VAR_service_principal_id: id,
        TF_VAR_scim_token: secret.value,
        TF_VAR_client_secret: emulator.clientSecret,
        CHECKPOINT_DISABLE: "1",
    });
    await typed(reader, `PATH=${dirname(tofu.command)}${delimiter}$PATH`);
    await typed(reader, "tofu -chdir=terraform apply -auto-approve -input=false -no-color");
    const state = () => readFileSync(join(folder, "terraform.tfstate"), "utf8");
    expect(leaks({ state: state() }, [secret])).not.toEqual([]);

    const [move, forget, rotate] = blocks(page, "sh");
    const since = watch(emulator);
    const said = await typed(reader, move);
    expect(changes(since().requests)).toEqual(["POST acquireAccessToken"]);
    const sinceMove = watch(emulator);
    await typed(reader, forget);
    expect(sinceMove().requests).toEqual([]);
    expect(state()).not.toContain("restapi_object");
    const rotation = await typed(reader, rotate);
    expect(sinceMove().acquisitions.map(({ values }) => values.SecretToken)).toEqual([rotated.value]);
    const ours = JSON.stringify(await stack.exportState());
    expect(leaks({ said, rotation, ours }, [secret, rotated])).toEqual([]);
});

test("the page on Terraform shows the example in YAML", () => {
    const example = readFileSync(join(repositoryRoot, "examples/yaml/Pulumi.yaml"), "utf8");
    expect(blocks(readPage("from-terraform"), "yaml")).toEqual([example]);
});

/** What another client has acquired with, before. */
async function post(path: string): Promise<number> {
    const token = await emulator.issueToken();
    const body = JSON.stringify({ credentials: [{ key: "SecretToken", value: "of the script" }] });
    return new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const sent = request(
            `${emulator.url}${path}`,
            { method: "POST", ca: emulator.caCertificate, headers },
            (answer) => {
                answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
            },
        );
        sent.on("error", reject).end(body);
    });
}
