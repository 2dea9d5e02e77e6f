// Moves a program from a file of JSON lines to a log, without a moment in which a record can be lost. See docs/guides/migrate.md.
import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FsLog, nodeDisk, openFsLog } from '@wal/fslog';
import { importRecords } from './import-records.ts';
import { jsonLines } from './json-lines.ts';

/**
 * The log to go on with, with everything that is in the file. To be called when the program starts, in place of opening
 * the file: nobody writes to it any more, and if this is killed at any moment it can be called again.
 */
export async function switchOver(file: string, directory: string): Promise<FsLog> {
  const log = await openFsLog(directory); // Two programs that start at once: one gets ERR_LOG_LOCKED.
  try {
    if (await exists(file)) {
      const { compared, imported } = await importRecords(log, jsonLines(file));
      const again = await importRecords(log, jsonLines(file));
      if (again.imported > 0) throw new Error(`somebody still writes to ${file}`);
      console.log(`${compared} records were there, ${imported} are new, all are the same`);
      await rename(file, `${file}.imported`);
      // Durable before the first append: back after a power cut, the file would have fewer records than the log.
      await nodeDisk.syncDirectory(dirname(file));
    }
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
