// Measurements: `npm run bench`, `npm run bench -- FOLDER` for the disk to write to.
import { resolve } from 'node:path';
import { run } from 'mitata';
import { benchBatches, benchCrc32 } from './codec.ts';
import { benchDirectory } from './directory.ts';
import { benchMemory } from './memory.ts';

benchCrc32();
benchBatches();
await benchMemory();
await run({ colors: process.stdout.isTTY === true });

// Not the folder for temporary files: it may be in memory, where a sync costs nothing.
const { INIT_CWD: workingDirectory = process.cwd() } = process.env;
await benchDirectory(resolve(workingDirectory, process.argv[2] ?? '.'));
