import { spawn } from "node:child_process";

/** Runs a program to its end and gives what it printed; any end but success is an error with all that it said. */
export function run(
    command: string,
    args: readonly string[],
    cwd: string,
    environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
    const child = spawn(command, args, {
        cwd,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
        // npm is a script there.
        shell: process.platform === "win32" && command === "npm",
    });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        output += text;
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject).on("close", (code, signal) => {
            if (code === 0) resolve(stdout);
            else reject(new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}\n${output.trim()}`));
        });
    });
}

/**
 * The environment of an npm in another folder: npm tells its scripts where it runs, and an npm that one of them starts
 * would work there. How packages are to be had stays as it is.
 */
export function environmentElsewhere(): NodeJS.ProcessEnv {
    const ofTheCaller = /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_local_prefix|INIT_CWD)/;
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTheCaller.test(name)));
}
