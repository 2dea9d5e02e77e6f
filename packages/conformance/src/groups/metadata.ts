import type { Log } from '@wal/core';
import { assertBytes, assertRejects } from '../assertions.ts';
import { clauseNeeding, metadata, reopening } from '../clause-test.ts';
import type { LogCapabilities } from '../fixture.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, fill, pattern } from '../records.ts';

/** The bytes that a log carries from its creation on (METADATA-1, 2). */
export const metadataGroup: ConformanceGroup = defineGroup('metadata', [
  clauseNeeding(
    metadata,
    'METADATA-1',
    'the log gives back what it was created with',
    async (s) => {
      const given = pattern(300, 1);
      const log = await s.place.open({ metadata: given });
      given.fill(0);
      assertMetadata(s.capabilities, log, pattern(300, 1), 'of a new log');
      await log.truncate(-1);
      await fill(log, 2);
      assertMetadata(s.capabilities, log, pattern(300, 1), 'after use');
    },
  ),

  clauseNeeding(
    [metadata, reopening],
    'METADATA-1',
    'a reopened log gives it back too',
    async ({ place, capabilities }) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      let log = await place.open({ metadata: bytes });
      await fill(log, 2);
      for (let round = 0; round < 2; round++) {
        await log.close();
        log = await place.open();
        assertMetadata(capabilities, log, bytes, 'reopened');
        await log.trim(log.nextId);
      }
    },
  ),

  clauseNeeding(
    [metadata, reopening],
    'METADATA-2',
    'other metadata is refused and changes nothing',
    async ({ place, capabilities }) => {
      const bytes = pattern(20, 1);
      let log = await place.open({ metadata: bytes });
      const records = await fill(log, 2);
      await log.close();
      const flipped = bytes.slice();
      flipped[19] = 0xff ^ (flipped[19] ?? 0);
      for (const other of [pattern(20, 2), flipped, bytes.slice(0, 19), pattern(21, 1)]) {
        const call = (): unknown => place.open({ metadata: other });
        await assertRejects(call, 'ERR_LOG_METADATA_MISMATCH', `${other.length} other bytes`);
      }
      log = await place.open({ metadata: bytes });
      assertMetadata(capabilities, log, bytes, 'opened with the same');
      await assertHolds(log, records, 3, 'opened with the same');
    },
  ),

  clauseNeeding(
    [metadata, reopening],
    'METADATA-2',
    'the same metadata, or none, opens the log',
    async ({ place, capabilities }) => {
      const bytes = pattern(20, 1);
      for (const given of [bytes, undefined, bytes.slice(), undefined]) {
        const log = await place.open(given === undefined ? {} : { metadata: given });
        assertMetadata(capabilities, log, bytes, 'opened');
        await log.close();
      }
    },
  ),
]);

function assertMetadata(
  capabilities: LogCapabilities,
  log: Log,
  expected: Uint8Array,
  what: string,
): void {
  assertBytes(capabilities.metadata?.(log), expected, `metadata ${what}`);
}
