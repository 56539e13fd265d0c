"use strict";

/*
 * The same POSTs written by hand with node:https: a token, then so many of them side by side, on kept connections. What
 * the network and the emulator take, whoever asks.
 */
const { readFileSync } = require("node:fs");
const https = require("node:https");

const { url, tenantId, clientId, clientSecret, tenants, sideBySide } = JSON.parse(readFileSync(0, "utf8"));
const agent = new https.Agent({ keepAlive: true, maxSockets: sideBySide });

/**
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {string} body
 * @returns {Promise<{ status: number | undefined, text: string }>}
 */
function post(path, headers, body) {
    return new Promise((resolve, reject) => {
        const request = https.request(url + path, { method: "POST", agent, headers }, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (part) => {
                text += part;
            });
            response.on("end", () => resolve({ status: response.statusCode, text }));
        });
        request.on("error", reject);
        request.end(body);
    });
}

async function main() {
    const startedMs = performance.now();
    const form = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${url}/.default`,
    });
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const { text } = await post(`/${tenantId}/oauth2/v2.0/token`, type, form.toString());
    const authorization = `Bearer ${JSON.parse(text).access_token}`;
    let next = 0;
    const worker = async () => {
        while (next < tenants.length) {
            const { servicePrincipalId, baseAddress, secretToken } = tenants[next];
            next += 1;
            const path = `/v1.0/servicePrincipals/${servicePrincipalId}/synchronization/acquireAccessToken`;
            const credentials = [
                { key: "BaseAddress", value: baseAddress },
                { key: "SecretToken", value: secretToken },
            ];
            const headers = { authorization, "content-type": "application/json" };
            const { status } = await post(path, headers, JSON.stringify({ credentials }));
            if (status !== 204) {
                throw new Error(`status ${status}`);
            }
        }
    };
    await Promise.all(Array.from({ length: sideBySide }, worker));
    process.stdout.write(JSON.stringify({ ms: performance.now() - startedMs }));
    agent.destroy();
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
