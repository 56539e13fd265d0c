/*
 * What a good engineer would write on the morning of the day on which it is needed, from Pulumi's documentation of dynamic
 * providers and Azure's of @azure/identity: correct, typed, with a diff that knows secrets, and with 429 waited out.
 * It is here to be measured against; the measurements hold nothing against whoever writes it.
 */
import { ClientSecretCredential } from "@azure/identity";
import * as pulumi from "@pulumi/pulumi";

export interface Inputs {
    servicePrincipalId: string;
    credentials: Record<string, string>;
}

async function acquire({ servicePrincipalId, credentials }: Inputs): Promise<string> {
    const graph = process.env.GRAPH_URL ?? "https://graph.microsoft.com";
    const credential = new ClientSecretCredential(
        process.env.ARM_TENANT_ID ?? "",
        process.env.ARM_CLIENT_ID ?? "",
        process.env.ARM_CLIENT_SECRET ?? "",
        process.env.AUTHORITY_HOST
            ? { authorityHost: process.env.AUTHORITY_HOST, disableInstanceDiscovery: true }
            : undefined,
    );
    const { token } = await credential.getToken(`${graph}/.default`);
    for (let attempt = 0; ; attempt += 1) {
        const response = await fetch(
            `${graph}/v1.0/servicePrincipals/${servicePrincipalId}/synchronization/acquireAccessToken`,
            {
                method: "POST",
                headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
                body: JSON.stringify({
                    credentials: Object.entries(credentials).map(([key, value]) => ({ key, value })),
                }),
            },
        );
        if (response.status === 204) {
            return new Date().toISOString();
        }
        if (response.status !== 429 || attempt === 20) {
            throw new Error(`acquireAccessToken: ${response.status} ${await response.text()}`);
        }
        const waitS = Number(response.headers.get("retry-after") ?? 5);
        await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
    }
}

class AcquisitionProvider implements pulumi.dynamic.ResourceProvider {
    async create(inputs: Inputs): Promise<pulumi.dynamic.CreateResult> {
        const acquiredAt = await acquire(inputs);
        return { id: inputs.servicePrincipalId, outs: { ...inputs, acquiredAt } };
    }

    async diff(_id: string, olds: Inputs, news: Inputs): Promise<pulumi.dynamic.DiffResult> {
        const isChanged = JSON.stringify(olds.credentials) !== JSON.stringify(news.credentials);
        const isReplaced = olds.servicePrincipalId !== news.servicePrincipalId;
        return {
            changes: isChanged || isReplaced,
            replaces: isReplaced ? ["servicePrincipalId"] : [],
            deleteBeforeReplace: true,
        };
    }

    async update(_id: string, _olds: Inputs, news: Inputs): Promise<pulumi.dynamic.UpdateResult> {
        const acquiredAt = await acquire(news);
        return { outs: { ...news, acquiredAt } };
    }

    async delete(): Promise<void> {}
}

export class NaiveAcquisition extends pulumi.dynamic.Resource {
    declare public readonly acquiredAt: pulumi.Output<string>;

    constructor(
        name: string,
        args: {
            servicePrincipalId: pulumi.Input<string>;
            credentials: pulumi.Input<Record<string, pulumi.Input<string>>>;
        },
        options?: pulumi.CustomResourceOptions,
    ) {
        super(
            new AcquisitionProvider(),
            name,
            { ...args, credentials: pulumi.secret(args.credentials), acquiredAt: undefined },
            options,
        );
    }
}
