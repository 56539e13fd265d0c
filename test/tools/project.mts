import { join } from "node:path";
import { expect } from "vitest";
import { type Result, type Running, start, temporaryFolder, write } from "./machine.mts";

/** A project in a folder of its own, with its own backend and home: nothing of the machine's Pulumi is touched. */
export class Project {
    readonly folder = temporaryFolder();
    readonly settings = {
        PULUMI_BACKEND_URL: `file://${temporaryFolder()}`,
        PULUMI_HOME: temporaryFolder(),
        PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };

    constructor(files: Record<string, string>) {
        for (const [name, text] of Object.entries(files)) write(join(this.folder, name), text);
    }

    start(...args: string[]): Running {
        return start("pulumi.mts", args, { cwd: this.folder, env: { ...process.env, ...this.settings } });
    }

    async pulumi(...args: string[]): Promise<Result> {
        return this.start(...args).result;
    }

    /** As {@link pulumi}, where anything but success is the test's failure. */
    async does(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.pulumi(...args);
        expect(code, `pulumi ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
        return stdout;
    }
}
