import { describe, test } from 'node:test';
import { logConformance } from '@wal/conformance';
import { arrayFixture } from '../array-fixture.ts';

// The suite on the runner of Node. `runners.test.ts` runs what this compiles to.
logConformance({ describe, test }, arrayFixture('a log in an array'));
