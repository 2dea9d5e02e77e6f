import { setImmediate } from 'node:timers/promises';
import type { AppendInput, OperationOptions } from '@wal/core';
import { ArrayLog, type LogState } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

type Input = AppendInput | readonly AppendInput[];

export const orderMutants: readonly Mutant[] = [
  mutant(
    'ORDER-1',
    'truncate does not wait for the appends before it',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        this.check(options);
        if (lastToKeep >= -1) this.applyTruncate(lastToKeep);
        await super.truncate(lastToKeep, options);
        this.applyTruncate(Number.MAX_SAFE_INTEGER);
      }
      override plannedTruncate(state: LogState, lastToKeep: number) {
        if (state === this.planned && lastToKeep < this.durable().nextId) {
          super.plannedTruncate(state, lastToKeep);
        }
      }
    },
  ),
  mutant(
    'ORDER-1',
    'trim overtakes the truncate before it',
    class extends ArrayLog {
      override async trim(discardUpTo: number, options?: OperationOptions) {
        const done = super.trim(discardUpTo, options);
        if (Number.isSafeInteger(discardUpTo)) this.applyTrim(discardUpTo);
        return done;
      }
    },
  ),
  mutant(
    'ORDER-2',
    'a large append resolves later than those after it',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const isLarge = input instanceof Uint8Array && input.length > 4000;
        const result = await super.append(input, options);
        for (let i = 0; isLarge && i < 10; i++) await setImmediate();
        return result;
      }
    },
  ),
  mutant(
    'ORDER-2',
    'a truncate that removes nothing resolves at once',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        this.check(options);
        if (lastToKeep >= this.nextId - 1 && Number.isSafeInteger(lastToKeep)) return;
        await super.truncate(lastToKeep, options);
      }
    },
  ),
  mutant(
    'ORDER-3',
    'the seventeenth append at once gets the bytes of the one before',
    class extends ArrayLog {
      #inFlight = 0;
      #before: readonly Uint8Array[] = [];
      override checked(input: Input) {
        const own = super.checked(input);
        const records = this.#inFlight === 16 ? own.map((one, i) => this.#before[i] ?? one) : own;
        this.#before = own;
        return records;
      }
      override async append(input: Input, options?: OperationOptions) {
        const done = super.append(input, options);
        this.#inFlight++;
        return done.finally(() => {
          this.#inFlight--;
        });
      }
    },
  ),
  mutant(
    'ORDER-4',
    'a refused append fails the next one too',
    class extends ArrayLog {
      #error: unknown;
      override checked(input: Input) {
        const error = this.#error;
        this.#error = undefined;
        if (error !== undefined) throw error;
        try {
          return super.checked(input);
        } catch (refusal) {
          this.#error = refusal;
          throw refusal;
        }
      }
    },
  ),
  mutant(
    'ORDER-5',
    'an append takes its ids before it looks at its records',
    class extends ArrayLog {
      override checked(input: Input) {
        const { nextId } = this.planned;
        const records = super.checked(input);
        this.planned.nextId = nextId;
        return records;
      }
    },
  ),
  mutant(
    'ORDER-5',
    'a truncate goes by the end that the log had before its options were read',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        const removesNothing = lastToKeep === this.nextId - 1;
        this.check(options);
        await super.truncate(removesNothing ? this.nextId - 1 : lastToKeep, options);
      }
    },
  ),
  mutant(
    'ORDER-5',
    'what a record closes takes it all the same',
    class extends ArrayLog {
      #isTaking = false;
      override checked(input: Input) {
        this.#isTaking = true;
        try {
          return super.checked(input);
        } finally {
          this.#isTaking = false;
        }
      }
      override unreadable() {
        return this.#isTaking ? undefined : super.unreadable();
      }
    },
  ),
];
