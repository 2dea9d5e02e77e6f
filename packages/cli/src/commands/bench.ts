import { type BenchPlace, openBenchPlace } from '../bench/bench-place.ts';
import type { AppendRate, Rate } from '../bench/measure.ts';
import { type BenchResult, runBench } from '../bench/run-bench.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupted } from '../failure/interrupted.ts';
import { integer, JSON_FLAG } from '../option.ts';
import { required } from '../parameter.ts';
import { bytesText, countText } from '../progress/quantity.ts';

const MIB = 1024 * 1024;

export const bench: Command = defineCommand({
  name: 'bench',
  summary: 'measure appends and a scan on a disk or a bucket of yours',
  details:
    'Makes a log of its own under the address, named wal-bench-…, and removes it in the end, also after Ctrl-C; no log that is there is ' +
    'touched. Each append is one record, and durable before its caller appends the next; a measurement ends early at 1 GiB, in memory at 256 MiB. The scan reads what was appended, over and over: ' +
    'from a disk that is mostly the memory of the system. In a bucket each request costs what it always does.',
  parameters: {
    address: required('where to measure: a directory, file:PATH, s3://BUCKET/PREFIX or mem:'),
  },
  options: {
    recordBytes: integer('--record-bytes <bytes>', 'the size of a record', {
      min: 0,
      max: MIB,
      initial: 256,
    }),
    seconds: integer('--seconds <seconds>', 'how long each of the three measurements takes', {
      min: 1,
      max: 60,
      initial: 3,
    }),
    json: JSON_FLAG,
  },
  examples: [
    { line: 'wal bench /var/lib', does: 'the disk that this is on' },
    { line: 'wal bench s3://bucket --record-bytes 4096', does: 'a bucket, from here' },
  ],
  async run({ parameters: { address }, options }, { stdout, stderr, env, signal }) {
    const { recordBytes, seconds, json } = options;
    const place = await openBenchPlace(address, env);
    let result: BenchResult;
    try {
      const settings = { recordBytes, seconds, showsProgress: !json, signal };
      result = await runBench(place, settings, stderr);
    } catch (error) {
      const isRemoved = await place.remove().then(
        () => true,
        () => false,
      );
      const what = `${place.name} is ${isRemoved ? 'removed' : 'still there: remove it'}`;
      if (error instanceof Interrupted) await stderr.line(`wal: ${error.message} (${what})`);
      else if (!isRemoved) await stderr.line(`wal: ${what}`);
      throw error;
    }
    await place.remove();
    const report = { place, recordBytes, seconds, result };
    await stdout.write(json ? jsonText(report) : resultText(report));
  },
});

interface Report {
  readonly place: BenchPlace;
  readonly recordBytes: number;
  readonly seconds: number;
  readonly result: BenchResult;
}

function perSecond({ records, elapsedMs }: Rate): number {
  return elapsedMs > 0 ? (records * 1000) / elapsedMs : 0;
}

function resultText({ place, recordBytes, seconds, result: { appends, scan } }: Report): string {
  const rate = (title: string, measured: Rate): string => {
    const each = perSecond(measured);
    const records = `${countText(each)} records/s`.padStart(22);
    return `${title.padEnd(22)}${records}${`${bytesText(each * recordBytes)}/s`.padStart(14)}`;
  };
  const latency = ({ p50Ms, p99Ms }: AppendRate): string =>
    `   p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms`;
  const lines = [
    `${place.backend}, records of ${recordBytes} bytes, ${seconds} s each; ${place.name} is removed`,
    ...appends.map((append) => {
      const title =
        append.callers === 1 ? 'append, one at a time' : `append, ${append.callers} at once`;
      return rate(title, append) + latency(append);
    }),
    rate('scan', scan),
  ];
  return `${lines.join('\n')}\n`;
}

function jsonText({ place, recordBytes, seconds, result: { appends, scan } }: Report): string {
  const rate = ({ records, elapsedMs }: Rate) => ({
    records,
    elapsedMs,
    recordsPerSecond: perSecond({ records, elapsedMs }),
  });
  const { backend } = place;
  return `${JSON.stringify({
    backend,
    recordBytes,
    seconds,
    appends: appends.map(({ callers, p50Ms, p99Ms, ...append }) => ({
      callers,
      ...rate(append),
      p50Ms,
      p99Ms,
    })),
    scan: rate(scan),
  })}\n`;
}
