import { request } from "node:https";
import type { AcquiredToken } from "./provisioning.js";
import { isControlPath } from "./routes/control.js";

/** What became of the first token exchange. */
export type ExchangeResult =
    /** There was nothing to exchange, or nobody here to exchange it with. */
    | { readonly kind: "none" }
    | { readonly kind: "acquired"; readonly grant: ExchangeGrant; readonly token: AcquiredToken }
    /** In words that hold no value. */
    | { readonly kind: "refused"; readonly words: string };

export type ExchangeGrant = "authorization_code" | "client_credentials";

export type TokenExchange = (credentials: ReadonlyMap<string, string>) => Promise<ExchangeResult>;

/** The codes of RFC 6749, 5.2, and of OAuth at large. Another one is not repeated: it might be a value. */
const knownErrors: ReadonlySet<unknown> = new Set([
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
]);

const timeoutMs = 10_000;
const maxAnswerBytes = 64 * 1024;

/**
 * The provisioning service's first call of an application's token endpoint.
 *
 * Only this emulator's own address is ever called, on the loopback: whoever may call Graph here must not be able to
 * have this process call others. Credentials that name another token endpoint are recorded as they come, without an
 * exchange. The address is taken apart and put together again, so that neither a resolver nor a proxy has a say.
 */
export function createTokenExchange(self: {
    readonly port: number;
    readonly ca: string;
    readonly closing: AbortSignal;
}): TokenExchange {
    return async (credentials) => {
        const url = URL.parse(credentials.get("Oauth2TokenExchangeUri") ?? "");
        const form = exchangeForm(credentials);
        if (url === null || form === undefined || !isSelf(url, self.port)) {
            return { kind: "none" };
        }
        const answer = await post(`${url.pathname}${url.search}`, form.parameters.toString(), self).catch(
            () => undefined,
        );
        if (answer === undefined) {
            return { kind: "refused", words: "The application's token endpoint did not answer." };
        }
        const body = parse(answer.body);
        if (answer.status < 200 || answer.status > 299) {
            const error = knownErrors.has(body.error) ? String(body.error) : "no error code of OAuth's";
            return {
                kind: "refused",
                words: `The application's token endpoint answered ${answer.status} with ${error}.`,
            };
        }
        const { access_token: value, expires_in: expiresInSeconds } = body;
        if (typeof value !== "string" || value === "") {
            return { kind: "refused", words: "The application's token endpoint answered without an access token." };
        }
        const token = { value, ...(typeof expiresInSeconds === "number" ? { expiresInSeconds } : {}) };
        return { kind: "acquired", grant: form.grant, token };
    };
}

/**
 * The set with client credentials has been seen, its `AuthenticationType` too. That a code is exchanged with these keys
 * is a guess. No key of Graph's holds a PKCE verifier: a code that was asked for with a challenge can't be redeemed here.
 */
function exchangeForm(
    credentials: ReadonlyMap<string, string>,
): { readonly grant: ExchangeGrant; readonly parameters: URLSearchParams } | undefined {
    const client = {
        client_id: credentials.get("Oauth2ClientId") ?? "",
        client_secret: credentials.get("Oauth2ClientSecret") ?? "",
    };
    if (credentials.get("AuthenticationType") === "OAuth2ClientCredentialsGrant") {
        const grant = "client_credentials";
        return { grant, parameters: new URLSearchParams({ grant_type: grant, ...client }) };
    }
    const code = credentials.get("Oauth2AuthorizationCode");
    if (code === undefined || code === "") {
        return undefined;
    }
    const redirectUri = credentials.get("Oauth2RedirectUri") ?? "";
    const grant = "authorization_code";
    return {
        grant,
        parameters: new URLSearchParams({ grant_type: grant, code, redirect_uri: redirectUri, ...client }),
    };
}

/** Not the control API: what it does is nobody's to ask for by way of Graph. */
function isSelf({ protocol, hostname, port, pathname, username, password }: URL, ownPort: number): boolean {
    const isHere = protocol === "https:" && (hostname === "localhost" || hostname === "127.0.0.1");
    return isHere && port === String(ownPort) && !isControlPath(pathname) && username === "" && password === "";
}

function post(
    path: string,
    body: string,
    { port, ca, closing }: { readonly port: number; readonly ca: string; readonly closing: AbortSignal },
): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
        const sent = request(
            {
                host: "127.0.0.1",
                servername: "localhost",
                port,
                path,
                ca,
                method: "POST",
                // Of its own: a connection that is kept would keep the emulator from closing.
                agent: false,
                headers: {
                    host: `localhost:${port}`,
                    accept: "application/json",
                    "content-type": "application/x-www-form-urlencoded",
                    "content-length": Buffer.byteLength(body),
                },
                signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
            },
            (response) => {
                const chunks: Buffer[] = [];
                let bytes = 0;
                response.on("data", (chunk: Buffer) => {
                    bytes += chunk.length;
                    if (bytes > maxAnswerBytes) {
                        sent.destroy(new Error("The answer is too long."));
                    }
                    chunks.push(chunk);
                });
                response.on("error", reject);
                response.on("end", () =>
                    resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
                );
            },
        );
        sent.on("error", reject);
        sent.end(body);
    });
}

function parse(body: string): Readonly<Record<string, unknown>> {
    try {
        const parsed: unknown = JSON.parse(body);
        return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
    } catch {
        return {};
    }
}
