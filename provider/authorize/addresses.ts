/** An address that people are sent to or that a secret goes to: https, or http that does not leave the machine. */
export function addressProblem(text: string): string | undefined {
    if (!URL.canParse(text)) {
        return "is not an address";
    }
    const { protocol, hostname, hash, username, password } = new URL(text);
    if (hash !== "" || text.endsWith("#")) {
        return "must not have a fragment (#)";
    }
    if (username !== "" || password !== "") {
        return "must not have a user name or a password in it";
    }
    if (protocol === "https:" || (protocol === "http:" && isLoopback(hostname))) {
        return undefined;
    }
    return "must be https (http only on 127.0.0.1, [::1] or localhost)";
}

/** Where this machine has to listen so that this redirect address comes here by itself; `undefined`: it does not. */
export function listeningPlace(redirectUri: string): { readonly host: string; readonly port: number } | undefined {
    const { protocol, hostname, port } = new URL(redirectUri);
    if (protocol !== "http:" || !isLoopback(hostname)) {
        return undefined;
    }
    return { host: hostname === "[::1]" ? "::1" : "127.0.0.1", port: port === "" ? 80 : Number(port) };
}

function isLoopback(hostname: string): boolean {
    return ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}
