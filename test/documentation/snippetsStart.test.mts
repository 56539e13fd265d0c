import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Newcomer } from "../newcomer/newcomer.mts";
import { outsideFolder, type Packed, pack, removeFolder } from "../package/packed.mts";
import { filesUnder, leaks, Sentinel } from "../support/sentinels.mts";
import { missingLines } from "../walkthrough/page.mts";
import { placeOf, type Snippet, snippetsOf } from "./snippetPages.mts";

/*
 * docs/start.md, from top to bottom: an empty folder, the packed tarball and Pulumi, and nothing of this checkout. The
 * emulator stands for the tenant too, in the page's last part.
 */

const page = snippetsOf("docs/start.md");
const emulator = "npx pulumi-entrasync emulator";
/** What a file of the folder is called that a block shows. */
const fileOf: Readonly<Record<string, string>> = { yaml: "Pulumi.yaml", ts: "index.ts" };

const root = outsideFolder();
afterAll(() => removeFolder(root));
let packed: Packed;
beforeAll(async () => {
    packed = await pack(root);
});

test("Get started, word for word: each command ends well, and prints what is quoted", {
    timeout: 900_000,
}, async () => {
    const own = join(root, "reader");
    mkdirSync(own);
    await using reader = await Newcomer.arrive(own, packed.tarball);
    // The page says where Pulumi is to keep state. `--local` is `file://~`, and for Pulumi `~` is the home in the system's
    // list of users, whatever HOME says: it would be that of whoever runs this test.
    await reader.run("unset PULUMI_BACKEND_URL");
    const login = `pulumi login 'file://${reader.environment.HOME}'`;
    const secrets: Sentinel[] = [];
    let id = "";
    let printed = "";
    for (const snippet of page) {
        const file = fileOf[snippet.language];
        if (file !== undefined) {
            reader.write(file, snippet.text);
        } else if (snippet.language === "text") {
            const where = isOfEmulator(snippet) ? reader.output : printed;
            expect(missingLines(snippet.text, where), `${placeOf(snippet)}\n${where}`).toEqual([]);
        } else if (snippet.text.startsWith(emulator)) {
            id = await reader.startEmulator(snippet.text);
        } else if (snippet.text.startsWith("npm install")) {
            await reader.type(snippet.text);
        } else {
            expect(snippet.language, placeOf(snippet)).toBe("sh");
            printed = "";
            for (const line of snippet.text.trimEnd().split("\n")) {
                const command = line.replace("SERVICE_PRINCIPAL_ID", id).replace("pulumi login --local", login);
                printed += (await reader.run(isQuestion(line) ? `${command} < '${answer(own, secrets)}'` : command))
                    .output;
            }
        }
    }
    const target = { targetId: basename(id), keys: ["BaseAddress", "SecretToken"] };
    // The first, the rotated, and the one that stands for the tenant's.
    expect(secrets).toHaveLength(3);
    expect(await reader.acquisitions()).toMatchObject([target, target, target]);
    const files = filesUnder(reader.folder, (path) => path.includes("/node_modules/"));
    expect(leaks({ ...files, output: reader.output }, secrets)).toEqual([]);
});

/** What stands in the shell that stays. */
function isOfEmulator({ text }: Snippet): boolean {
    return text.startsWith("# A local") || text.startsWith("POST ");
}

/** Where Pulumi asks for a secret. */
function isQuestion(command: string): boolean {
    return command.startsWith("pulumi config set --secret ");
}

/** A file with another secret each time. */
function answer(folder: string, secrets: Sentinel[]): string {
    const secret = new Sentinel(`secret ${secrets.length}`);
    secrets.push(secret);
    const file = join(folder, "answer");
    writeFileSync(file, secret.value, { mode: 0o600 });
    return file;
}
