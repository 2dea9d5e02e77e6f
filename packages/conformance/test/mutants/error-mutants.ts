import { type AppendInput, checkRecordId, LogError, type OperationOptions } from '@wal/core';
import { ArrayLog } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

type Input = AppendInput | readonly AppendInput[];

const without = (): OperationOptions => ({});

export const errorMutants: readonly Mutant[] = [
  mutant(
    'ERRORS-1',
    'get of NaN is not refused',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        return super.get(Number.isNaN(id) ? this.nextId : id, options);
      }
    },
  ),
  mutant(
    'ERRORS-1',
    'trim takes numbers in strings',
    class extends ArrayLog {
      override async trim(discardUpTo: number, options?: OperationOptions) {
        const given: unknown = discardUpTo;
        await super.trim(
          typeof given === 'string' && given !== '' ? Number(given) : discardUpTo,
          options,
        );
      }
    },
  ),
  mutant(
    'ERRORS-1',
    'append takes an ArrayBuffer',
    class extends ArrayLog {
      override checked(input: Input) {
        const given: unknown = input;
        return super.checked(given instanceof ArrayBuffer ? new Uint8Array(given) : input);
      }
    },
  ),
  mutant(
    'ERRORS-1',
    'a signal that is none is not looked at',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        const isSignal = options?.signal instanceof AbortSignal || typeof options !== 'object';
        await super.truncate(lastToKeep, isSignal ? options : without());
      }
    },
  ),
  mutant(
    'ERRORS-1',
    'the message does not name the value',
    class extends ArrayLog {
      override async trim(discardUpTo: number, options?: OperationOptions) {
        await super.trim(discardUpTo, options).catch((error: unknown) => {
          if (!(error instanceof LogError)) throw error;
          throw new LogError(error.code, 'bad argument', { firstId: error.firstId });
        });
      }
    },
  ),
  mutant(
    'ERRORS-2',
    'get fails with an Error that only has a code',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        return super.get(id, options).catch((error: unknown) => {
          if (!(error instanceof LogError)) throw error;
          const { code, firstId, nextId } = error;
          throw Object.assign(new Error(error.message), { code, firstId, nextId });
        });
      }
    },
  ),
  mutant(
    'ERRORS-3',
    'get throws for a bad id',
    class extends ArrayLog {
      override get(id: number, options?: OperationOptions) {
        checkRecordId('id', id);
        return super.get(id, options);
      }
    },
  ),
  mutant(
    'ERRORS-3',
    'append throws on a closed log',
    class extends ArrayLog {
      override append(input: Input, options?: OperationOptions) {
        if (this.closing !== undefined) this.check(undefined);
        return super.append(input, options);
      }
    },
  ),
  mutant(
    'ERRORS-4',
    'a refused append takes an id',
    class extends ArrayLog {
      override checked(input: Input) {
        try {
          return super.checked(input);
        } catch (error) {
          this.planned.nextId++;
          throw error;
        }
      }
    },
  ),
];

export const abortMutants: readonly Mutant[] = [
  mutant(
    'ABORT-1',
    'an append that is aborted already still appends',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        if (options?.signal?.aborted === true) {
          await super.append(input, without());
          throw options.signal.reason;
        }
        return super.append(input, options);
      }
    },
  ),
  mutant(
    'ABORT-1',
    'a get that is aborted already is answered',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        return super.get(id, options?.signal instanceof AbortSignal ? without() : options);
      }
    },
  ),
  mutant(
    'ABORT-1',
    'trim rejects with an error of its own',
    class extends ArrayLog {
      override async trim(discardUpTo: number, options?: OperationOptions) {
        if (options?.signal?.aborted === true) throw new DOMException('aborted', 'AbortError');
        await super.trim(discardUpTo, options);
      }
    },
  ),
  mutant(
    'ABORT-2',
    'an append under way does not notice an abort',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        this.check(options);
        return super.append(input, without());
      }
    },
  ),
  mutant(
    'ABORT-2',
    'an aborted batch is written in part',
    class extends ArrayLog {
      #signal: AbortSignal | undefined;
      readonly #signals = new WeakMap<readonly Uint8Array[], AbortSignal>();
      override checked(input: Input) {
        const records = super.checked(input);
        if (this.#signal !== undefined) this.#signals.set(records, this.#signal);
        return records;
      }
      override append(input: Input, options?: OperationOptions) {
        this.#signal = options?.signal ?? undefined;
        return super.append(input, options);
      }
      override store(records: readonly Uint8Array[]) {
        const isAborted = this.#signals.get(records)?.aborted === true;
        super.store(isAborted ? records.slice(0, 1) : records);
        if (isAborted) this.planned = this.durable();
      }
    },
  ),
  mutant(
    'ABORT-3',
    'an aborted append leaves its ids to those after it',
    class extends ArrayLog {
      #signal: AbortSignal | undefined;
      readonly #signals = new WeakMap<readonly Uint8Array[], AbortSignal>();
      override checked(input: Input) {
        const records = super.checked(input);
        if (this.#signal !== undefined) this.#signals.set(records, this.#signal);
        return records;
      }
      override append(input: Input, options?: OperationOptions) {
        this.#signal = options?.signal ?? undefined;
        return super.append(input, options);
      }
      override store(records: readonly Uint8Array[]) {
        if (this.#signals.get(records)?.aborted !== true) super.store(records);
      }
    },
  ),
];
