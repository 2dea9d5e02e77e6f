import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Server } from '@wal/s3-servers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { BuiltPackages } from './documents/built-packages.ts';
import { documentPaths, parseDocument, readDocument } from './documents/document.ts';
import { isRunnable, RunnableDocuments } from './documents/run-document.ts';

/** Enough for a document with many commands, on a busy machine. */
const LIMIT_MS = 600_000;

let folder: string;
let built: BuiltPackages;

const documents = documentPaths().map(readDocument).filter(isRunnable);
let runnable: RunnableDocuments;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wal-documents-'));
  built = new BuiltPackages(folder);
  runnable = new RunnableDocuments('documents', documents, built);
}, LIMIT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(documents.map(({ path }) => path))(
  'the programs and commands of %s run, and print what it shows',
  async (path) => {
    const server = await S3Server.start('my-bucket'); // Of its own, as its folder is.
    onTestFinished(() => server.stop());
    const { accessKeyId, secretAccessKey } = S3Server.credentials;
    await runnable.run(path, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
  },
  LIMIT_MS,
);

/** A document with these blocks, compiled and run. */
async function runPlanted(name: string, text: string): Promise<void> {
  const documents = new RunnableDocuments(name, [parseDocument(name, text)], built);
  await documents.run(name, {});
}

const PROGRAM = `\`\`\`ts
import { createMemLog } from '@wal/memlog';
const log = createMemLog();
console.log(await log.append(new Uint8Array(3)));
\`\`\`\n`;
const printing = (text: string): string => `<!-- prints -->\n\n\`\`\`text\n${text}\n\`\`\`\n`;

test.each([
  ['what is shown', `${PROGRAM}\n${printing('{ firstId: 1, lastId: 1 }')}`],
  ['what is shown in part', `${PROGRAM}\n${printing('{ firstId: 1, … }')}`],
  ['commands behind what is hidden', '<!-- setup echo a > b -->\n\n```sh\ntest -e b\n```\n'],
  [
    'types that are not run',
    `<!-- types only: why -->\n\n${PROGRAM.replace('console.log', 'throw ')}`,
  ],
  ['JavaScript', PROGRAM.replace('ts', 'js')],
  ['with text between', '<!-- setup echo a > b -->\n\nText.\n\n```sh\ntest -e b\n```\n'],
])('a document passes: %s', async (name, text) => {
  await runPlanted(name.replaceAll(' ', '-'), text);
});

test.each([
  ['a wrong type', PROGRAM.replace('new Uint8Array(3)', '3'), 'does not compile'],
  [
    'a wrong type in JavaScript',
    PROGRAM.replace('ts', 'js').replace('new Uint8Array(3)', '3'),
    'does not compile',
  ],
  [
    'a wrong type in what is not run',
    `<!-- types only: why -->\n\n${PROGRAM.replace('new Uint8Array(3)', '3')}`,
    'does not compile',
  ],
  ['a name that is not there', PROGRAM.replaceAll('createMemLog', 'createLog'), 'does not compile'],
  ['an error', PROGRAM.replace('await', 'await log.get(7), await'), 'ERR_LOG_NOT_FOUND'],
  ['another output', `${PROGRAM}\n${printing('{ firstId: 1, lastId: 2 }')}`, 'instead of'],
  ['less output', `${PROGRAM}\n${printing('{ firstId: 1, lastId: 1 }\n2')}`, 'instead of'],
  ['a command that fails', '```sh\nfalse\ntrue\n```\n', 'ended with 1'],
])('a document fails: %s', async (name, text, message) => {
  await expect(runPlanted(name.replaceAll(' ', '-'), text)).rejects.toThrow(message);
});
