import type { LockHolder } from '@wal/core';
import { type Command, defineCommand } from '../command.ts';
import { factsOf, type LogFacts } from '../inspection/log-facts.ts';
import { JSON_FLAG } from '../option.ts';
import { previewBytes } from '../output/preview.ts';
import { ADDRESS } from '../parameter.ts';
import { bytesText, countOf, countText } from '../progress/quantity.ts';

export const stat: Command = defineCommand({
  name: 'stat',
  summary: 'show ids, bytes, segments, epoch, holder and metadata of a log',
  details:
    'Reads beside a writer, and does not disturb it. The bytes are those of everything that the log needs. Of a bucket nobody ' +
    'can tell who writes: it is whoever opened the log last.',
  parameters: { address: ADDRESS },
  options: { json: JSON_FLAG },
  examples: [
    { line: 'wal stat orders', does: 'a line for each' },
    { line: 'wal stat orders --json | jq .nextId', does: 'the id that the next record gets' },
  ],
  async run({ parameters: { address }, options: { json } }, surroundings) {
    const { stdout, style } = surroundings;
    const facts = await factsOf(address, surroundings);
    if (json) {
      await stdout.line(JSON.stringify(facts));
      return undefined;
    }
    for (const [name, value] of linesOf(facts)) {
      await stdout.line(`${style.bold(name.padEnd(10))}${value}`);
    }
    return undefined;
  },
});

function linesOf(facts: LogFacts): readonly (readonly [name: string, value: string])[] {
  const { address, backend, firstId, lastId, nextId, records, epoch, holder } = facts;
  const ids = firstId === lastId ? `${firstId}` : `${firstId} to ${lastId}`;
  return [
    ['log', `${address} (${backend})`],
    ['records', records === 0 ? 'none' : `${countText(records)}: ${ids}`],
    ['next id', `${nextId}`],
    ...(facts.bytes === undefined ? [] : [['bytes', sizeText(facts)] as const]),
    ...(epoch === undefined ? [] : [['epoch', `${epoch}`] as const]),
    ...(holder === undefined ? [] : [['holder', holderText(holder)] as const]),
    ['metadata', metadataText(facts)],
  ];
}

function sizeText({ bytes = 0, segments = 0, chunks }: LogFacts): string {
  const parts = [countOf(segments, 'segment')];
  if (chunks !== undefined) parts.push(countOf(chunks, 'chunk'));
  return `${bytesText(bytes)} in ${parts.join(' and ')}`;
}

function holderText(holder: LockHolder | null): string {
  if (holder === null) return 'nobody';
  return `process ${holder.pid ?? 'unknown'} on ${holder.host ?? 'unknown'}`;
}

function metadataText({ metadata }: LogFacts): string {
  const bytes = Buffer.from(metadata, 'base64');
  return bytes.length === 0
    ? 'none'
    : `${countOf(bytes.length, 'byte')}: ${previewBytes(bytes, 64)}`;
}
