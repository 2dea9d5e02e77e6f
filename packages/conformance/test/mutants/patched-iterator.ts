import type { LogIterator, LogRecord } from '@wal/core';

/** An iterator that does what another one does, for mutants to change a part of it. */
export class PatchedIterator implements LogIterator {
  protected inner: LogIterator;

  constructor(inner: LogIterator) {
    this.inner = inner;
  }

  next(): Promise<IteratorResult<LogRecord, undefined>> {
    return this.inner.next();
  }

  nextBatch(): Promise<readonly LogRecord[]> {
    return this.inner.nextBatch();
  }

  return(): Promise<IteratorResult<LogRecord, undefined>> {
    return this.inner.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
