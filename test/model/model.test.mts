import { expect, test } from "vitest";
import { runSequences } from "./run.mts";

/* Whatever users edit, whatever goes wrong and whenever a run is killed: what `world.mts` holds is so. */

test("150 random sequences of edits, faults, kills, refreshes and previews break no invariant", async () => {
    const tally = await runSequences(150);
    console.log(`model: ${JSON.stringify(tally)}`);
    for (const [what, count] of Object.entries(tally)) {
        expect(count, what).toBeGreaterThan(20);
    }
});
