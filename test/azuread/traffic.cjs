"use strict";
/*
 * What azuread's plugin asks of Graph, in place of the plugin, for programs on an engine: the requests that were recorded
 * from it for an application, its service principal and its stored credentials, in their order; and those for a job, by
 * its source. Like the plugin, it goes on asking for what it has just created while Graph does not find it.
 *
 * A program runs it as it is, so it is plain JavaScript.
 */
const { setTimeout: sleep } = require("node:timers/promises");

const { ARM_METADATA_HOSTNAME, ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET } = process.env;
const pauseMs = 200;

/** Signed in as the plugin signs in: by the metadata of the cloud that it is configured with. */
exports.connect = async () => {
    const metadata = await (
        await fetch(`https://${ARM_METADATA_HOSTNAME}/metadata/endpoints?api-version=2022-09-01`)
    ).json();
    const graph = metadata.microsoftGraphResourceId;
    const answer = await fetch(`${metadata.authentication.loginEndpoint}/${ARM_TENANT_ID}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
            grant_type: "client_credentials",
            client_id: ARM_CLIENT_ID,
            client_secret: ARM_CLIENT_SECRET,
            scope: `${graph}/.default`,
        }),
    });
    const { access_token: token } = await answer.json();
    const { oid } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));

    /** Once, or, for what may be too new for Graph, until it is answered with one of these. */
    const ask = async (method, path, body, until = undefined) => {
        for (;;) {
            const reply = await fetch(`${graph}${path}`, {
                method,
                headers: {
                    accept: "application/json; charset=utf-8; IEEE754Compatible=false",
                    "odata-version": "4.0",
                    authorization: `Bearer ${token}`,
                    ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
                },
                ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            });
            if (reply.ok) {
                return reply.status === 204 ? undefined : reply.json();
            }
            if (until === "found" && [400, 403, 404, 409].includes(reply.status)) {
                await sleep(pauseMs);
                continue;
            }
            throw new Error(`${method} ${path} was answered with ${reply.status}: ${await reply.text()}`);
        }
    };
    const owners = { "owners@odata.bind": [`${graph}/v1.0/directoryObjects/${oid}`] };
    const settle = async (path, patches, select) => {
        for (const patch of patches) {
            await ask("PATCH", `/v1.0${path}`, patch, "found");
        }
        await ask("DELETE", `/v1.0${path}/owners/${oid}/$ref`);
        await ask("GET", `/v1.0${path}`);
        await ask("GET", `/beta${path}?%24select=${select}`);
        await ask("GET", `/v1.0${path}/owners`);
    };
    return {
        /** Numbers 3 to 6. */
        async createApplication(displayName) {
            const { id, appId } = await ask("POST", "/v1.0/applications", { displayName, ...owners });
            const probe = `TERRAFORM_UPDATE_${id}`;
            await settle(`/applications/${id}`, [{ displayName: probe }, { displayName }], "oauth2RequirePostResponse");
            return { id: `/applications/${id}`, clientId: appId };
        },

        /** Numbers 7 to 9. `isPatient: false` is a plugin that has met a replica of Graph's which knew the object at once. */
        async createServicePrincipal(appId, { isPatient = true } = {}) {
            await ask("GET", `/v1.0/servicePrincipals?%24filter=appId+eq+%27${appId}%27`);
            const { id } = await ask("POST", "/v1.0/servicePrincipals", { appId, ...owners }, "found");
            if (isPatient) {
                await settle(`/servicePrincipals/${id}`, [{ description: null }], "samlMetadataUrl");
            }
            return `/servicePrincipals/${id}`;
        },

        /** Numbers 10 and 11, without its five seconds between two looks. */
        async storeSecrets(principal, credentials) {
            const path = `/v1.0${principal}/synchronization/secrets`;
            await ask("PUT", path, { value: credentials }, "found");
            for (let looks = 0; looks < 6; looks += 1) {
                const { value } = await ask("GET", path);
                if (value.length !== credentials.length) {
                    throw new Error(`${value.length} credentials are stored instead of ${credentials.length}.`);
                }
            }
        },

        async createJob(principal, templateId) {
            const path = `/v1.0${principal}/synchronization/jobs`;
            const { id } = await ask("POST", path, { templateId }, "found");
            for (let looks = 0; looks < 5; looks += 1) {
                await ask("GET", `${path}/${id}`, undefined, "found");
            }
            await ask("POST", `${path}/${id}/start`);
            return (await ask("GET", `${path}/${id}`)).status.code;
        },
    };
};
