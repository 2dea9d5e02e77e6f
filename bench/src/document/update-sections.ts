import type { Published } from '../result/published.ts';
import { SECTIONS } from './sections.ts';

const SECTION = /(<!-- bench: ([a-z0-9-]+) -->).*?(<!-- \/bench -->)/gs;

/**
 * The document with what stands between its markers made anew from results.
 *
 * @throws Error for a marker of a section that there is not.
 */
export function updateSections(text: string, published: Published): string {
  return text.replaceAll(SECTION, (_, begin: string, name: string, end: string) => {
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`there is no section ${name}`);
    return `${begin}\n\n${section(published)}\n\n${end}`;
  });
}
