import { describe, expect, it } from 'vitest';
import { type Change, History, type Outcome, type Ownership } from './sim/history.ts';
import { explainHistory } from './sim/linearizability.ts';

const START = { firstId: 1, nextId: 1 };

/** A history that is told step by step. */
class Told extends History {
  /** An opening that overlaps nothing. */
  open(owner: string, epoch: number, nextId: number, firstId = 1): Ownership {
    return this.opened(owner, this.tick(), epoch, { firstId, nextId });
  }

  change(ownership: Ownership, change: Change, outcome: Outcome = 'done'): void {
    this.end(this.begin(ownership, change), outcome);
  }

  append(ownership: Ownership, firstId: number, payload: string, outcome: Outcome = 'done'): void {
    this.change(ownership, { kind: 'append', firstId, payloads: [payload] }, outcome);
  }

  see(id: number, payload: string): void {
    this.sawRecord(this.tick(), id, payload);
  }

  explain(): string | undefined {
    return explainHistory(this, START);
  }
}

describe('a history is explained', () => {
  it('of appends, truncates, trims and takeovers, one after the other', () => {
    const told = new Told();
    const a = told.open('a', 1, 1);
    told.append(a, 1, 'one');
    told.append(a, 2, 'two');
    told.see(2, 'two');
    told.change(a, { kind: 'truncate', lastToKeep: 1 });
    told.append(a, 2, 'second');
    const b = told.open('b', 3, 3);
    told.append(a, 3, 'late', 'void');
    told.see(2, 'second');
    told.change(b, { kind: 'trim', discardUpTo: 9 });
    told.append(b, 10, 'ten');
    told.open('c', 4, 11, 10);
    expect(told.explain()).toBeUndefined();
  });

  it('whose appends of unknown outcome were done, were done late, or were not', () => {
    const told = new Told();
    const a = told.open('a', 1, 1);
    told.append(a, 1, 'one', 'unknown');
    told.append(a, 2, 'two', 'unknown');
    told.append(a, 3, 'three', 'unknown');
    const b = told.open('b', 2, 3);
    told.see(2, 'two');
    told.append(b, 3, 'another three');
    expect(told.explain()).toBeUndefined();
  });

  it('whose truncate of unknown outcome was done', () => {
    const told = new Told();
    const a = told.open('a', 1, 1);
    told.append(a, 1, 'one');
    told.append(a, 2, 'two');
    told.change(a, { kind: 'truncate', lastToKeep: 0 }, 'unknown');
    told.open('b', 3, 1);
    expect(told.explain()).toBeUndefined();
  });

  it('in which a reader sees what goes while it looks', () => {
    const told = new Told();
    const a = told.open('a', 1, 1);
    told.append(a, 1, 'one');
    const look = told.tick();
    told.change(a, { kind: 'truncate', lastToKeep: 0 });
    told.append(a, 1, 'anew');
    told.sawRecord(look, 1, 'one');
    told.sawRecord(look, 1, 'anew');
    told.sawExtent(look, { firstId: 1, nextId: 1 });
    expect(told.explain()).toBeUndefined();
  });

  it('of an owner that is overtaken while it opens the log, and hears late of its append', () => {
    const told = new Told();
    const [callOfA, callOfB] = [told.tick(), told.tick()];
    const a = told.opened('a', callOfA, 1, START);
    const begun = told.begin(a, { kind: 'append', firstId: 1, payloads: ['one'] });
    told.opened('b', callOfB, 2, { firstId: 1, nextId: 2 });
    told.end(begun, 'done');
    expect(told.explain()).toBeUndefined();
  });
});

describe('a history is not explained', () => {
  it.each<[string, (told: Told) => void, string]>([
    [
      'in which an acknowledged record is lost',
      (told) => {
        told.append(told.open('a', 1, 1), 1, 'one');
        told.open('b', 2, 1);
      },
      'the opening of b',
    ],
    [
      'in which a former owner is acknowledged what it called for after the next had the log',
      (told) => {
        const a = told.open('a', 1, 1);
        told.open('b', 2, 1);
        told.append(a, 1, 'too late');
      },
      'the opening of b',
    ],
    [
      'in which two records get one id',
      (told) => {
        const a = told.open('a', 1, 1);
        told.append(a, 1, 'one');
        told.append(a, 1, 'other');
      },
      'other',
    ],
    [
      'in which a truncated record is seen afterwards',
      (told) => {
        const a = told.open('a', 1, 1);
        told.append(a, 1, 'one');
        told.change(a, { kind: 'truncate', lastToKeep: 0 });
        told.see(1, 'one');
      },
      'never to be seen',
    ],
    [
      'in which a refused record is seen',
      (told) => {
        told.append(told.open('a', 1, 1), 1, 'refused', 'void');
        told.see(1, 'refused');
      },
      'never to be seen',
    ],
    [
      'in which a record is seen before it was called for',
      (told) => {
        const a = told.open('a', 1, 1);
        told.see(1, 'one');
        told.append(a, 1, 'one');
      },
      'never to be seen',
    ],
    [
      'in which what may have been done has been, and then has not',
      (told) => {
        told.append(told.open('a', 1, 1), 1, 'one', 'unknown');
        told.see(1, 'one');
        told.open('b', 2, 1);
      },
      'never to be seen',
    ],
    [
      'in which an epoch has two owners',
      (told) => {
        told.open('a', 1, 1);
        told.open('b', 1, 1);
      },
      'two owners',
    ],
    [
      'in which an older owner comes after a newer one',
      (told) => {
        told.open('b', 2, 1);
        told.open('a', 1, 1);
      },
      'the opening of b',
    ],
  ])('%s', (_, tell, obstacle) => {
    const told = new Told();
    tell(told);
    expect(told.explain()).toContain(obstacle);
  });
});
