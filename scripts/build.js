// Builds with turbo, on any shell without its telemetry; `--quiet` shows its output only if it fails.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const isQuiet = process.argv.includes('--quiet');
const turbo = fileURLToPath(import.meta.resolve('turbo/bin/turbo'));
const { status, stdout, stderr } = spawnSync(process.execPath, [turbo, 'run', 'build'], {
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  stdio: isQuiet ? 'pipe' : 'inherit',
});
if (isQuiet && status !== 0) {
  process.stderr.write(stdout);
  process.stderr.write(stderr);
}
process.exitCode = status ?? 1;
