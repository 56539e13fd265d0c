import type { Reporter, TestModule } from "vitest/node";

/**
 * Closes a run with its count, plain on a line of its own, and says of each test that was skipped why: `Tests: 12
 * passed, 0 failed, 1 skipped`. For people who scroll to the end, and for what reads the output of a pipeline.
 */
export default class ClosingCount implements Reporter {
    onTestRunEnd(modules: readonly TestModule[]): void {
        const count = { passed: 0, failed: 0, skipped: 0 };
        const withoutReason: string[] = [];
        for (const module of modules) {
            for (const test of module.children.allTests()) {
                const { state, note } = { note: undefined, ...test.result() };
                if (state === "pending") {
                    continue;
                }
                count[state] += 1;
                if (state === "skipped") {
                    process.stdout.write(`skipped: ${test.fullName}: ${note ?? "no reason given"}\n`);
                    if (note === undefined) {
                        withoutReason.push(test.fullName);
                    }
                }
            }
            // A file that fails to load has no tests; it is a failure all the same.
            count.failed += module.errors().length;
        }
        if (withoutReason.length > 0) {
            process.exitCode = 1;
        }
        process.stdout.write(
            `Tests: ${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ""}\n`,
        );
    }
}
