import { createRequire } from 'node:module';

/** Why there is no SQLite here. Its binary is for the version of Node that installed it; and where none could be made there is none. */
export function whyNoSqlite(): string | undefined {
  try {
    const Sqlite = createRequire(import.meta.url)('better-sqlite3');
    new Sqlite(':memory:').close();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' && message.includes("'better-sqlite3'")) {
      return 'better-sqlite3 is not installed';
    }
    if (message.includes('Could not locate the bindings file')) {
      return 'better-sqlite3 was installed without a binary';
    }
    if (code === 'ERR_DLOPEN_FAILED' && message.includes('NODE_MODULE_VERSION')) {
      return 'better-sqlite3 was installed for another version of Node';
    }
    throw error;
  }
}
