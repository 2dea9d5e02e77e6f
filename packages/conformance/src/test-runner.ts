/**
 * What the suite needs of a test runner. `describe` and `test` of vitest and of `node:test` fit as they
 * are; for mocha and its kin pass `{ describe, test: it }`.
 */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>): void;
}
