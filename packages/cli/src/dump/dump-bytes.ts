import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import type { ByteReader } from './byte-reader.ts';
import { dumpMeta, META_MAGIC } from './dump-meta.ts';
import { dumpObject } from './dump-object.ts';
import type { DumpPart } from './dump-part.ts';
import { dumpRoot } from './dump-root.ts';
import { dumpSegments } from './dump-segment.ts';

const SEGMENT_NAME = /\.wal$/;
const META_NAME = /(^|[/\\])META[/\\][0-9a-f]{16}(\.fenced)?$/;

/**
 * The parts of a segment, a chunk, a seal, a root version or a file of META: by the magic, which a file that is called as a
 * segment or as one of META need not have any more.
 * @throws CommandError for bytes that are nothing of a log
 */
export async function dumpBytes(
  reader: ByteReader,
  env: NodeJS.ProcessEnv,
): Promise<AsyncGenerator<DumpPart, void, undefined>> {
  const magic = Buffer.from(await reader.read(0, 8)).toString('latin1');
  switch (magic) {
    case '\x89WALSLO\n':
      return dumpObject(reader, env);
    case '\x89WALROO\n':
      return dumpRoot(reader);
    case '\x89WALSEG\n':
      return dumpSegments(reader);
    case META_MAGIC:
      return dumpMeta(reader);
  }
  if (META_NAME.test(reader.name)) return dumpMeta(reader);
  if (SEGMENT_NAME.test(reader.name)) return dumpSegments(reader);
  const message = `${reader.name} is no file of a log: give one that \`wal segments\` lists, or one in its META`;
  throw new CommandError(message, EXIT.failed);
}
