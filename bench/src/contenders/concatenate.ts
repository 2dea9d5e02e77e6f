/** Records of one size, one behind another, in `target` if they fill it exactly. */
export function concatenate(
  records: readonly Uint8Array[],
  target: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const size = records[0]?.length ?? 0;
  const bytes = records.length * size;
  const whole =
    target.length === bytes ? (target as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  for (let i = 0; i < records.length; i++) whole.set(records[i] as Uint8Array, i * size);
  return whole;
}
