import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/**/*.test.{ts,mts}"],
        reporters: ["default", "./test/reporter.mts"],
        // Engine tests start real processes on small machines: this bounds a hang, it is no promise of speed.
        testTimeout: 300_000,
        hookTimeout: 300_000,
        maxWorkers: 2,
    },
});
