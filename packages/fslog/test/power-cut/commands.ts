import { execFile } from 'node:child_process';

const LIMIT_MS = 120_000;

/** Runs a program that must succeed. */
export function runCommand(program: string, ...parameters: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, parameters, { timeout: LIMIT_MS }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${program} ${parameters.join(' ')}: ${error.message} ${stderr}`));
    });
  });
}

/** Mounts the file system that a file holds, by a loop device that goes when it is unmounted. */
export async function mountFile(path: string, mountPoint: string, options: string): Promise<void> {
  await runCommand('mount', '-o', `loop,${options}`, path, mountPoint);
}

export async function unmount(mountPoint: string): Promise<void> {
  await runCommand('umount', mountPoint);
}
