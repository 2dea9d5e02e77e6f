import type { AppendInput, Log } from '@wal/core';
import fc from 'fast-check';
import { assertEqual, assertRejects } from '../assertions.ts';
import { pattern } from '../records.ts';
import type { LogModel } from './log-model.ts';

/**
 * A call that changes a log. Ids are chosen relative to the model, so that random runs meet the places
 * where things happen.
 */
export interface Operation {
  readonly name: string;
  /** Makes the call and does the same to the model, both at once; resolves when the answer is checked. */
  issue(model: LogModel, log: Log): Promise<void>;
}

type Ids = 'none' | 'right' | 'wrong';

function append(sizes: readonly number[], seed: number, ids: Ids, alone: boolean): Operation {
  return {
    name: `append(${sizes.join('+')} bytes, ids ${ids}${alone ? ', alone' : ''})`,
    async issue(model, log) {
      const firstId = model.nextId;
      const batch = sizes.map((size, i) => pattern(size, seed + i));
      // The caller's own copies, overwritten as soon as append returns.
      const given = batch.map((data) => data.slice());
      const inputs = given.map((data, i): AppendInput => {
        if (ids === 'none') return data;
        const isWrong = ids === 'wrong' && i === given.length - 1;
        return { id: firstId + i + (isWrong ? 1 : 0), data };
      });
      const answer = log.append(alone && inputs.length === 1 ? (inputs[0] ?? []) : inputs);
      for (const data of given) data.fill(0xee);
      if (ids === 'wrong' && sizes.length > 0) {
        const expectedId = firstId + sizes.length - 1;
        await assertRejects(() => answer, 'ERR_LOG_NON_SEQUENTIAL', this.name, { expectedId });
        return;
      }
      model.append(batch);
      const expected = { firstId, lastId: firstId + sizes.length - 1 };
      assertEqual(await answer, expected, this.name);
    },
  };
}

function truncate(back: number): Operation {
  return {
    name: `truncate(nextId - 1 - ${back})`,
    async issue(model, log) {
      const lastToKeep = Math.max(-1, model.nextId - 1 - back);
      model.truncate(lastToKeep);
      await log.truncate(lastToKeep);
    },
  };
}

function trim(from: 'start' | 'end', ahead: number): Operation {
  return {
    name: `trim(${from} + ${ahead})`,
    async issue(model, log) {
      const base = from === 'start' ? model.trimMark : model.nextId - 1;
      const discardUpTo = Math.max(0, base + ahead);
      model.trim(discardUpTo);
      await log.trim(discardUpTo);
    },
  };
}

function refused(): Operation {
  return {
    name: 'calls with bad arguments',
    async issue(_model, log) {
      const calls = [
        () => log.append([new Uint8Array(1), null as never]),
        () => log.truncate(-2),
        () => log.trim(0.5),
      ];
      await Promise.all(
        calls.map((call) => assertRejects(call, 'ERR_LOG_INVALID_ARGUMENT', this.name)),
      );
    },
  };
}

const sizes = fc.array(
  fc.oneof({ weight: 8, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(9000) }),
  { maxLength: 6 },
);

/** Appends mostly, or there would be little to truncate and trim. */
export const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        sizes,
        fc.nat(255),
        fc.constantFrom<Ids>('none', 'none', 'none', 'right', 'wrong'),
        fc.boolean(),
      )
      .map(([all, seed, ids, alone]) => append(all, seed, ids, alone)),
  },
  { weight: 2, arbitrary: fc.integer({ min: -2, max: 12 }).map(truncate) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('start' as const, 'start' as const, 'end' as const), fc.nat(4))
      .map(([from, ahead]) => trim(from, ahead - 1)),
  },
  { weight: 1, arbitrary: fc.constant(refused()) },
);
