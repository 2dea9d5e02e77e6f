import { MEMLOG_APPENDS, MEMLOG_SCAN } from '../in-process/memlog.ts';
import { appendLoadName } from '../measurements/append.ts';
import { BATCHES_LOAD } from '../measurements/batches.ts';
import { EVENT_LOOP_LOAD } from '../measurements/event-loop.ts';
import { HOT_LOAD } from '../measurements/get.ts';
import { OPEN_LARGE, OPEN_SMALL } from '../measurements/large-log.ts';
import { LARGE_LOAD } from '../measurements/large-records.ts';
import { REPLAY_FLAT, REPLAY_GROWTH } from '../measurements/replay.ts';
import { scanLoadName } from '../measurements/scan.ts';
import { type Bar, ratioOf } from './bar.ts';
import { againstOthers, atMost, rate } from './bar-kinds.ts';
import { findFigure } from './figure.ts';
import { S3_BARS } from './s3-bars.ts';

const SCANNED = scanLoadName(256);
/** The same is meant: what two openings in a row differ by is no growth. */
const OPEN_SAME = 1.2;

export const BARS: readonly Bar[] = [
  ...againstOthers('append', appendLoadName(1), { bare: 0.85, 'classic-level': 1, lmdb: 1 }),
  ...againstOthers('append', appendLoadName(64), { bare: 0.6, 'classic-level': 8, lmdb: 1.5 }),
  ...againstOthers('append', appendLoadName(1024), { bare: 0.6, 'classic-level': 8, lmdb: 1.5 }),
  rate('batches', BATCHES_LOAD, 'fslog', 900_000),
  ...againstOthers('batches', BATCHES_LOAD, { lmdb: 2 }),
  ...againstOthers('large-records', LARGE_LOAD, { bare: 0.85 }),
  rate('scan', SCANNED, 'fslog nextBatch', 3_300_000),
  ...againstOthers('scan', SCANNED, { lmdb: 4 }, 'fslog nextBatch'),
  rate('scan', SCANNED, 'fslog for await', 1_500_000),
  rate('get', HOT_LOAD, 'fslog', 190_000),
  atMost('large-log', OPEN_LARGE, 'fslog', 'open', 100, 'ms'),
  {
    name: `large-log: open at ${OPEN_LARGE} by ${OPEN_SMALL}`,
    measurement: 'large-log',
    sense: 'at most',
    target: OPEN_SAME,
    unit: 'ratio',
    measure: (figures) =>
      ratioOf(
        findFigure(figures, 'large-log', OPEN_LARGE, 'fslog', 'open'),
        findFigure(figures, 'large-log', OPEN_SMALL, 'fslog', 'open'),
      ),
  },
  atMost('large-log', OPEN_LARGE, 'fslog', REPLAY_GROWTH, REPLAY_FLAT, 'ratio'),
  atMost('event-loop', EVENT_LOOP_LOAD, 'fslog', 'p99', 5, 'ms'),
  rate('memlog', MEMLOG_APPENDS, 'memlog', 1_500_000),
  rate('memlog', MEMLOG_SCAN, 'memlog', 15_000_000),
  ...S3_BARS,
];
