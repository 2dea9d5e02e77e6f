import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { openLineLog } from '../custom-backend/line-log.ts';
import type { LineLogMutant } from './line-log-mutants.ts';

const SOURCE = new URL('../custom-backend/line-log.ts', import.meta.url);

/** `openLineLog` of the source with the mutant's mistake, which is compiled from `folder`. */
export async function mutatedLineLog(
  { name, from, to }: LineLogMutant,
  folder: string,
): Promise<typeof openLineLog> {
  const source = await readFile(SOURCE, 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${name}: not once in the source:\n${from}`);
  const core = JSON.stringify(fileURLToPath(import.meta.resolve('@wal/core')));
  const text = parts.join(to).replace("'@wal/core'", core);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name.replaceAll(' ', '-')}.ts`);
  await writeFile(path, text);
  const module = (await import(path)) as { openLineLog: typeof openLineLog };
  return module.openLineLog;
}
