import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

const config = new pulumi.Config();

const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: config.require("servicePrincipalId"),
    credentials: {
        BaseAddress: "https://scim.acme.example/v2",
        SecretToken: config.requireSecret("scimToken"),
    },
    triggers: { rotation: config.require("rotation") },
    maxAge: config.require("maxAge"),
});

export const acquiredAt = token.acquiredAt;
