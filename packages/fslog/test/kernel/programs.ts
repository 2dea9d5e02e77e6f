import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a program; what it complains of is in the error. Gives what it says. */
export function run(program: string, ...parameters: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Which of the programs is missing here; `undefined`: none. */
export function whyMissing(...programs: readonly string[]): string | undefined {
  const missing = programs.find((each) => spawnSync(each, ['--version']).error !== undefined);
  return missing === undefined ? undefined : `needs ${missing}`;
}

/** Why file systems of our own cannot be mounted here; `undefined`: they can. */
export function whyNoMount(...programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'needs to be root';
  const missing = whyMissing('mount', 'mountpoint', ...programs);
  if (missing !== undefined) return missing;
  const directory = mkdtempSync(join(tmpdir(), 'fslog-mount-'));
  try {
    run('mount', '-t', 'tmpfs', 'none', directory);
    run('umount', directory);
    if (programs.includes('losetup')) run('losetup', '--find');
  } catch (error) {
    return `needs to mount: ${String(error).trim()}`;
  } finally {
    rmdirSync(directory);
  }
  return undefined;
}

const told = new Set<string>();

/** What a test's title says where it cannot run. Reporters may leave the titles out: it is told once a file, too. */
export function skipNote(reason: string | undefined): string {
  if (reason === undefined) return '';
  const note = `[skipped: ${reason}]`;
  if (!told.has(note)) console.warn(note);
  told.add(note);
  return ` ${note}`;
}
