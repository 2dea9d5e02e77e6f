import { logConformance } from '@wal/conformance';
import { describe, it } from 'mocha';
import { lineLogFixture } from './line-log-fixture.ts';

logConformance({ describe, test: it }, lineLogFixture);
