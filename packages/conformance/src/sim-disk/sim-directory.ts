import type { SimFile, Spares, StaleBytes } from './sim-file.ts';
import { addFingerprints, fingerprintOfName, mixFingerprints } from './sim-fingerprint.ts';
import type { SimRandom } from './sim-random.ts';

/** What a name in a directory stands for. */
export type SimNode = SimFile | SimDirectory;

/** One change of a directory's names. A rename is one change: a power cut leaves the old name, the new, or both. */
type NameChange =
  | { readonly add: string; readonly node: SimNode }
  | { readonly remove: string }
  | { readonly rename: string; readonly to: string; readonly node: SimNode };

/**
 * The names in one directory, apart from the files themselves. Every change since the last sync is pending
 * on its own: a power cut takes any of them back and leaves any other.
 */
export class SimDirectory {
  #names = new Map<string, SimNode>();
  #durable = new Map<string, SimNode>();
  #pending: NameChange[] = [];

  get names(): ReadonlyMap<string, SimNode> {
    return this.#names;
  }

  add(name: string, node: SimNode): void {
    this.#change({ add: name, node });
  }

  remove(name: string): void {
    this.#change({ remove: name });
  }

  rename(name: string, to: string, node: SimNode): void {
    this.#change({ rename: name, to, node });
  }

  /** Makes the names durable, not what they stand for. */
  sync(): void {
    if (this.#pending.length === 0) return;
    this.#durable = new Map(this.#names);
    this.#pending = [];
  }

  /** Equal for trees with equal names, and equal bytes in their files. */
  fingerprint(): number {
    let sum = this.#names.size;
    for (const [name, node] of this.#names) {
      sum = addFingerprints(sum, mixFingerprints(fingerprintOfName(name), node.fingerprint()));
    }
    return mixFingerprints(sum, 1);
  }

  /** A copy of the whole tree. `copies` receives each file's copy. */
  clone(copies: Map<SimNode, SimNode>): SimDirectory {
    const copyOf = (node: SimNode): SimNode => {
      const known = copies.get(node);
      if (known !== undefined) return known;
      const copy = node instanceof SimDirectory ? node.clone(copies) : node.clone();
      copies.set(node, copy);
      return copy;
    };
    const copyNames = (names: ReadonlyMap<string, SimNode>): Map<string, SimNode> =>
      new Map([...names].map(([name, node]) => [name, copyOf(node)]));
    const directory = new SimDirectory();
    directory.#names = copyNames(this.#names);
    directory.#durable = copyNames(this.#durable);
    directory.#pending = this.#pending.map((change) =>
      'node' in change ? { ...change, node: copyOf(change.node) } : change,
    );
    return directory;
  }

  /** The tree that a power cut may leave. */
  afterPowerLoss(random: SimRandom, stale: StaleBytes, spares?: Spares): SimDirectory {
    const names = new Map(this.#durable);
    const keep = random.pick([0, 0.5, 1]);
    for (const change of this.#pending) {
      if (!random.chance(keep) && spares?.(`not ${shown(change)}`) !== true) continue;
      const isHalf = 'rename' in change && random.chance(0.2);
      if (isHalf && spares?.(`only half ${shown(change)}`) !== true) {
        apply({ add: change.to, node: change.node }, names);
      } else {
        apply(change, names);
      }
    }
    const left = new SimDirectory();
    const nodes = new Map<SimNode, SimNode>();
    for (const [name, node] of names) {
      const inner = spares && ((loss: string) => spares(`/${name}: ${loss}`));
      const survivor = nodes.get(node) ?? node.afterPowerLoss(random, stale, inner);
      nodes.set(node, survivor);
      left.#names.set(name, survivor);
    }
    left.#durable = new Map(left.#names);
    return left;
  }

  #change(change: NameChange): void {
    apply(change, this.#names);
    this.#pending.push(change);
  }
}

function apply(change: NameChange, names: Map<string, SimNode>): void {
  if ('add' in change) {
    names.set(change.add, change.node);
  } else if ('remove' in change) {
    names.delete(change.remove);
  } else {
    if (names.get(change.rename) === change.node) names.delete(change.rename);
    names.set(change.to, change.node);
  }
}

function shown(change: NameChange): string {
  if ('add' in change) return `added ${change.add}`;
  if ('remove' in change) return `removed ${change.remove}`;
  return `renamed ${change.rename} to ${change.to}`;
}
