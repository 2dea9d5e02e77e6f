import { CRASH_SCRIPTS, type CrashScript } from '@wal/conformance';
import { ROLL } from '../support/extras.ts';
import { newRecord } from './numbered-records.ts';

const one = (length: number): Uint8Array[] => [newRecord(length)];

/** Short uses of a log, every call of which is tried as the last: everybody's, and one of segments. */
export const SCRIPTS: readonly CrashScript[] = [
  ...CRASH_SCRIPTS,
  {
    clause: 'CRASH-1',
    title: 'rolls by size and by hand',
    run: async ({ log, settled }) => {
      const calls = [
        () => log.append(one(2500)),
        () => log.append(one(2500)),
        () => log.extra(ROLL),
        () => log.append(one(40)),
        () => log.trim(2),
      ];
      for (const call of calls) {
        call();
        await settled();
      }
    },
  },
];
