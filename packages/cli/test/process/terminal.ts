import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { environment, type Outcome } from './wal-process.ts';

/** Runs a line of a shell on a terminal, and types an answer once it shows the question. What is typed is echoed. */
export async function answered(
  line: string,
  answer: string,
  cwd: string,
  question = '[y/N] ',
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd, env: environment(env) });
  let stdout = '';
  let isTyped = false;
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (isTyped || !stdout.includes(question)) return;
    isTyped = true;
    child.stdin.write(answer);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const exitCode = (await ended) ?? undefined;
  return { exitCode, stdout: stdout.replaceAll('\r', ''), stderr: '' };
}
