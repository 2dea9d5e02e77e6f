import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Stops a process with SIGSTOP. Resolves when all of its threads stand still. Only Linux tells. */
export async function suspend(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  const tasks = `/proc/${child.pid}/task`;
  const isStill = (task: string): boolean => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    // The state comes after the name, which is in brackets, and may hold any.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  };
  while (!readdirSync(tasks).every(isStill)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
