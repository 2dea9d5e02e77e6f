// A process of its own for each measurement: none begins with the heap or the compiled code of another.

import type { Settings } from '../measurement.ts';
import { measurementOf } from '../measurements/all.ts';
import { serveJob } from './job.ts';

serveJob<{ readonly name: string; readonly settings: Settings }>(({ name, settings }) =>
  measurementOf(name).run(settings),
);
