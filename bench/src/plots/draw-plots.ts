import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../result/figure.ts';
import { latencyPlot } from './latency.ts';
import { openTimePlot } from './open-time.ts';
import { scanRatePlot } from './scan-rate.ts';
import { throughputPlot } from './throughput.ts';
import { drawSvg } from './vega.ts';

const PLOTS = [throughputPlot, latencyPlot, openTimePlot, scanRatePlot];

/** Writes each plot that there are figures for. */
export async function drawPlots(figures: readonly Figure[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, specify } of PLOTS) {
    const spec = specify(figures);
    if (spec !== undefined) writeFileSync(join(folder, `${name}.svg`), await drawSvg(spec));
  }
}
