// Given to Node with `--import`: fslog's groups take no times and look at no channel, to see what that costs.
import { register } from 'node:module';
import { CHANNELS_ARE_OUT } from './channels-are-out.ts';

const SOURCE = `globalThis.${CHANNELS_ARE_OUT} = true;
export class GroupTiming { static begin() { return undefined; } }`;
const HOOKS = `
  export async function load(url, context, next) {
    if (!/\\/fslog\\/(dist|src)\\/diagnostics\\/group-timing\\.(js|ts)$/.test(url)) return next(url, context);
    return { format: 'module', shortCircuit: true, source: ${JSON.stringify(SOURCE)} };
  }
`;

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, import.meta.url);
