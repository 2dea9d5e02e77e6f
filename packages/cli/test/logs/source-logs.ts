import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';

/** A log as somebody may have left it. */
export interface SourceLog {
  readonly title: string;
  readonly options: FsLogOptions;
  readonly fill: (log: FsLog) => Promise<void>;
}

/** Records of different sizes, empty ones among them, that depend on a number. */
export function records(count: number, seed = 0): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.alloc((i * 7) % 100, `${seed + i} `));
}

const metadata = Buffer.from('orders, é');

export const SOURCE_LOGS: readonly SourceLog[] = [
  {
    title: 'with metadata, in several segments',
    options: { metadata, segmentBytes: 16_384 },
    fill: async (log) => {
      for (let i = 0; i < 20; i++) await log.append(records(100, i));
    },
  },
  {
    title: 'with a trim',
    options: { metadata },
    fill: async (log) => {
      await log.append(records(500));
      await log.trim(123);
    },
  },
  {
    title: 'with truncations',
    options: {},
    fill: async (log) => {
      await log.append(records(300));
      await log.truncate(200);
      await log.append(records(100, 1000));
      await log.truncate(250);
      await log.append(records(10, 2000));
    },
  },
  {
    title: 'with a first id of 0',
    options: { firstId: 0 },
    fill: async (log) => {
      await log.append(records(50));
    },
  },
  { title: 'empty', options: { metadata }, fill: async () => undefined },
  { title: 'empty, with a first id of 0', options: { firstId: 0 }, fill: async () => undefined },
  {
    title: 'empty, with a trim mark',
    options: { metadata },
    fill: async (log) => {
      await log.append(records(5));
      await log.trim(1000);
    },
  },
  {
    title: 'with records larger than append takes by default',
    options: { maxRecordBytes: 4_000_000 },
    fill: async (log) => {
      await log.append([Buffer.alloc(3_000_000, 'large'), Buffer.alloc(10)]);
      await log.append(Buffer.alloc(1_500_000, 'also'));
    },
  },
];

export async function createLog(directory: string, { options, fill }: SourceLog): Promise<void> {
  const log = await openFsLog(directory, options);
  await fill(log).finally(() => log.close());
}

/** Of 256 records of a kilobyte a batch: long enough to be stopped in the middle. */
export async function createLongLog(
  directory: string,
  batches: number,
  options: FsLogOptions = {},
): Promise<void> {
  const log = await openFsLog(directory, { metadata, durability: 'none', ...options });
  for (let i = 0; i < batches; i++) {
    await log.append(Array.from({ length: 256 }, (_, j) => Buffer.alloc(1000, `${i * 256 + j} `)));
  }
  await log.close();
}
