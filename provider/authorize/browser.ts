import { spawn } from "node:child_process";

/**
 * Opens an address in the person's browser. Says why where that is known to have failed, and else never: a browser
 * that was started tells nobody.
 *
 * The address is among the arguments of a process, so it is one that gives nothing away.
 */
export function openBrowser(address: string): Promise<string> {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"];
    return new Promise((resolve) => {
        const child = spawn(command, [...args, address], { stdio: "ignore", detached: true });
        child.once("error", (error: NodeJS.ErrnoException) =>
            resolve(error.code === "ENOENT" ? `there is no ${command} on the PATH` : `${command}: ${error.code}`),
        );
        child.once("exit", (code) => {
            if (code !== null && code !== 0) {
                resolve(`${command} ended with ${code}`);
            }
        });
        child.unref();
    });
}

/** Without a shell: on Windows `start` is one, and would read `&` in an address as its own. */
const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
    darwin: ["open"],
    win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
