import { type IteratorOptions, isLogError, type Log, type LogIterator } from '@wal/core';
import fc from 'fast-check';
import {
  assertEqual,
  assertRecord,
  assertRecords,
  assertRejects,
  ConformanceFailure,
} from '../assertions.ts';
import type { LogPlace } from '../fixture.ts';
import { assertHolds, drain, drainRuns } from '../records.ts';
import type { LogModel } from './log-model.ts';
import { type Operation, operations } from './operations.ts';

/** The log under test, open, and the iterator that is kept open on it. */
interface ModelledLog {
  readonly place: LogPlace;
  log: Log;
  held: LogIterator | undefined;
}

type Command = fc.AsyncCommand<LogModel, ModelledLog>;

function command(name: string, run: Command['run']): Command {
  return { check: () => true, run, toString: () => name };
}

/** Calls made at once, none of them awaited before the next: they count as if they were (ORDER-1). */
function pipeline(group: readonly Operation[]): Command {
  const names = group.map(({ name }) => name).join('; ');
  return command(group.length === 1 ? names : `at once: ${names}`, async (model, { log }) => {
    const answers: Promise<void>[] = [];
    for (const operation of group) {
      const answer = operation.issue(model, log);
      // Handled below: this only keeps a rejection from counting as unhandled until then.
      answer.catch(() => {});
      answers.push(answer);
      assertEqual(log.nextId, model.nextId, `nextId at once after ${operation.name}`);
    }
    await Promise.all(answers);
    assertEqual(log.firstId, model.records[0]?.id, 'firstId');
    assertEqual(log.lastId, model.records.at(-1)?.id, 'lastId');
  });
}

function get(offset: number): Command {
  return command(`get(start + ${offset})`, async (model, { log }) => {
    const id = Math.max(0, model.trimMark + offset);
    const expected = model.recordOf(id);
    if (expected !== undefined) {
      assertRecord(await log.get(id), expected, `get(${id})`);
    } else if (id <= model.trimMark) {
      const firstId = model.trimMark + 1;
      await assertRejects(() => log.get(id), 'ERR_LOG_TRIMMED', `get(${id})`, { firstId });
    } else {
      const { nextId } = model;
      await assertRejects(() => log.get(id), 'ERR_LOG_NOT_FOUND', `get(${id})`, { nextId });
    }
  });
}

function iterate(offset: number, count: number | undefined, byBatch: boolean): Command {
  const length = count === undefined ? 'all' : count;
  const name = `iterate(start + ${offset}, ${length}${byBatch ? ', by batch' : ''})`;
  return command(name, async (model, { log }) => {
    const start = Math.max(0, model.trimMark + offset);
    const end = count === undefined ? undefined : Math.max(0, start + count - 1);
    const options: IteratorOptions = { start, end };
    const given = await (byBatch ? drainRuns : drain)(log.iterator(options));
    const last = end ?? Number.POSITIVE_INFINITY;
    const expected = model.records.filter(({ id }) => id >= start && id <= last);
    assertRecords(given, expected, name);
  });
}

/** One step of the iterator that is kept open across all that happens; a new one where there is none. */
function step(offset: number, byBatch: boolean): Command {
  return command(`held ${byBatch ? 'nextBatch' : 'next'}`, async (model, real) => {
    if (real.held === undefined || model.held === undefined) {
      const start = Math.max(0, model.trimMark + offset);
      model.held = { start, delivered: undefined, overtaken: new Set() };
      real.held = real.log.iterator({ start });
    }
    const { held } = model;
    const iterator = real.held;
    let run: Awaited<ReturnType<LogIterator['nextBatch']>>;
    try {
      run = byBatch ? await iterator.nextBatch() : await oneOf(iterator);
    } catch (error) {
      const isExpected = [...held.overtaken].some((code) => isLogError(error, code));
      const expected = held.overtaken.size > 0 ? [...held.overtaken].join(' or ') : 'records';
      if (!isExpected) throw new ConformanceFailure('the held iterator', expected, error, error);
      model.held = undefined;
      real.held = undefined;
      return;
    }
    if (held.overtaken.size > 0) {
      throw new ConformanceFailure('the held iterator', [...held.overtaken].join(' or '), run);
    }
    const from = held.delivered === undefined ? held.start : held.delivered + 1;
    const left = model.records.filter(({ id }) => id >= from);
    assertEqual(
      run.length === 0,
      left.length === 0,
      `whether the held iterator is done at ${from}`,
    );
    assertRecords(run, left.slice(0, run.length), 'the held iterator');
    held.delivered = run.at(-1)?.id ?? held.delivered;
    if (run.length > 0) return;
    model.held = undefined;
    real.held = undefined;
  });
}

async function oneOf(iterator: LogIterator): ReturnType<LogIterator['nextBatch']> {
  const result = await iterator.next();
  return result.done === true ? [] : [result.value];
}

function compare(): Command {
  return command('compare', ({ records, nextId }, { log }) =>
    assertHolds(log, records, nextId, 'the whole log'),
  );
}

function reopen(): Command {
  return command('reopen', async (model, real) => {
    await real.log.close();
    model.held = undefined;
    real.held = undefined;
    real.log = await real.place.open();
    await assertHolds(real.log, model.records, model.nextId, 'the reopened log');
  });
}

/** Random commands, with closing and opening again among them or not. */
export function modelCommands(reopens: boolean): fc.Arbitrary<Iterable<Command>> {
  const offset = fc.integer({ min: -2, max: 14 });
  const pipelines = fc.array(operations, { minLength: 1, maxLength: 7 }).map(pipeline);
  const commands: fc.Arbitrary<Command>[] = [
    operations.map((operation) => pipeline([operation])),
    pipelines,
    pipelines,
    offset.map(get),
    fc
      .tuple(offset, fc.option(fc.nat(8), { nil: undefined }), fc.boolean())
      .map(([start, count, byBatch]) => iterate(start, count, byBatch)),
    fc.tuple(offset, fc.boolean()).map(([start, byBatch]) => step(start, byBatch)),
    fc.constant(compare()),
  ];
  if (reopens) commands.push(fc.constant(reopen()));
  return fc.commands(commands, { size: 'max', maxCommands: 40 });
}
