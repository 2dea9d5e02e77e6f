import type { S3Log } from '@wal/s3log';
import { expect } from 'vitest';
import type { WriterLine } from './writer-lines.ts';

/** A change that was begun and may have been done. */
type Pending = { readonly say: 'truncate' | 'trim'; readonly to: number };

/** What a log may hold, by what its writers said. */
export class Oracle {
  /** What was appended, by id: acknowledged up to `#acknowledged`, and possibly there above. */
  #texts = new Map<number, string>();
  #acknowledged = 0;
  #firstId = 1;
  #pending: Pending | undefined;

  /** Follows a writer: all that it said until it ended. */
  follow(lines: readonly WriterLine[]): void {
    for (const line of lines) this.#hear(line);
  }

  #hear(line: WriterLine): void {
    switch (line.say) {
      case 'opened':
        expect(line.nextId).toBe(this.#acknowledged + 1);
        break;
      case 'append':
        this.#texts.set(line.id, line.text);
        break;
      case 'appended':
        // In the order of ids: nothing counts before all that is below it does.
        expect(line.id).toBe(this.#acknowledged + 1);
        this.#acknowledged = line.id;
        break;
      case 'truncate':
      case 'trim':
        this.#pending = line;
        break;
      case 'truncated':
      case 'trimmed':
        this.#change(this.#pending as Pending);
        break;
    }
  }

  #change({ say, to }: Pending): void {
    this.#pending = undefined;
    if (say === 'trim') {
      this.#firstId = to + 1;
      return;
    }
    for (const id of [...this.#texts.keys()]) if (id > to) this.#texts.delete(id);
    this.#acknowledged = to;
  }

  /** Compares a log that was opened after its writer ended. From here on what it holds is what must be there. */
  async check(log: S3Log): Promise<void> {
    const found = new Map<number, string>();
    for await (const { id, data } of log.iterator()) found.set(id, Buffer.from(data).toString());
    const last = log.nextId - 1;
    const first = log.firstId ?? log.nextId;
    const pending = this.#pending;
    const isDone =
      pending !== undefined &&
      (pending.say === 'trim'
        ? first === pending.to + 1 && first !== this.#firstId
        : last === pending.to && last !== this.#acknowledged);
    if (isDone) this.#change(pending);
    this.#pending = undefined;
    expect(first).toBe(this.#firstId);
    expect(last).toBeGreaterThanOrEqual(this.#acknowledged);
    for (const id of [...this.#texts.keys()]) {
      if (id < first || id > last) this.#texts.delete(id);
    }
    expect(found.size).toBe(last - first + 1);
    expect(found).toEqual(new Map([...this.#texts].sort(([a], [b]) => a - b)));
    this.#acknowledged = last;
  }
}
