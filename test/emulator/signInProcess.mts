/**
 * Signs in with an unmodified credential of @azure/identity and calls Graph, in a process of its own: proxy and trust
 * are read from the environment. Takes a `SignInTask` on its standard input, prints what came of it; both are JSON.
 */
import { readFileSync } from "node:fs";
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from "@azure/core-rest-pipeline";
import {
    AzurePipelinesCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    type TokenCredential,
} from "@azure/identity";

export interface SignInTask {
    readonly credential: "secret" | "managedIdentity" | "azurePipelines";
    readonly tenantId: string;
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly authority?: string;
    readonly serviceConnectionId?: string;
    readonly systemAccessToken?: string;
    readonly graph: string;
    /** What of Graph to `GET`. */
    readonly path: string;
    readonly disableInstanceDiscovery?: boolean;
}

const task = JSON.parse(readFileSync(0, "utf8")) as SignInTask;

function credential(): TokenCredential {
    const { tenantId, clientId = "", clientSecret = "", serviceConnectionId = "", systemAccessToken = "" } = task;
    const options = {
        ...(task.authority === undefined ? {} : { authorityHost: task.authority }),
        disableInstanceDiscovery: task.disableInstanceDiscovery ?? false,
    };
    switch (task.credential) {
        case "secret":
            return new ClientSecretCredential(tenantId, clientId, clientSecret, options);
        case "managedIdentity":
            return clientId === "" ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
        case "azurePipelines":
            return new AzurePipelinesCredential(tenantId, clientId, serviceConnectionId, systemAccessToken, options);
    }
}

async function signIn(): Promise<object> {
    const token = await credential().getToken(`${task.graph}/.default`);
    const pipeline = createPipelineFromOptions({});
    const request = createPipelineRequest({ url: `${task.graph}${task.path}` });
    request.headers.set("authorization", `Bearer ${token?.token}`);
    const { status } = await pipeline.sendRequest(createDefaultHttpClient(), request);
    return { status, expiresInSeconds: Math.round(((token?.expiresOnTimestamp ?? 0) - Date.now()) / 1000) };
}

const result = await signIn().catch((error: Error) => ({ error: error.message }));
process.stdout.write(JSON.stringify(result));
