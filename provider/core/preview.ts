import { validInputs } from "./check.js";
import { acquires, diff } from "./plan.js";
import { type Outputs, type Properties, readHashes, readOutputs, remembered } from "./state.js";
import { formatResourceId } from "./target.js";
import { isUnknown, unknownValue } from "./unknown.js";
import type { Surroundings } from "./world.js";

/**
 * What a first acquisition will leave in state, as far as a preview can tell: nothing is asked of anybody. The hashes are
 * not known before: the key that they are made with is drawn anew by the check of the real thing.
 */
export function previewCreate(news: Readonly<Properties>): { readonly id: string; readonly outputs: Properties } {
    const { target } = validInputs(news);
    return {
        // Without an id the engine takes it for unknown.
        id: isUnknown(target) ? "" : formatResourceId(target),
        outputs: {
            ...previewed(news),
            credentialHashes: isUnknown(news.credentialHashes)
                ? unknownValue
                : Object.fromEntries(Object.keys(readHashes(news.credentialHashes)).map((key) => [key, unknownValue])),
            acquiredAt: unknownValue,
            requestId: unknownValue,
            ...previewedValidation(news),
        },
    };
}

/** The same for an update. */
export function previewUpdate(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Pick<Surroundings, "clock">,
): { readonly outputs: Properties } {
    const plan = diff(id, olds, news, surroundings);
    if (plan.action !== "update") {
        return { outputs: { ...readOutputs(olds), ...remembered(news) } };
    }
    return acquires(plan.changes)
        ? {
              outputs: {
                  ...previewed(news),
                  acquiredAt: unknownValue,
                  requestId: unknownValue,
                  ...previewedValidation(news),
              },
          }
        : { outputs: { ...readOutputs(olds), ...remembered(news), ...previewedValidation(news) } };
}

function previewedValidation(news: Readonly<Properties>): Properties {
    return validInputs(news).validation === undefined ? {} : { validatedAt: unknownValue };
}

function previewed(news: Readonly<Properties>): Properties {
    return { credentialHashes: news.credentialHashes, cloud: news.cloud, ...remembered(news) };
}

/** What state holds of a target that is imported: what was acquired with is not known, so the next `up` acquires. */
export function importedOutputs(surroundings: Pick<Surroundings, "cloud">): Outputs {
    return { acquiredAt: "", credentialHashes: {}, requestId: "", cloud: surroundings.cloud() };
}
