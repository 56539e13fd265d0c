import type { TokenClaims } from "./accessToken.js";

/** Whether a token's own claims would let it acquire. */
export interface Permission {
    readonly granted: boolean;
    /** In a sentence: by what, or what is missing and how to get it. */
    readonly because: string;
}

/**
 * What Graph documents for the action: as an application `Application.ReadWrite.OwnedBy` or
 * `Synchronization.ReadWrite.All`; as a user the latter and one of three directory roles.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronization-acquireaccesstoken#permissions
 */
export function judgePermission(claims: TokenClaims): Permission {
    return claims.scopes === undefined ? asApplication(claims.roles) : asUser(claims.scopes, claims.directoryRoleIds);
}

function asApplication(roles: readonly string[]): Permission {
    if (roles.includes("Synchronization.ReadWrite.All")) {
        return { granted: true, because: "by the application permission Synchronization.ReadWrite.All" };
    }
    if (roles.includes("Application.ReadWrite.OwnedBy")) {
        return {
            granted: true,
            because:
                "by the application permission Application.ReadWrite.OwnedBy, for targets that the application owns",
        };
    }
    return {
        granted: false,
        because:
            "the token has neither of the application permissions Application.ReadWrite.OwnedBy (for targets that the " +
            "application owns) and Synchronization.ReadWrite.All: add one to the application, and have an administrator consent",
    };
}

/** The template ids of the directory roles that Graph names for the action. */
const directoryRoles: Readonly<Record<string, string>> = {
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": "Hybrid Identity Administrator",
};

function asUser(scopes: readonly string[], directoryRoleIds: readonly string[] | undefined): Permission {
    if (!scopes.includes("Synchronization.ReadWrite.All")) {
        return {
            granted: false,
            because:
                "the token lacks the delegated permission Synchronization.ReadWrite.All: consent to it for the application that " +
                "signs users in (the Azure CLI's own application can't be given it: sign in as an application instead)",
        };
    }
    const role = directoryRoleIds?.map((id) => directoryRoles[id]).find((name) => name !== undefined);
    if (role !== undefined) {
        return {
            granted: true,
            because: `by the delegated permission Synchronization.ReadWrite.All and the role ${role}`,
        };
    }
    const names = Object.values(directoryRoles).join(", ");
    return directoryRoleIds === undefined
        ? {
              granted: true,
              because: `by the delegated permission Synchronization.ReadWrite.All; the token does not say whether the user has one of the roles ${names}`,
          }
        : { granted: false, because: `the user has none of the roles ${names}: assign one` };
}
