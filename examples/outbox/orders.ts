/*
 * A transactional outbox: what happens, and the message that tells others of it, are two records of one batch, so that
 * there is never one without the other. relay.ts brings the messages to where they belong.
 */
import type { Log, RecordId } from '@wal/core';

export interface Order {
  readonly id: string;
  readonly item: string;
}

/** A message to others. The id of its record is its own: it never changes, however often it is delivered. */
export interface Message {
  readonly to: string;
  readonly body: unknown;
}

export type OutboxRecord =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'message'; readonly message: Message };

const encodeRecord = (record: OutboxRecord): Uint8Array => Buffer.from(JSON.stringify(record));
export const decodeRecord = (data: Uint8Array): OutboxRecord =>
  JSON.parse(Buffer.from(data).toString()) as OutboxRecord;

/** The business: it knows its orders, and nothing of who is told. */
export class OrderBook {
  readonly #log: Log;
  readonly #orders = new Map<string, Order>();

  private constructor(log: Log) {
    this.#log = log;
  }

  static async open(log: Log): Promise<OrderBook> {
    const book = new OrderBook(log);
    for await (const { data } of log.iterator()) {
      const record = decodeRecord(data);
      if (record.kind === 'order') book.#orders.set(record.order.id, record.order);
    }
    return book;
  }

  get orders(): readonly Order[] {
    return [...this.#orders.values()];
  }

  /** Places an order, and has it shipped. @returns the id of the message about it */
  async place(order: Order): Promise<RecordId> {
    const message: Message = { to: 'shipping', body: order };
    const batch: OutboxRecord[] = [
      { kind: 'order', order },
      { kind: 'message', message },
    ];
    const { lastId } = await this.#log.append(batch.map(encodeRecord)); // both, or none
    this.#orders.set(order.id, order);
    return lastId;
  }
}
