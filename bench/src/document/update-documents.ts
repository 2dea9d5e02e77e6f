import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawPlots } from '../plots/draw-plots.ts';
import { whyNoPlots } from '../plots/vega.ts';
import type { Published } from '../result/published.ts';
import { updateSections } from './update-sections.ts';

const DOCUMENT = fileURLToPath(new URL('../../../docs/BENCHMARKS.md', import.meta.url));
const PLOTS = fileURLToPath(new URL('../../../docs/benchmarks/', import.meta.url));

/** Writes the tables and the plots of docs/BENCHMARKS.md. */
export async function updateDocuments(published: Published): Promise<void> {
  const missing = whyNoPlots();
  if (missing !== undefined) throw new Error(`the plots cannot be drawn: ${missing}`);
  writeFileSync(DOCUMENT, updateSections(readFileSync(DOCUMENT, 'utf8'), published));
  await drawPlots([...published.usual.figures, ...published.s3.figures], PLOTS);
}
