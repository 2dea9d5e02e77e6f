const NAME = /^([0-9a-f]{16})(\.fenced)?$/;

/**
 * A file of META by its name: the epoch of its owner in 16 hexadecimal digits, and `.fenced` behind it once that
 * owner has lost the log and nobody has come after it yet.
 */
export interface MetaName {
  readonly epoch: number;
  readonly isFenced: boolean;
}

/** `undefined` for the name of anything else. */
export function parseMetaName(name: string): MetaName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  return { epoch: Number.parseInt(match[1] as string, 16), isFenced: match[2] !== undefined };
}

export function showMetaName({ epoch, isFenced }: MetaName): string {
  return epoch.toString(16).padStart(16, '0') + (isFenced ? '.fenced' : '');
}

/**
 * For sorting, newest first. Of two files of one epoch it is the fenced one that counts: the other is the same one, about
 * to lose that name, or that of an opener who came too late.
 */
export function byNewest(a: MetaName, b: MetaName): number {
  return b.epoch - a.epoch || Number(b.isFenced) - Number(a.isFenced);
}

export function isSameName(a: MetaName, b: MetaName): boolean {
  return a.epoch === b.epoch && a.isFenced === b.isFenced;
}
