import { expect, test } from 'vitest';
import { helpText, parseArguments } from '../src/arguments.ts';
import { MEASUREMENTS, RUNS } from '../src/measurements/all.ts';

const namesOf = (run: keyof typeof RUNS): string[] => RUNS[run].map(({ name }) => name);

test('without arguments: all but what needs a server, in the working directory', () => {
  const { names, disk, rounds, withPeers } = parseArguments([], '/folder');
  expect(names).toEqual(namesOf('usual'));
  expect({ disk, rounds, withPeers }).toEqual({ disk: '/folder', rounds: 5, withPeers: true });
});

test('s3 is a whole run, too; beside others it is all of its measurements', () => {
  expect(parseArguments(['s3'], '/')).toMatchObject({ names: namesOf('s3'), run: 's3' });
  const { names, run } = parseArguments(['codec', 's3'], '/');
  expect([names, run]).toEqual([['codec', ...namesOf('s3')], undefined]);
  expect(parseArguments(['s3', '--update-docs'], '/').updateDocs).toBe(true);
  expect(parseArguments(['s3-append'], '/').run).toBeUndefined();
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
