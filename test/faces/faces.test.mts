import { beforeAll, describe, expect, test } from "vitest";
import { type Difference, differences, withoutDifferences } from "./differences.mts";
import { type FaceName, type Observations, type OtherRequests, runFace } from "./run.mts";
import { expectedOf, type StepName, scenarios, steps } from "./scenarios.mts";

/*
 * The dynamic resource in a JavaScript program and the plugin's in a YAML one, both on the real engine, side by side: what
 * Graph received, what the engine did and what state holds is the same, but for what `differences.mts` allows; and it is
 * what `scenarios.mts` says.
 */

const faces: readonly FaceName[] = ["dynamic", "plugin"];
const runs: Partial<Record<FaceName, { observations: Observations; others: OtherRequests }>> = {};
const met = new Set<Difference>();

beforeAll(async () => {
    await Promise.all(
        faces.map(async (face) => {
            runs[face] = await runFace(face);
        }),
    );
}, 1_200_000);

function observed(face: FaceName, step: StepName, name: string) {
    const observation = runs[face]?.observations[step][name];
    if (observation === undefined) throw new Error(`${name} was not observed`);
    return observation;
}

describe.each(Object.entries(scenarios))("%s", (name, scenario) => {
    test("goes as the table says, with either", () => {
        for (const face of faces) {
            const seen = steps.map((step) => {
                const { ops, posts, accepted, failure } = observed(face, step, name);
                return { step, ops, posts, accepted: accepted.length, fails: /\((\w+)\)$/.exec(failure ?? "")?.[1] };
            });
            expect(seen, face).toEqual(
                steps.map((step) => {
                    const { ops = [], posts = 0, accepted = posts, fails } = expectedOf(scenario, step);
                    return { step, ops, posts, accepted, fails };
                }),
            );
        }
    });

    test.each(steps)("%s: the same was done, sent, said and kept", (step) => {
        const [dynamic, plugin] = faces.map((face) =>
            withoutDifferences(observed(face, step, name), face, (difference) => met.add(difference)),
        );
        expect(plugin).toEqual(dynamic);
    });
});

test.each(steps)("%s: the same was asked beside the acquisitions", (step) => {
    expect(runs.plugin?.others[step]).toEqual(runs.dynamic?.others[step]);
    if (step.startsWith("preview") || step === "again" || step === "destroy") {
        const asked = runs.plugin?.others[step].filter((request) => request.includes("/v1.0/"));
        // A code whose answer was lost is looked after, an unfinished validation asked for again; else nobody asks.
        expect(asked?.length).toBeLessThanOrEqual(step === "again" ? 2 : 0);
    }
});

test("every difference that is allowed was met", () => {
    expect(differences.filter(({ without }) => without !== undefined)).toEqual([...met]);
});
