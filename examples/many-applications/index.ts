import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

const config = new pulumi.Config();
const applications = config.requireObject<Record<string, string>>("applications");

// One resource for each, named after the application: the others stay as they are when one comes, changes or goes.
const tokens = Object.entries(applications).map(([name, servicePrincipalId]) => {
    const token = new SynchronizationTokenAcquisition(name, {
        servicePrincipalId,
        credentials: {
            BaseAddress: `https://scim.${name}.example/v2`,
            SecretToken: config.requireSecret(`${name}Token`),
        },
    });
    return [name, token.acquiredAt] as const;
});

export const acquiredAt = Object.fromEntries(tokens);
