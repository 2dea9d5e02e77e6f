// Given to Node with `--import`: core's checksum becomes a constant, to see what computing it costs.
import { register } from 'node:module';
import { CONSTANT_CRC } from './constant-crc-value.ts';

const SOURCE = `export function crc32() { return ${CONSTANT_CRC}; }`;
const HOOKS = `
  export async function load(url, context, next) {
    if (!/\\/core\\/(dist|src)\\/crc32\\.(js|ts)$/.test(url)) return next(url, context);
    return { format: 'module', shortCircuit: true, source: ${JSON.stringify(SOURCE)} };
  }
`;

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, import.meta.url);
