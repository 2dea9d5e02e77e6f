/** What stored bytes are to a log as it is now. */
export type PartState = 'live' | 'trimmed' | 'superseded';

/** A segment, or an object of a bucket. */
export interface LogPart {
  /** The name of the file, or the key. */
  readonly name: string;
  readonly kind: string;
  readonly state: PartState;
  readonly bytes: number;
  /** The ids that the log has in it; `null` for none, or where they are not known. */
  readonly firstId: number | null;
  readonly lastId: number | null;
  /** How many ids of it are trimmed, live and superseded, where that is known. */
  readonly ids?: Readonly<Record<PartState, number>> | undefined;
}
