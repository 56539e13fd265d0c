import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

const config = new pulumi.Config();

// Microsoft's template for an application that is not in its gallery. What is made of it has a service principal already.
const application = new azuread.Application("acme", {
    displayName: "Acme",
    templateId: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
});
const principal = new azuread.ServicePrincipal("acme", { clientId: application.clientId, useExisting: true });

const credentials = [
    { key: "BaseAddress", value: config.require("scimAddress") },
    { key: "SecretToken", value: config.requireSecret("scimToken") },
];
const secret = new azuread.SynchronizationSecret("acme", { servicePrincipalId: principal.id, credentials });

const token = new SynchronizationTokenAcquisition(
    "acme",
    { servicePrincipalId: principal.id, credentials, maxAge: "90d" },
    { dependsOn: secret },
);

// The job runs from the start on: not before the service has its token.
const job = new azuread.SynchronizationJob(
    "acme",
    { servicePrincipalId: principal.id, templateId: "scim" },
    { dependsOn: token },
);

export const acquiredAt = token.acquiredAt;
export const jobId = job.id;
