import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '../store/object-store.ts';
import { STORE_TESTS } from './store-tests.ts';
import { TestFolder } from './test-folder.ts';

/**
 * What the suite needs of a test runner. `describe` and `test` of vitest and of `node:test` fit as they are; for mocha
 * and its kin pass `{ describe, test: it }`.
 */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>): void;
}

/** A store to test. */
export interface StoreFixture {
  readonly name: string;
  /** What all keys begin with that the tests write. Default: nothing. */
  readonly prefix?: string | undefined;
  /** Called by each test once; it may be the same store each time. */
  open(): ObjectStore | Promise<ObjectStore>;
}

/**
 * Registers the tests of what a log needs of a store: whether it keeps the contract of `ObjectStore` as long as its
 * requests succeed. Call it at the top level of a test file. Each test writes below a prefix of its own, and deletes
 * at its end what it wrote, so the store need not be empty, and may be in use. Give each test a minute: one writes 1,005 objects.
 */
export function storeConformance(runner: TestRunner, fixture: StoreFixture): void {
  const { name, prefix = '' } = fixture;
  runner.describe(`conformance of the store ${name}`, () => {
    for (const { title, body } of STORE_TESTS) {
      runner.test(title, async () => {
        const store = await fixture.open();
        const folder = new TestFolder(store, `${prefix}store-suite-${randomUUID()}/`);
        let isFailed = true;
        try {
          await body(folder);
          isFailed = false;
        } finally {
          // A test that failed says why itself: an error of the removal would hide that.
          const cleared = folder.clear();
          await (isFailed ? cleared.catch(() => undefined) : cleared);
        }
      });
    }
  });
}
