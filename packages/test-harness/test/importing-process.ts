import { FORMAT_VERSION } from '@wal/core';
import { sayLine } from '@wal/test-harness';

/** Says what it has of a package, and what it was started with. */
sayLine({ formatVersion: FORMAT_VERSION, parameters: process.argv.slice(2) });
