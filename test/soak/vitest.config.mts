import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** `npm run test:soak`: the longer runs, one after the other, which `npm test` leaves out by their names. */
export default defineConfig({
    test: {
        root: join(import.meta.dirname, "../.."),
        include: ["test/soak/**/*.soak.mts"],
        reporters: ["default", "./test/reporter.mts"],
        // A bound for a hang: alone on two cores none takes 6 minutes, beside much else it may be 15.
        testTimeout: 1_800_000,
        hookTimeout: 300_000,
        maxWorkers: 1,
    },
});
