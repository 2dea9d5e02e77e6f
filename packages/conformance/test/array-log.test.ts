import { logConformance } from '@wal/conformance';
import { describe, test } from 'vitest';
import { arrayFixture } from './array-fixture.ts';
import { ArrayLog } from './array-log.ts';

/** Nothing takes a turn of the event loop: changes become durable between any two steps of a reader. */
class EagerArrayLog extends ArrayLog {
  protected override async settle(): Promise<void> {}
}

logConformance({ describe, test }, arrayFixture('a log in an array'));
logConformance(
  { describe, test },
  arrayFixture('a log in an array, without delay', (storage, options) => {
    return new EagerArrayLog(storage, options);
  }),
);
