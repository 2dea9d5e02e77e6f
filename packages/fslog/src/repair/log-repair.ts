import { join } from 'node:path';
import { type Disk, type RecordId, segmentHeaderBytes } from '@wal/core';
import type { MetaFile } from '../meta/meta-file.ts';
import type { Settings } from '../options.ts';
import { nameSuccessor } from '../recovery/successor.ts';
import { Segment } from '../segment/segment.ts';
import { firstSequenceOf } from '../segment/segment-name.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';
import type { BatchDamage } from '../verification/batch-survey.ts';
import type { LogSurvey } from '../verification/log-survey.ts';
import type { LogProblem } from '../verification/report.ts';
import { type CheckedSegment, isInTheWay } from '../verification/segment-check.ts';
import type { Copies } from './copies.ts';
import { isMarks, rewriteHeader, rewriteMarks } from './in-place.ts';
import type { LossPlan } from './plan.ts';
import { isDraft, type RewrittenSegment, replaceSegment, rewriteFrom } from './segment-rewrite.ts';

/**
 * The changes that a repair makes to a log that it owns. Their order is that of the log's own writer: first
 * copies, then new files, then META, then what META has let go of. So whichever of them a crash lets
 * through, the log is as damaged as before or less, and the next repair goes on.
 */
export class LogRepair {
  readonly #settings: Settings;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #meta: MetaFile;
  readonly #copies: Copies;
  readonly #survey: LogSurvey;
  readonly #plan: LossPlan | undefined;
  readonly #firstId: RecordId;
  /** Segments that stay, as far as their ids do. */
  readonly #kept: readonly CheckedSegment[];
  readonly #removed: string[] = [];

  /** Without a plan nothing is done about losses. */
  constructor(
    settings: Settings,
    meta: MetaFile,
    copies: Copies,
    survey: LogSurvey,
    plan: LossPlan | undefined,
  ) {
    this.#settings = settings;
    this.#disk = settings.disk;
    this.#directory = settings.directory;
    this.#meta = meta;
    this.#copies = copies;
    this.#survey = survey;
    this.#plan = plan;
    this.#firstId = plan?.firstId ?? survey.state.firstId;
    this.#kept = survey.segments.filter((segment, i) => this.#stays(segment, i));
  }

  async run(): Promise<void> {
    await this.#removeDrafts();
    const sequence = firstSequenceOf(this.#meta.state.epoch);
    const isNewTail = this.#plan?.cutAt !== undefined || this.#tailIsUnfit();
    for (const segment of this.#survey.segments) {
      // Without a plan only a tail goes that another one takes the place of, and nothing of which counts.
      const mayGo = this.#plan !== undefined || (isNewTail && segment === this.#tail);
      if (!mayGo || this.#kept.includes(segment) || segment.link.facts === undefined) continue;
      await this.#copies.keep(segment.link.name);
      this.#removed.push(segment.link.name);
    }
    const rewritten = await this.#rewrite(isNewTail ? sequence : undefined);
    if (isNewTail) await this.#startTail(sequence);
    else if (this.#firstId > this.#meta.state.firstId) {
      await this.#meta.commit({ firstId: this.#firstId });
    }
    if (rewritten !== undefined) await replaceSegment(this.#disk, this.#directory, rewritten);
    for (const segment of this.#kept) {
      if (!this.#removed.includes(segment.link.name)) await this.#mend(segment);
    }
    await this.#seal(isNewTail ? sequence : undefined);
    await this.#remove();
  }

  /** Damage that stays: beside losses that nobody has accepted, or since setting it right would cost records. */
  get unmended(): LogProblem[] {
    return this.#survey.segments.flatMap((segment) => {
      const stays = segment.inTheWay.filter(
        (damage) =>
          !isMarks(damage) &&
          (this.#hasOpenLoss(segment) ||
            (this.#kept.includes(segment) && (damage.nextId ?? 0) > this.#firstId)),
      );
      const hasHeader = segment.hasHeader || !this.#hasUntoldHeader(segment);
      return segment.problems.filter(({ byteOffset, kind, severity }) =>
        kind === 'batch'
          ? stays.some((damage) => damage.byteOffset === byteOffset)
          : !hasHeader && severity === 'damage' && byteOffset === 0,
      );
    });
  }

  #stays({ link, survey }: CheckedSegment, i: number): boolean {
    const { segments } = this.#survey;
    if (survey === undefined || link.facts === undefined) return false;
    const end = segments[i + 1]?.link.firstId ?? Number.POSITIVE_INFINITY;
    const cutAt = this.#plan?.cutAt ?? Number.POSITIVE_INFINITY;
    return Math.max(link.firstId, this.#firstId) < Math.min(end, cutAt);
  }

  get #tail(): CheckedSegment | undefined {
    return this.#survey.segments.at(-1);
  }

  /** Whether something of the segment is lost, and nothing is to be done about it. */
  #hasOpenLoss({ link }: CheckedSegment): boolean {
    if (this.#plan !== undefined) return false;
    return this.#survey.report.problems.some(
      ({ severity, segment }) => severity === 'loss' && segment === link.name,
    );
  }

  /** Whether another tail has to follow, since this one cannot be one any more. */
  #tailIsUnfit(): boolean {
    const tail = this.#tail;
    if (tail === undefined || this.#hasOpenLoss(tail)) return false;
    if (tail.survey === undefined) return this.#plan?.cutAt === undefined && !tail.link.isDoubtful;
    const { clean } = this.#survey.state;
    if (clean !== undefined && tail.bytes < clean.byteOffset) return true;
    return this.#obstacle(tail) !== undefined;
  }

  /**
   * The last damage in a segment before the ids that stay, if any of it is in their way: what is behind it
   * has to be written anew.
   */
  #obstacle({ link, survey, extent, footer }: CheckedSegment): BatchDamage | undefined {
    if (survey === undefined || extent === undefined) return undefined;
    const before = survey.damages.filter(
      (damage) => !isMarks(damage) && damage.nextId !== undefined && damage.nextId <= this.#firstId,
    );
    const isAny = before.some((damage) => isInTheWay(damage, link, extent, footer, this.#firstId));
    return isAny ? before.at(-1) : undefined;
  }

  /** Only the first segment that stays can hold ids that do not. */
  async #rewrite(newTail: number | undefined): Promise<RewrittenSegment | undefined> {
    const [segment, next] = this.#kept;
    if (segment === undefined || this.#hasOpenLoss(segment)) return undefined;
    const obstacle = this.#obstacle(segment);
    if (obstacle?.nextId === undefined || segment.nextId <= this.#firstId) return undefined;
    await this.#copies.keep(segment.link.name);
    const successor = next?.link.sequence ?? newTail ?? 0;
    const { state } = this.#survey;
    const [disk, directory] = [this.#disk, this.#directory];
    const ids = {
      firstId: obstacle.nextId,
      nextId: Math.min(segment.nextId, this.#plan?.cutAt ?? segment.nextId),
    };
    const made = await rewriteFrom(disk, directory, state, segment, ids, successor);
    this.#removed.push(segment.link.name);
    return made;
  }

  /** An empty segment takes over, as by a truncate. */
  async #startTail(sequence: number): Promise<void> {
    const { state } = this.#meta;
    const firstId = this.#plan?.cutAt ?? this.#survey.report.nextId;
    const predecessor = this.#kept.at(-1)?.link.sequence ?? 0;
    const settings = { ...this.#settings, preallocate: false };
    const writer = await SegmentWriter.create(settings, state, { sequence, predecessor, firstId });
    await writer.abandon();
    await this.#meta.commit({
      firstId: this.#firstId,
      tail: { sequence, firstId },
      clean: { byteOffset: segmentHeaderBytes(state.metadata.length), nextId: firstId },
    });
  }

  /** Sets right what costs no record. */
  async #mend(segment: CheckedSegment): Promise<void> {
    const { link, extent, footer } = segment;
    const [disk, directory] = [this.#disk, this.#directory];
    const { state, segments } = this.#survey;
    if (extent === undefined) return;
    if (!segment.hasHeader && !this.#hasUntoldHeader(segment)) {
      await this.#copies.keepPart(link.name, 0, extent.byteOffset);
      const predecessor = segments[segments.indexOf(segment) - 1]?.link.sequence ?? 0;
      await rewriteHeader(disk, directory, state, segment, predecessor);
    }
    for (const damage of segment.survey?.damages ?? []) {
      if (!isMarks(damage) || !isInTheWay(damage, link, extent, footer, this.#firstId)) continue;
      const { byteOffset, bytes } = damage;
      await this.#copies.keepPart(link.name, byteOffset, byteOffset + bytes);
      await rewriteMarks(disk, directory, state, segment, damage);
    }
  }

  /**
   * Whether a damaged header must stay: without a batch left it is the only trace that there were records, and without
   * the segment before it nothing tells the predecessor.
   */
  #hasUntoldHeader(segment: CheckedSegment): boolean {
    if (segment.problems.some((each) => each.severity === 'loss' && each.byteOffset === 0))
      return true;
    const { segments } = this.#survey;
    const before = segments[segments.indexOf(segment) - 1];
    return this.#plan === undefined && before?.link.isDoubtful === true;
  }

  /** Sees to footers, which also name what the log goes on in. */
  async #seal(newTail: number | undefined): Promise<void> {
    for (const [i, segment] of this.#kept.entries()) {
      const { link, footer } = segment;
      const isLast = i === this.#kept.length - 1;
      const { segments } = this.#survey;
      const next = segments[segments.indexOf(segment) + 1];
      const successor = isLast ? newTail : next?.link.sequence;
      if (this.#removed.includes(link.name) || successor === undefined) continue;
      if (footer !== undefined && !isLast) continue;
      // Behind damage that stays there may be records yet, which a footer before it would cut off.
      if (this.#hasOpenLoss(segment)) continue;
      if (footer === undefined) await this.#copies.keep(link.name);
      await nameSuccessor(this.#settings, new Segment(link.name), this.#meta.state, successor);
    }
  }

  async #remove(): Promise<void> {
    if (this.#removed.length === 0) return;
    for (const name of this.#removed) await this.#disk.remove(join(this.#directory, name));
    await this.#disk.syncDirectory(this.#directory);
  }

  async #removeDrafts(): Promise<void> {
    const names = await this.#disk.list(this.#directory);
    for (const name of names.filter(isDraft)) await this.#disk.remove(join(this.#directory, name));
  }
}
