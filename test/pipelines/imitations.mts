import type { Settings } from "./job.mts";
import type { Machine } from "./machine.mts";
import { knowOnly } from "./yaml.mts";

/** What a step that is no script leaves to the steps after it, where that was learnt, and what it wants. */
export interface Imitation {
    readonly leaves: string;
    readonly source: string;
    /** Inputs that it can't do without. */
    readonly needs?: readonly string[];
    /** Inputs that it takes beside these, which change nothing here. */
    readonly takes?: readonly string[];
    readonly does: (machine: Machine, given: Given) => Promise<void> | void;
}

export interface Given {
    readonly inputs: Readonly<Record<string, string>>;
    /** What Pulumi Cloud would issue. */
    readonly pulumiAccessToken: string;
    /** Whether the job may ask for identity tokens. */
    readonly hasIdentity: boolean;
}

/** GitHub's actions and Azure DevOps' tasks that the files use. */
const imitations: Readonly<Record<string, Imitation>> = {
    "actions/checkout@v6": {
        leaves: "the repository, in the folder of the steps",
        source: "https://github.com/actions/checkout#readme",
        does: () => undefined,
    },
    "actions/setup-node@v6": {
        leaves: "Node.js of that version, first on the PATH",
        source: "https://github.com/actions/setup-node#readme",
        needs: ["node-version"],
        takes: ["cache"],
        does: (machine) => machine.bringNode(),
    },
    "pulumi/actions@v7": {
        leaves: "without `command`, Pulumi on the PATH and nothing else",
        source: "https://github.com/pulumi/actions/blob/main/README.md",
        does: (machine) => machine.bringPulumi(),
    },
    "pulumi/auth-actions@v1": {
        leaves: "PULUMI_ACCESS_TOKEN; it wants permissions: id-token: write",
        source: "https://github.com/pulumi/auth-actions/blob/main/README.md",
        needs: ["organization", "requested-token-type"],
        does: (machine, { hasIdentity, pulumiAccessToken }) => {
            if (!hasIdentity) {
                throw new Error("the job has no permissions: id-token: write");
            }
            machine.environment.PULUMI_ACCESS_TOKEN = pulumiAccessToken;
        },
    },
    checkout: {
        leaves: "the repository, in the folder of the steps; a deployment job has none without it",
        source: "https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs",
        does: () => undefined,
    },
    "UseNode@1": {
        leaves: "Node.js of that version, first on the PATH",
        source: "https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/use-node-v1",
        needs: ["version"],
        does: (machine) => machine.bringNode(),
    },
};

/**
 * What `AzureCLI@2` sets for its script where the service connection is federated: the connection's three ids; beside that
 * it signs the Azure CLI in. The script gets no `set -e`.
 *
 * @see https://github.com/microsoft/azure-pipelines-tasks/blob/master/Tasks/AzureCLIV2/azureclitask.ts
 */
export function azureCliEnvironment({ emulator }: Machine): Readonly<Record<string, string>> {
    return {
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: emulator.oidc.azureDevOps.serviceConnectionId,
        AZURESUBSCRIPTION_CLIENT_ID: emulator.clientId,
        AZURESUBSCRIPTION_TENANT_ID: emulator.tenantId,
    };
}

/** @throws Error for a step that the table of imitations has not, and for inputs that are not its. */
export async function imitate(
    uses: string,
    inputs: Readonly<Record<string, string>>,
    machine: Machine,
    settings: Settings,
    hasIdentity: boolean,
): Promise<void> {
    const imitation = imitations[uses];
    if (imitation === undefined) {
        throw new Error(`${uses} is in no table of what such steps leave`);
    }
    const missing = (imitation.needs ?? []).find((name) => (inputs[name] ?? "") === "");
    if (missing !== undefined) {
        throw new Error(`${uses} needs ${missing}`);
    }
    knowOnly(inputs, [...(imitation.needs ?? []), ...(imitation.takes ?? [])], uses);
    await imitation.does(machine, {
        inputs,
        hasIdentity,
        pulumiAccessToken: settings.secrets.PULUMI_ACCESS_TOKEN ?? "",
    });
}
