import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const MOST_CHARACTERS = 4_000;
const { FAILURES } = process.env;

/**
 * A reporter of vitest for the end of a long run: to the file that the environment names as FAILURES it writes what
 * failed, each with what was expected and what was there. The reporter for JSON leaves that out.
 */
export default class FailureReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const failures = modules.flatMap((module) => failuresOf(module));
    const unhandled = unhandledErrors.map((error) => failure('outside of the tests', [error]));
    writeFileSync(FAILURES, [...failures, ...unhandled].join('\n'));
  }
}

function failuresOf(module) {
  const path = relative(process.cwd(), module.moduleId);
  const tests = [...module.children.allTests('failed')];
  // A module that does not load, and hooks, fail without a test that does.
  const others = [module, ...module.children.allSuites()].filter((one) => one.errors().length > 0);
  return [
    ...others.map((one) => failure(`${path}: ${one.fullName ?? 'the file'}`, one.errors())),
    ...tests.map((test) => failure(`${path}: ${test.fullName}`, test.result().errors)),
  ];
}

function failure(title, errors) {
  const text = stripVTControlCharacters(errors.map(reasonOf).join('\n'));
  return `${title}\n${text.slice(0, MOST_CHARACTERS)}\n`;
}

function reasonOf({ name, message, diff, stacks = [], cause }) {
  const places = stacks
    .filter(({ file }) => !file.includes('node_modules'))
    .map(({ file, line, column }) => `at ${relative(process.cwd(), file)}:${line}:${column}`);
  const causes = cause === undefined ? [] : [`caused by ${reasonOf(cause)}`];
  return [`${name}: ${message}`, ...(diff === undefined ? [] : [diff]), ...places, ...causes].join(
    '\n',
  );
}
