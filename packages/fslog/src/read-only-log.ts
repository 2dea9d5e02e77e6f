export async function openReadOnly(
  settings: import('./options.ts').Settings,
): Promise<import('./fs-log.ts').FsLog> {
  throw new Error(settings.directory);
}
