import { loadThirdParty, whyLeftOut } from '../contenders/third-party.ts';

interface Vega {
  readonly View: new (
    runtime: unknown,
    options: { renderer: 'none' },
  ) => { toSVG(): Promise<string> };
  parse(spec: unknown): unknown;
}

interface VegaLite {
  compile(spec: object): { readonly spec: unknown };
}

/** Why nothing can be drawn; `undefined` if it can. */
export function whyNoPlots(): string | undefined {
  return whyLeftOut('vega') ?? whyLeftOut('vega-lite');
}

/** Draws a Vega-Lite specification. */
export async function drawSvg(spec: object): Promise<string> {
  const vega = loadThirdParty<Vega>('vega');
  const { compile } = loadThirdParty<VegaLite>('vega-lite');
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  return `${await view.toSVG()}\n`;
}
