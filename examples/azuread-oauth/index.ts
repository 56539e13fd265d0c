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

// No SynchronizationSecret: stored credentials alone get no first token, and the acquisition hands over the same ones.
const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: principal.id,
    credentials: {
        BaseAddress: config.require("scimAddress"),
        AuthenticationType: "OAuth2ClientCredentialsGrant",
        Oauth2TokenExchangeUri: config.require("tokenAddress"),
        Oauth2ClientId: config.require("oauthClientId"),
        Oauth2ClientSecret: config.requireSecret("oauthClientSecret"),
    },
    validation: { templateId: "scim" },
});

// The job runs from the start on: not before the service has its token.
const job = new azuread.SynchronizationJob(
    "acme",
    { servicePrincipalId: principal.id, templateId: "scim" },
    { dependsOn: token },
);

export const acquiredAt = token.acquiredAt;
export const jobId = job.id;
