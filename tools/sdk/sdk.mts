import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../engine/repository.mts";
import { version } from "../plugin/contents.mts";
import { ensureGenerator } from "./generator.mts";

const languages = ["nodejs", "python", "go"] as const;
export type Language = (typeof languages)[number];

/** The schema that the plugin answers with, from the build. */
function schema(): object {
    const load = createRequire(join(repositoryRoot, "package.json"));
    const { createSchema } = load("./dist/plugin/schema.js") as typeof import("../../provider/plugin/schema.ts");
    return createSchema(version);
}

/** Writes the SDK of a language into `folder`, as `pulumi package add` writes it into a program's `sdks/entrasync`. */
export async function writeSdk(language: Language, folder: string): Promise<void> {
    const command = await ensureGenerator((line) => console.error(`sdk: ${line}`));
    const temporary = mkdtempSync(join(tmpdir(), "entrasync-schema-"));
    try {
        const file = join(temporary, "schema.json");
        writeFileSync(file, JSON.stringify(schema()));
        mkdirSync(folder, { recursive: true });
        await promisify(execFile)(command, [language, file, folder]);
    } finally {
        rmSync(temporary, { recursive: true, force: true });
    }
}

/* `node tools/sdk/sdk.mts LANGUAGE FOLDER`, for a machine whose Pulumi has no host for that language. */
if (process.argv[1] === import.meta.filename) {
    const [language, folder] = process.argv.slice(2);
    const known = languages.find((one) => one === language);
    if (known === undefined || folder === undefined) {
        console.error(`node tools/sdk/sdk.mts ${languages.join("|")} FOLDER`);
        process.exit(2);
    }
    await writeSdk(known, resolve(folder));
}
