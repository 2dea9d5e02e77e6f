import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TimedCall, WriterLine, WriterReport, WriterTask } from './writer-report.ts';

const LIMIT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1_048_576;
const SCRIPT = fileURLToPath(new URL('./writer-process.js', import.meta.url));

/** Lets a writer do its task in a process of its own, and gives what it did. */
export async function runWriter(task: WriterTask): Promise<WriterReport> {
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [SCRIPT, JSON.stringify(task)],
      { timeout: LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGTERM' },
      (error, stdout, stderr) => {
        const wasKilled = task.end === 'is killed' && error?.signal === 'SIGKILL';
        if (error === null || wasKilled) resolve(stdout);
        else reject(new Error(`a writer failed, ${JSON.stringify(task)}: ${stderr}`));
      },
    );
  });
  return readReport(output);
}

function readReport(output: string): WriterReport {
  let opening = 0;
  let opened: WriterReport['opened'];
  const calls: TimedCall[] = [];
  let acknowledged = 0;
  for (const text of output.split('\n')) {
    if (!text.endsWith('}')) continue; // The last line may be cut.
    const line = JSON.parse(text) as WriterLine;
    if ('opening' in line) opening = line.opening;
    else if ('opened' in line) opened = { at: line.opened, found: line.found };
    else if ('call' in line) {
      calls.push({ call: line.call, begun: line.begun, acknowledged: undefined });
    } else {
      const call = calls[line.number];
      // ORDER-2: calls are acknowledged in their order.
      if (call === undefined || line.number !== acknowledged++) {
        throw new Error(`call ${line.number} was acknowledged, not ${acknowledged - 1}`);
      }
      call.acknowledged = line.acknowledged;
    }
  }
  return { opening, opened, calls };
}
