import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Sentinel } from "../support/sentinels.mts";

/** An application with a consent page, one-time codes and a token endpoint that keeps to RFC 6749 and RFC 7636. */
export interface FakeApplication {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly authorizationUri: string;
    readonly tokenExchangeUri: string;
    /** Each request for consent, as it came. */
    readonly asked: readonly URLSearchParams[];
    /** Each code that was given out. */
    readonly codes: readonly Sentinel[];
    /** Presses a button of the consent page; where the application sends the browser then. */
    decide(address: string, decision: "Allow" | "Deny"): Promise<string>;
    /** Redeems a code, as the provisioning service does, or as somebody who has the verifier: `200`, or OAuth's error. */
    redeem(code: string, redirectUri: string, verifier?: string): Promise<number | string>;
    close(): Promise<void>;
}

interface Grant {
    readonly redirectUri: string;
    readonly challenge: string | undefined;
}

export async function startFakeApplication(): Promise<FakeApplication> {
    const clientId = "entra";
    const clientSecret = randomBytes(24).toString("base64url");
    const asked: URLSearchParams[] = [];
    const codes: Sentinel[] = [];
    const grants = new Map<string, Grant>();
    const server = createServer(async (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://application");
        if (request.method === "GET" && pathname === "/authorize") {
            asked.push(searchParams);
            response.setHeader("Content-Type", "text/html").end(consentPage(searchParams));
        } else if (request.method === "POST" && pathname === "/decide") {
            const { decision, ...query } = Object.fromEntries(await form(request));
            const back = new URL(query.redirect_uri ?? "");
            if (query.state !== undefined) back.searchParams.set("state", query.state);
            if (decision === "Allow") {
                const code = new Sentinel(`code ${codes.length + 1}`);
                codes.push(code);
                grants.set(code.value, { redirectUri: query.redirect_uri ?? "", challenge: query.code_challenge });
                back.searchParams.set("code", code.value);
            } else {
                back.searchParams.set("error", "access_denied");
                back.searchParams.set("error_description", `\u001b[31mYou said no, ${query.state}`);
            }
            response.writeHead(302, { Location: back.href }).end();
        } else if (request.method === "POST" && pathname === "/token") {
            const error = redeemed(Object.fromEntries(await form(request)));
            response.writeHead(error === undefined ? 200 : 400, { "Content-Type": "application/json" });
            response.end(JSON.stringify(error === undefined ? { access_token: "t", token_type: "Bearer" } : { error }));
        } else {
            response.writeHead(404).end();
        }
    });

    function redeemed(asking: Readonly<Record<string, string>>): string | undefined {
        if (asking.client_id !== clientId || asking.client_secret !== clientSecret) return "invalid_client";
        const grant = grants.get(asking.code ?? "");
        grants.delete(asking.code ?? "");
        if (grant === undefined || grant.redirectUri !== asking.redirect_uri) return "invalid_grant";
        const { code_verifier: verifier } = asking;
        const shown = verifier && createHash("sha256").update(verifier).digest("base64url");
        // RFC 7636, 4.6: with a challenge the verifier must match; without one there is nothing that it could match.
        return shown === grant.challenge ? undefined : "invalid_grant";
    }

    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
        clientId,
        clientSecret,
        authorizationUri: `${url}/authorize`,
        tokenExchangeUri: `${url}/token`,
        asked,
        codes,
        async decide(address, decision) {
            await fetch(address);
            const body = new URLSearchParams([...new URL(address).searchParams, ["decision", decision]]);
            const { headers } = await fetch(`${url}/decide`, { method: "POST", body, redirect: "manual" });
            return headers.get("location") ?? "";
        },
        async redeem(code, redirectUri, verifier) {
            const body = new URLSearchParams({
                grant_type: "authorization_code",
                code,
                redirect_uri: redirectUri,
                client_id: clientId,
                client_secret: clientSecret,
                ...(verifier === undefined ? {} : { code_verifier: verifier }),
            });
            const response = await fetch(`${url}/token`, { method: "POST", body });
            const answer = (await response.json()) as { error?: string };
            return answer.error ?? response.status;
        },
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}

function consentPage(query: URLSearchParams): string {
    const quoted = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
    const fields = [...query].map(
        ([name, value]) => `<input type="hidden" name="${quoted(name)}" value="${quoted(value)}">`,
    );
    const buttons = ["Allow", "Deny"].map((name) => `<button name="decision" value="${name}">${name}</button>`);
    return `<!doctype html><title>Acme</title><form method="post" action="/decide">${fields.join("")}${buttons.join("")}</form>`;
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    return new URLSearchParams(body);
}
