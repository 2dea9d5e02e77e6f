import { expect, test } from 'vitest';
import { helpText, parseArguments } from '../src/arguments.ts';
import { MEASUREMENTS } from '../src/measurements/all.ts';

test('without arguments: all, in the working directory', () => {
  const { names, disk, rounds, withPeers } = parseArguments([], '/folder');
  expect(names).toEqual(MEASUREMENTS.map(({ name }) => name));
  expect({ disk, rounds, withPeers }).toEqual({ disk: '/folder', rounds: 5, withPeers: true });
});

test('paths are of the working directory', () => {
  const given = ['--disk', 'disk', '--compare', 'a.json', '--output', '/b.json'];
  const { disk, compare, output } = parseArguments(given, '/folder');
  expect([disk, compare, output]).toEqual(['/folder/disk', '/folder/a.json', '/b.json']);
});

test.each([
  [['nothing'], 'there is no measurement nothing'],
  [['--rounds', '0'], '--rounds takes a number from 1'],
  [['--rounds', 'x'], '--rounds takes a number from 1'],
  [['--unknown'], '--unknown'],
  [['--update-docs', 'append'], 'a whole run'],
])('%j is refused', (given, message) => {
  expect(() => parseArguments(given, '/')).toThrow(message);
});

test('the help names every measurement', () => {
  for (const { name, title } of MEASUREMENTS) {
    expect(helpText()).toContain(`  ${name} `);
    expect(helpText()).toContain(title);
  }
});
