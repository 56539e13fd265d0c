import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        include: ["test/**/*.test.{ts,mts}"],
        // Engine tests start real processes on small machines: what bounds them is their own deadline.
        testTimeout: 180_000,
        hookTimeout: 180_000,
    },
});
