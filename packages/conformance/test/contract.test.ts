import { readFileSync } from 'node:fs';
import { CONFORMANCE_GROUPS } from '@wal/conformance';
import { describe, expect, test } from 'vitest';

interface ContractClause {
  readonly id: string;
  /** The last cell of its row: the groups that test it, or why none does. */
  readonly testedBy: string;
}

const contract = readFileSync(new URL('../../../docs/CONTRACT.md', import.meta.url), 'utf8');

function clausesOf(markdown: string): ContractClause[] {
  const clauses: ContractClause[] = [];
  for (const line of markdown.split('\n')) {
    const row = /^\|\s*([A-Z]+-\d+)\s*\|.*\|([^|]*)\|\s*$/.exec(line);
    if (row !== null) clauses.push({ id: row[1] ?? '', testedBy: (row[2] ?? '').trim() });
    const sentence = /^([A-Z]+-\d+): .*\(group `([a-z]+)`\)/.exec(line);
    if (sentence !== null) clauses.push({ id: sentence[1] ?? '', testedBy: sentence[2] ?? '' });
  }
  return clauses;
}

const groupNames = new Set(CONFORMANCE_GROUPS.map(({ groupName }) => groupName));

/** The groups that a row names: what stands before a semicolon, or nothing if that is prose. */
function groupsOf(testedBy: string): string[] {
  const names = (testedBy.split(';')[0] ?? '').split(',').map((name) => name.trim());
  return names.every((name) => groupNames.has(name)) ? names : [];
}

describe('docs/CONTRACT.md', () => {
  const clauses = clausesOf(contract);
  const proven = CONFORMANCE_GROUPS.flatMap(({ groupName, tests }) =>
    tests.map(({ clause }) => `${clause} in ${groupName}`),
  );

  test('is read whole', () => {
    const named = new Set(
      contract.match(/^(\| *)?[A-Z]+-\d+(?=[ :])/gm)?.map((id) => id.replace(/\| */, '')),
    );
    expect(new Set(clauses.map(({ id }) => id))).toEqual(named);
    expect(clauses.length).toBeGreaterThan(60);
    expect(new Set(clauses.map(({ id }) => id)).size).toBe(clauses.length);
  });

  for (const { id, testedBy } of clauses) {
    const groups = groupsOf(testedBy);
    if (groups.length === 0) {
      test(`${id} says why the suite does not test it`, () => {
        expect(testedBy.length).toBeGreaterThan('measured'.length);
        expect(proven.filter((one) => one.startsWith(`${id} `))).toEqual([]);
      });
    } else {
      test(`${id} has a test in ${groups.join(' and in ')}`, () => {
        for (const group of groups) expect(proven).toContain(`${id} in ${group}`);
      });
    }
  }

  test('has every clause that a test names, in the group that it names', () => {
    const written = clauses.flatMap(({ id, testedBy }) =>
      groupsOf(testedBy).map((group) => `${id} in ${group}`),
    );
    expect([...new Set(proven)].filter((one) => !written.includes(one))).toEqual([]);
  });
});
