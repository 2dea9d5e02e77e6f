import { REPLAY_FLAT, REPLAY_GROWTH } from '../measurements/replay.ts';
import { median } from '../runner/statistics.ts';
import { FAR, NEAR } from '../s3/distances.ts';
import { IDLE_LOAD } from '../s3/latency.ts';
import { LARGE_LOAD } from '../s3/memory.ts';
import { OPEN_FEW, OPEN_MANY } from '../s3/open-requests.ts';
import { WIDE } from '../s3/replay.ts';
import { ALONE, FOLLOW, REPLAY, TOGETHER } from '../s3/requests.ts';
import { type Bar, ratioOf } from './bar.ts';
import { againstOthers, atMost } from './bar-kinds.ts';
import { type Figure, findFigure } from './figure.ts';

const LONGER_THAN_RAW_MS = 2;

export const S3_BARS: readonly Bar[] = [
  ...againstOthers('s3-append', NEAR, { raw: 0.9 }, 's3log'),
  ...againstOthers('s3-append', FAR, { raw: 0.9 }, 's3log'),
  ...[NEAR, FAR].flatMap((load) => [
    ...againstOthers('s3-replay', load, { raw: 0.9 }, 's3log'),
    ...againstOthers('s3-replay', load, { raw: 0.9 }, WIDE),
  ]),
  {
    name: `s3-latency, ${IDLE_LOAD}: s3log longer than raw`,
    measurement: 's3-latency',
    sense: 'at most',
    target: LONGER_THAN_RAW_MS,
    unit: 'ms',
    measure: (figures) => differenceOf(idleMedian(figures, 's3log'), idleMedian(figures, 'raw')),
  },
  ...[ALONE, TOGETHER].flatMap((load) => [
    atMost('s3-requests', load, 's3log', 'PUT a group', 1, 'count'),
    atMost('s3-requests', load, 's3log', 'other requests', 0, 'count'),
  ]),
  {
    name: `s3-requests, ${OPEN_MANY}: by 10 chunks`,
    measurement: 's3-requests',
    sense: 'at most',
    target: 1,
    unit: 'ratio',
    measure: (figures) =>
      ratioOf(
        findFigure(figures, 's3-requests', OPEN_MANY, 's3log', 'requests'),
        findFigure(figures, 's3-requests', OPEN_FEW, 's3log', 'requests'),
      ),
  },
  atMost('s3-requests', REPLAY, 's3log', 'GET a chunk', 1, 'count'),
  atMost('s3-requests', REPLAY, 's3log', 'other requests', 0, 'count'),
  atMost('s3-requests', FOLLOW, 's3log', 'GET a look', 1, 'count'),
  atMost('s3-memory', LARGE_LOAD, 's3log', REPLAY_GROWTH, REPLAY_FLAT, 'ratio'),
];

function idleMedian(figures: readonly Figure[], contender: string): Figure | undefined {
  return findFigure(figures, 's3-latency', IDLE_LOAD, contender, 'p50');
}

/** Of the differences round by round the median. */
function differenceOf(over: Figure | undefined, under: Figure | undefined): number | undefined {
  if (over === undefined || under === undefined) return undefined;
  return median(over.rounds.map((value, round) => value - (under.rounds[round] as number)));
}
