import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

const config = new pulumi.Config();

const application = new azuread.Application("acme", { displayName: "Acme" });
const principal = new azuread.ServicePrincipal("acme", { clientId: application.clientId });

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
    triggers: { revoked: "2026-11-01" },
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
