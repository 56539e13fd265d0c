import { expect, test } from "vitest";
import { runSequences } from "../model/run.mts";

test("2,000 random sequences with the engine's part played by a model of it break no invariant", async () => {
    const tally = await runSequences(2000);
    console.log(`model: ${JSON.stringify(tally)}`);
    expect(tally.sequences).toBeGreaterThanOrEqual(2000);
});
