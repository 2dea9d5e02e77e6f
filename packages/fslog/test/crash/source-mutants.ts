import type { TrialKind } from './bug-trial.ts';

/** Fslog with one bug: a passage of its source, and what stands there instead. */
export interface SourceMutant {
  readonly name: string;
  /** What it takes to notice. */
  readonly needs: TrialKind;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  {
    name: 'a trim removes files before META says so',
    needs: 'crash',
    file: 'write/writer.ts',
    from: `await this.#metaCommit({ firstId });
    }
    this.#firstId = firstId;`,
    to: `this.#cleanup.remove(this.#segments.dropBefore(firstId));
      await this.#cleanup.done();
      await this.#metaCommit({ firstId });
    }
    this.#firstId = firstId;`,
  },
  {
    name: 'a truncate is in memory until the next append',
    needs: 'crash',
    file: 'write/writer.ts',
    from: `await this.#startSegment(nextId, 'truncate');
    this.#nextId = nextId;
    this.truncations`,
    to: `await this.#closeCurrent({});
    this.#nextId = nextId;
    this.truncations`,
  },
  {
    name: 'a truncate goes on in the same segment',
    needs: 'crash',
    file: 'write/writer.ts',
    from: `await this.#startSegment(nextId, 'truncate');
    this.#nextId = nextId;
    this.truncations`,
    to: `this.#nextId = nextId;
    this.truncations`,
  },
  {
    name: "a segment is META's tail only after its first batch",
    needs: 'crash',
    file: 'write/writer.ts',
    from: 'await this.#metaCommit({ tail: { sequence, firstId }, clean: undefined });',
    to: `const sync = next.sync.bind(next);
      next.sync = async () => {
        await sync();
        next.sync = sync;
        await this.#metaCommit({ tail: { sequence, firstId }, clean: undefined });
      };`,
  },
  {
    name: 'no proof is looked for behind damage',
    needs: 'rot',
    file: 'recovery/tail-recovery.ts',
    from: 'if (proof !== undefined) throw this.#corrupt();',
    to: '',
  },
  {
    name: 'all that is found is taken for durable',
    needs: 'faults',
    file: 'recovery/tail-recovery.ts',
    from: 'this.#unprovenFrom = Math.max(this.#unprovenFrom, point.durableOffset);',
    to: 'this.#unprovenFrom = point.byteOffset;',
  },
  {
    name: 'META names what is carried over before it is synced',
    needs: 'crash',
    file: 'recovery/carry-over.ts',
    from: 'await writer.sync();',
    to: '',
  },
  {
    name: 'a group is acknowledged without a look at the owner',
    needs: 'zombie',
    file: 'write/writer.ts',
    from: `await this.#meta.verifyOwner();
    } catch (error) {
      throw outcomeUnknown(`,
    to: `} catch (error) {
      throw outcomeUnknown(`,
  },
  {
    name: 'an owner that may be alive is not fenced',
    needs: 'zombie',
    file: 'meta/meta-file.ts',
    from: `await directory.fence(newest);
      await refuseUnlessNewest(reader, newest.epoch, true);`,
    to: '',
  },
  {
    name: 'a fenced owner keeps its name',
    needs: 'zombie',
    file: 'meta/meta-directory.ts',
    from: `await this.#disk.remove(name).catch(unless('ENOENT'));
  }

  /** Makes the names`,
    to: `}

  /** Makes the names`,
  },
  {
    name: 'an owner loses its name before its file durably has the other',
    needs: 'zombie',
    file: 'meta/meta-directory.ts',
    from: 'await this.sync(); // Also where that one made the link: it may have died since.',
    to: 'if (!isFenced) await this.sync();',
  },
  {
    name: 'a commit of META is done without a look at the owner',
    needs: 'zombie',
    file: 'meta/meta-file.ts',
    from: `await this.#write(slot, second);
    await this.verifyOwner();`,
    to: `await this.#write(slot, second);`,
  },
  {
    name: 'a commit of META is done after one slot',
    needs: 'crash',
    file: 'meta/meta-file.ts',
    from: 'await this.#write(slot, second);',
    to: '',
  },
  {
    name: "META's newest slot is overwritten first",
    needs: 'crash, no preallocation',
    file: 'meta/meta-file.ts',
    from: 'this.#spare === 0 ? [0, 1] : [1, 0]',
    to: 'this.#spare === 0 ? [1, 0] : [0, 1]',
  },
  {
    name: 'an owner that may be alive loses its META file',
    needs: 'zombie',
    file: 'meta/meta-file.ts',
    from: 'const isGone = before === lock.id || lock.isGone(before);',
    to: 'const isGone = true;',
  },
  {
    name: 'the state is read before its owner is fenced',
    needs: 'zombie',
    file: 'meta/meta-file.ts',
    from: 'await refuseUnlessNewest(reader, newest.epoch, true);',
    to: '',
  },
  {
    name: 'a footer does not name the successor',
    needs: 'older META',
    file: 'segment/segment-writer.ts',
    from: '      successor,\n',
    to: '',
  },
  {
    name: 'the successor is named in the background',
    needs: 'older META',
    file: 'write/owed-footers.ts',
    from: 'await this.#nameSuccessor(owed);',
    to: 'void this.#nameSuccessor(owed).catch(() => undefined);',
  },
  {
    name: 'the successor is not looked at',
    needs: 'older META',
    file: 'recovery/tail-recovery.ts',
    from: 'await refuseOlderMeta(this.#settings, this.#segment, footer);',
    to: '',
  },
  {
    name: 'the clean close is noted before the last sync',
    needs: 'crash, none synced',
    file: 'write/writer.ts',
    from: `await this.sync();
    const clean = { byteOffset: current.position, nextId: this.#nextId };
    await this.#metaCommit({ ...change, clean });`,
    to: `const clean = { byteOffset: current.position, nextId: this.#nextId };
    await this.#metaCommit({ ...change, clean });
    await this.sync();`,
  },
  {
    name: 'the clean close is still noted once the log goes on',
    needs: 'crash',
    file: 'write/writer.ts',
    from: '{ tail: { sequence, firstId }, clean: undefined }',
    to: '{ tail: { sequence, firstId } }',
  },
  {
    name: "a sequence is without its owner's epoch",
    needs: 'zombie',
    file: 'write/writer.ts',
    from: 'sequenceOfEpoch(this.#meta.state.epoch, ++this.#segmentCount)',
    to: '(this.#meta.state.tail.sequence + 1) as number | undefined',
  },
  {
    name: 'readers see what is not synced',
    needs: 'crash',
    file: 'write/writer.ts',
    from: 'if (isSynced) await current.writeThrough(group.batches, Date.now());',
    to: `await current.write(group.batches, Date.now());
      current.publish();
      this.#nextId = group.nextId;
      if (isSynced) return await current.sync();`,
  },
  {
    name: 'a batch says that all before it is durable',
    needs: 'crash, none synced',
    file: 'segment/segment-writer.ts',
    from: 'durableOffset: this.#durableOffset,',
    to: 'durableOffset: this.#position,',
  },
  {
    name: 'a group is made durable without the mark before it',
    needs: 'crash',
    file: 'segment/segment-writer.ts',
    from: 'if (this.#durableOffset !== this.#position) return await this.write(batches, appendedAtMs);',
    to: '',
  },
  {
    name: 'a segment is left behind before it is synced',
    needs: 'crash, none synced',
    file: 'write/writer.ts',
    from: `await old?.sync().catch((error: unknown) => {
      throw failed(error);
    });`,
    to: '',
  },
  {
    name: 'a batch is recovered without a look at its body',
    needs: 'crash',
    file: 'segment/batch-scan.ts',
    from: ' || !isBodyIntact(bytes, at, header)) {',
    to: ') {',
  },
  {
    name: 'a batch that ends with the file is taken for torn',
    needs: 'crash, no preallocation',
    file: 'segment/batch-scan.ts',
    from: 'if (at + length > bytes.length) {',
    to: 'if (at + length >= bytes.length) {',
  },
  {
    name: 'the index is off by one batch',
    needs: 'crash',
    file: 'segment/segment-writer.ts',
    from: 'if (nextId > firstId) this.#index.add(firstId, byteOffset);',
    to: 'if (nextId > firstId) this.#index.add(firstId, endOffset);',
  },
  {
    name: 'what a truncate supersedes is removed before META says so',
    needs: 'crash',
    file: 'write/writer.ts',
    from: `const { sequence } = next.segment;
    try {`,
    to: `const { sequence } = next.segment;
    this.#cleanup.remove(this.#segments.all.filter((each) => each.firstId >= firstId));
    await this.#cleanup.done();
    try {`,
  },
  {
    name: 'a trim beyond the end leaves the segment open',
    needs: 'crash',
    file: 'write/writer.ts',
    from: 'await this.#closeCurrent({ firstId });',
    to: 'await this.#metaCommit({ firstId });',
  },
  {
    name: 'a segment is removed though nothing links its successor',
    needs: 'zombie',
    file: 'recovery/live-segments.ts',
    from: 'if (stray === undefined) return {',
    to: 'if (stray === stray) return {',
  },
  {
    name: "META's new name is not durable when the old one goes",
    needs: 'zombie',
    file: 'meta/meta-file.ts',
    from: `await disk.link(path, directory.file({ epoch, isFenced: false }));
      await directory.sync();`,
    to: 'await disk.link(path, directory.file({ epoch, isFenced: false }));',
  },
  {
    name: 'the state is not made durable before META is written to',
    needs: 'faults',
    file: 'meta/meta-file.ts',
    from: 'await meta.#write(slot.bytes, slot.index);',
    to: '',
  },
  {
    name: 'a log fails without a reason',
    needs: 'crash',
    file: 'write/writer.ts',
    from: 'if (!this.#owedFooters.areWritten) await this.#owedFooters.write();',
    to: `if (!this.#owedFooters.areWritten) await this.#owedFooters.write();
    if (this.#segmentCount > 2) throw failed(new Error('bug'));`,
  },
  {
    name: 'get gives other bytes',
    needs: 'crash',
    file: 'read/get-record.ts',
    from: 'if (record !== undefined) return record;',
    to: 'if (record !== undefined) return { ...record, data: record.data.map((byte) => byte ^ 1) };',
  },
  {
    name: 'get finds nothing',
    needs: 'crash',
    file: 'read/get-record.ts',
    from: 'let record: LogRecord | undefined;',
    to: `let record: LogRecord | undefined;
  if (id >= 0) throw new LogError('ERR_LOG_NOT_FOUND', 'bug', { nextId });`,
  },
  {
    name: 'a short read is taken for the end of the file',
    needs: 'crash',
    file: 'disk/file-io.ts',
    from: `if (count === 0) break;
    done += count;`,
    to: `done += count;
    break;`,
  },
  {
    name: 'a group is committed after the log has failed',
    needs: 'faults, interval',
    file: 'write/writable-log.ts',
    from: `if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#writer`,
    to: `try {
      await this.#writer`,
  },
  {
    name: 'the first record that is not proven durable is not carried over',
    needs: 'crash, none synced',
    file: 'recovery/tail-recovery.ts',
    from: 'byteOffset >= from && byteOffset < until',
    to: 'byteOffset > from && byteOffset < until',
  },
];
