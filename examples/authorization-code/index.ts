import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

const config = new pulumi.Config();

const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: config.require("servicePrincipalId"),
    credentials: {
        // Both are stored by `pulumi-entrasync authorize`. A code works once; a new one is a changed credential.
        Oauth2AuthorizationCode: config.requireSecret("oauth2AuthorizationCode"),
        Oauth2RedirectUri: config.requireSecret("oauth2RedirectUri"),
        Oauth2TokenExchangeUri: config.require("oauth2TokenExchangeUri"),
        Oauth2ClientId: config.require("oauth2ClientId"),
        Oauth2ClientSecret: config.requireSecret("oauth2ClientSecret"),
    },
});

export const acquiredAt = token.acquiredAt;
