import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compiledExample } from './compiled-examples.ts';

const script = compiledExample('tested-service/inventory-node-test.ts');

test('the tests of the inventory pass under node:test', async () => {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const parameters = ['--test', '--test-reporter=tap', script];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { env });
  expect(stdout).toMatch(/^# pass 7$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
