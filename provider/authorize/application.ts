import { addressProblem } from "./addresses.js";
import type { Options } from "./options.js";
import { Problem } from "./problem.js";
import { ownParameters } from "./request.js";
import type { Stack } from "./stack.js";

/** What has to be known of the application. */
export interface Application {
    readonly clientId: string;
    readonly authorizationUri: string;
    readonly scopes: readonly string[];
    /** Not used here: the provisioning service redeems the code there. */
    readonly tokenExchangeUri: string | undefined;
}

/** From the options, and what they leave out from the stack's configuration. */
export async function findApplication(options: Options, stack: Stack): Promise<Application> {
    const [clientId, authorizationUri, tokenExchangeUri, scopes] = await Promise.all([
        options.clientId ?? stack.read("oauth2ClientId"),
        options.authorizationUri ?? readAddress(stack, "oauth2AuthorizationUri"),
        options.tokenExchangeUri ?? readAddress(stack, "oauth2TokenExchangeUri"),
        options.scopes.length > 0 ? options.scopes : readScopes(stack),
    ]);
    if (clientId === undefined) {
        throw missing(stack, "the application's client id", "--client-id", "oauth2ClientId");
    }
    if (authorizationUri === undefined) {
        throw missing(
            stack,
            "the application's authorization address",
            "--authorization-uri",
            "oauth2AuthorizationUri",
        );
    }
    const taken = ownParameters.find((name) => new URL(authorizationUri).searchParams.has(name));
    if (taken !== undefined) {
        throw new Problem(`the authorization address has ${taken} in it: leave it out, it is set here`);
    }
    return { clientId, authorizationUri, tokenExchangeUri, scopes };
}

function missing(stack: Stack, what: string, option: string, key: string): Problem {
    return new Problem(`${what} is missing: give ${option}, or set ${key} in the configuration of stack ${stack.name}`);
}

async function readAddress(stack: Stack, key: string): Promise<string | undefined> {
    const text = await stack.read(key);
    const problem = text === undefined ? undefined : addressProblem(text);
    if (problem !== undefined) {
        throw new Problem(`${key} in the configuration of stack ${stack.name} ${problem}`);
    }
    return text;
}

/** With spaces between them, as OAuth writes them, or a list of the configuration's, which the CLI shows as JSON. */
async function readScopes(stack: Stack): Promise<readonly string[]> {
    const text = (await stack.read("oauth2Scopes")) ?? "";
    if (!text.startsWith("[")) {
        return text.split(/\s+/).filter(Boolean);
    }
    const scopes = parseList(text);
    if (scopes === undefined) {
        throw new Problem(`oauth2Scopes in the configuration of stack ${stack.name} is no list of texts`);
    }
    return scopes;
}

function parseList(text: string): readonly string[] | undefined {
    try {
        const list: unknown = JSON.parse(text);
        return Array.isArray(list) && list.every((one) => typeof one === "string") ? list : undefined;
    } catch {
        return undefined;
    }
}
