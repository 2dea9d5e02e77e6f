/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand below one another by their last digit. */
  readonly align?: 'right' | undefined;
}

/** Lines of cells under their titles, as wide as the widest; the last column is not padded. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) =>
    lines.reduce((most, cells) => Math.max(most, cells[i]?.length ?? 0), 0),
  );
  return lines.map((cells) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? '';
        if (align === 'right') return cell.padStart(widths[i] ?? 0);
        return i === columns.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
}
