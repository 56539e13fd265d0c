import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "@pulumi-entrasync/entrasync";

const config = new pulumi.Config();

const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: config.require("servicePrincipalId"),
    credentials: {
        BaseAddress: "https://scim.acme.example/v2",
        SecretToken: config.requireSecret("scimToken"),
    },
    validation: { templateId: "scim" },
});

export const acquiredAt = token.acquiredAt;
