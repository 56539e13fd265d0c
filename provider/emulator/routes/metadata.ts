import { jsonAnswer } from "../messages.js";
import type { Route } from "../routing.js";

/**
 * The endpoint that names a cloud's other endpoints: `azuread:metadataHost` (`ARM_METADATA_HOSTNAME`) leads here.
 *
 * Recorded from the real `@pulumi/azuread`: it asks for `api-version=2022-09-01`, takes `microsoftGraphResourceId` as
 * Graph's base and as the scope's resource, and `authentication.loginEndpoint` as the authority. It wants all four
 * members that are here, and no others. Azure's own base ends in a slash; without one it is the host that was asked in
 * every place.
 */
export function metadataRoutes(): readonly Route[] {
    return [
        {
            method: "GET",
            pattern: "/metadata/endpoints",
            handle: ({ site: { origin } }) =>
                jsonAnswer(200, {
                    name: "EntrasyncEmulator",
                    resourceManager: `${origin}/resourceManager`,
                    microsoftGraphResourceId: origin,
                    authentication: { loginEndpoint: origin },
                }),
        },
    ];
}
