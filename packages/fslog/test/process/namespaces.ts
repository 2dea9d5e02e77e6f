import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { run, whyMissing } from '../kernel/programs.ts';

/** Forks, and takes its child along when it is killed. */
const UNSHARE = ['unshare', '--fork', '--kill-child'] as const;

/** Runs what follows where no /proc is to be seen. */
const WITHOUT_PROC = ['sh', '-c', 'umount -l /proc && exec "$@"', 'sh'] as const;

/** Why no namespaces can be made here; `undefined`: they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs to be root';
  const missing = whyMissing('unshare', 'nsenter', 'mount');
  if (missing !== undefined) return missing;
  try {
    run(...UNSHARE, '--pid', '--mount-proc', '--uts', '--time', '--boottime', '1', 'true');
  } catch (error) {
    return `needs to make namespaces: ${String(error).trim()}`;
  }
  return undefined;
}

/** A command's first part: what follows runs in namespaces of its own. */
export const within = {
  otherTime: [...UNSHARE, '--time', '--boottime', '100000'],
  hostname: (name: string) => [
    ...[...UNSHARE, '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"'],
    name,
  ],
  noProc: [...UNSHARE, '--mount', ...WITHOUT_PROC],
  otherPidsAndNoProc: [...UNSHARE, '--pid', '--mount', ...WITHOUT_PROC],
} as const;

/** A namespace of pids. It ends with the test, and with it whatever runs in it. */
export class PidNamespace {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async create(): Promise<PidNamespace> {
    const [program, ...flags] = UNSHARE;
    const init = spawn(program, [...flags, '--pid', 'sh', '-c', 'echo ready; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      init.kill('SIGKILL');
    });
    await once(init.stdout, 'data');
    return new PidNamespace(`/proc/${init.pid}/ns/pid_for_children`);
  }

  /** What follows runs in it, and sees the /proc of it, or of the namespace that it is in. */
  within(proc: 'its own /proc' | "its parent's /proc"): string[] {
    const mount = proc === 'its own /proc' ? ['--mount-proc'] : [];
    return ['nsenter', `--pid=${this.#path}`, '--no-fork', ...UNSHARE, ...mount];
  }
}
