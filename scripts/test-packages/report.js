let failed = 0;

export const failures = () => failed;

/** Prints a line of what `run` came to, and returns what it returned; `undefined` when it failed. */
export async function check(title, run) {
  const startedAt = performance.now();
  try {
    const result = await run();
    console.log(`ok      ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    failed++;
    console.log(`FAILED  ${title}\n${indented(error instanceof Error ? error.message : error)}`);
    return undefined;
  }
}

function indented(text) {
  return String(text).trim().replaceAll(/^/gm, '        ');
}
