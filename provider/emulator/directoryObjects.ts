import type { JsonObject } from "./messages.js";

/**
 * The properties of a fresh application or service principal that its creator didn't set.
 *
 * Names and defaults are those of Microsoft's reference pages for the two resources, as far as `@pulumi/azuread` reads
 * them. The one set serves `/v1.0` and `/beta` alike: `oauth2RequirePostResponse` and `samlMetadataUrl` are asked for
 * under `/beta` only.
 *
 * @see https://learn.microsoft.com/graph/api/resources/application
 * @see https://learn.microsoft.com/graph/api/resources/serviceprincipal
 */
export function applicationDefaults(): JsonObject {
    return {
        deletedDateTime: null,
        createdDateTime: new Date().toISOString(),
        applicationTemplateId: null,
        description: null,
        notes: null,
        signInAudience: "AzureADMyOrg",
        identifierUris: [],
        groupMembershipClaims: null,
        isFallbackPublicClient: null,
        isDeviceOnlyAuthSupported: null,
        oauth2RequirePostResponse: false,
        optionalClaims: null,
        publisherDomain: null,
        serviceManagementReference: null,
        tags: [],
        addIns: [],
        appRoles: [],
        keyCredentials: [],
        passwordCredentials: [],
        requiredResourceAccess: [],
        api: {
            acceptMappedClaims: null,
            knownClientApplications: [],
            oauth2PermissionScopes: [],
            preAuthorizedApplications: [],
            requestedAccessTokenVersion: null,
        },
        info: {
            logoUrl: null,
            marketingUrl: null,
            privacyStatementUrl: null,
            supportUrl: null,
            termsOfServiceUrl: null,
        },
        publicClient: { redirectUris: [] },
        spa: { redirectUris: [] },
        web: {
            homePageUrl: null,
            logoutUrl: null,
            redirectUris: [],
            implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
        },
    };
}

export function servicePrincipalDefaults(application: {
    readonly appId: string;
    readonly displayName: string;
    readonly tenantId: string;
}): JsonObject {
    return {
        deletedDateTime: null,
        createdDateTime: new Date().toISOString(),
        applicationTemplateId: null,
        accountEnabled: true,
        alternativeNames: [],
        appDisplayName: application.displayName,
        appOwnerOrganizationId: application.tenantId,
        appRoleAssignmentRequired: false,
        appRoles: [],
        description: null,
        displayName: application.displayName,
        homepage: null,
        keyCredentials: [],
        loginUrl: null,
        logoutUrl: null,
        notes: null,
        notificationEmailAddresses: [],
        oauth2PermissionScopes: [],
        passwordCredentials: [],
        preferredSingleSignOnMode: null,
        preferredTokenSigningKeyThumbprint: null,
        replyUrls: [],
        samlMetadataUrl: null,
        samlSingleSignOnSettings: null,
        servicePrincipalNames: [application.appId],
        servicePrincipalType: "Application",
        signInAudience: "AzureADMyOrg",
        tags: [],
    };
}
