import { type Command, defineCommand } from '../command.ts';
import { openBytes } from '../dump/byte-reader.ts';
import { dumpBytes } from '../dump/dump-bytes.ts';
import { formatPart, formatTitle, partAsJson } from '../dump/format-part.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { flag, JSON_FLAG } from '../option.ts';
import { required } from '../parameter.ts';

export const dump: Command = defineCommand({
  name: 'dump',
  summary: 'explain the bytes of a segment or an object, field by field',
  details:
    'A segment of a directory, or a file of its META; an export; a segment, chunk, seal or root version of a bucket, also one that was downloaded. Behind ' +
    'damage it goes on with the next batch that checks out. The exit code is 3 if something does not. docs/FORMAT.md has the fields.',
  parameters: { file: required('a file, or s3://BUCKET/KEY') },
  options: { summary: flag('-s, --summary', 'one line for each part'), json: JSON_FLAG },
  examples: [
    { line: 'wal dump orders/0000000001000002-0000000000000001.wal', does: 'every field' },
    { line: 'wal dump orders/META/0000000000000001', does: 'the state of the log' },
    { line: 'wal dump --summary part.wal', does: 'what is where, and what is damaged' },
  ],
  async run({ parameters: { file }, options: { summary, json } }, surroundings) {
    const { stdout, style, env, signal } = surroundings;
    const reader = await openBytes(file, env);
    let problems = 0;
    try {
      const digits = Math.max(4, reader.size.toString(16).length);
      for await (const part of await dumpBytes(reader, env)) {
        signal.throwIfAborted();
        if (part.problem !== undefined) problems++;
        if (json) {
          await stdout.line(partAsJson(part), signal);
          continue;
        }
        if (!summary && part.byteOffset > 0) await stdout.line('', signal);
        await stdout.line(formatTitle(part, digits, style), signal);
        if (summary) continue;
        const lines = formatPart(part, digits);
        if (lines.length > 0) await stdout.line(lines.join('\n'), signal);
      }
    } finally {
      await reader.close();
    }
    if (problems === 0) return EXIT.done;
    const what = problems === 1 ? '1 part does' : `${problems} parts do`;
    const message = `${what} not check out: for what that means for the log run \`wal verify\` on it`;
    throw new CommandError(message, EXIT.damaged);
  },
});
