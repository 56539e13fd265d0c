/**
 * `@pulumi/azuread`, as far as docs/how-to/from-azuread-synchronization-secret.md uses it: `SynchronizationSecret`, by the
 * requests that were recorded from azuread's plugin. It PUTs what it is given, on create and on update, and PUTs an empty
 * value for each key on delete. Without the plugin's looks five seconds apart, and without its refresh.
 *
 * A dynamic resource, so that an engine runs it: its type is another than azuread's.
 */
export const azureadStandIn: Readonly<Record<string, string>> = {
    "node_modules/@pulumi/azuread/package.json": JSON.stringify({ name: "@pulumi/azuread", version: "0.0.0" }),
    "node_modules/@pulumi/azuread/index.d.ts": `
import * as pulumi from "@pulumi/pulumi";
export interface SynchronizationSecretArgs {
    servicePrincipalId: pulumi.Input<string>;
    credentials?: pulumi.Input<pulumi.Input<{ key: pulumi.Input<string>; value: pulumi.Input<string> }>[]>;
}
export declare class SynchronizationSecret extends pulumi.CustomResource {
    constructor(name: string, args: SynchronizationSecretArgs, opts?: pulumi.CustomResourceOptions);
}
`,
    "node_modules/@pulumi/azuread/index.js": `"use strict";
const pulumi = require("@pulumi/pulumi");

const put = async (id, credentials) => {
    const { ARM_METADATA_HOSTNAME, ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET } = process.env;
    const graph = "https://" + ARM_METADATA_HOSTNAME;
    const signIn = await fetch(graph + "/" + ARM_TENANT_ID + "/oauth2/v2.0/token", {
        method: "POST",
        body: new URLSearchParams({
            grant_type: "client_credentials",
            client_id: ARM_CLIENT_ID,
            client_secret: ARM_CLIENT_SECRET,
            scope: graph + "/.default",
        }),
    });
    const answer = await fetch(graph + "/v1.0" + id + "/synchronization/secrets", {
        method: "PUT",
        headers: {
            authorization: "Bearer " + (await signIn.json()).access_token,
            "content-type": "application/json; charset=utf-8",
        },
        body: JSON.stringify({ value: credentials }),
    });
    if (answer.status !== 204) {
        throw new Error("PUT secrets was answered with " + answer.status);
    }
};
const provider = {
    async create({ servicePrincipalId, credentials }) {
        await put(servicePrincipalId, credentials);
        return { id: servicePrincipalId + "/synchronization/secrets", outs: { servicePrincipalId, credentials } };
    },
    async update(id, olds, { servicePrincipalId, credentials }) {
        await put(servicePrincipalId, credentials);
        return { outs: { servicePrincipalId, credentials } };
    },
    async delete(id, { servicePrincipalId, credentials }) {
        await put(servicePrincipalId, credentials.map(({ key }) => ({ key, value: "" })));
    },
};
exports.SynchronizationSecret = class extends pulumi.dynamic.Resource {
    constructor(name, args, opts) {
        super(provider, name, args, opts);
    }
};
`,
};
