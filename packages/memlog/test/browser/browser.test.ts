import { expect, onTestFinished, test } from 'vitest';
import { chromiumNote, isChromiumThere, launchChromium } from './chromium.ts';
import { runSuite, type TestResult } from './suite.ts';
import { SuiteServer } from './suite-server.ts';

const LIMIT_MS = 600_000;

const titlesOf = (results: readonly TestResult[]) => results.map(({ title }) => title);
const failedOf = (results: readonly TestResult[]) =>
  results.filter(({ failure }) => failure !== undefined);

async function runInChromium(): Promise<readonly TestResult[]> {
  const server = await SuiteServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(server.url);
  // A string: in a function vitest would make the import its own.
  return page.evaluate<readonly TestResult[]>(
    "import('/suite.js').then(({ runSuite }) => runSuite())",
  );
}

test.runIf(isChromiumThere)(
  `core and memlog pass the suite in a browser: ${chromiumNote}`,
  { timeout: LIMIT_MS },
  async () => {
    const inBrowser = await runInChromium();
    expect(failedOf(inBrowser)).toEqual([]);
    const inNode = await runSuite();
    expect(failedOf(inNode)).toEqual([]);
    expect(titlesOf(inBrowser)).toEqual(titlesOf(inNode));
    console.log(`${inBrowser.length} tests in ${chromiumNote}`);
  },
);
