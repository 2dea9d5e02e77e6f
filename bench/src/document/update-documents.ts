import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawPlots } from '../plots/draw-plots.ts';
import { whyNoPlots } from '../plots/vega.ts';
import type { Result } from '../result/result.ts';
import { updateSections } from './update-sections.ts';

const DOCUMENT = fileURLToPath(new URL('../../../docs/BENCHMARKS.md', import.meta.url));
const PLOTS = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url));

/** Writes the tables and the plots of docs/BENCHMARKS.md. */
export async function updateDocuments(result: Result): Promise<void> {
  const missing = whyNoPlots();
  if (missing !== undefined) throw new Error(`the plots cannot be drawn: ${missing}`);
  writeFileSync(DOCUMENT, updateSections(readFileSync(DOCUMENT, 'utf8'), result));
  await drawPlots(result.figures, PLOTS);
}
