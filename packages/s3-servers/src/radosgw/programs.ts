import { spawnSync } from 'node:child_process';

/** What starting a radosgw takes; Debian has them in ceph-mon, ceph-osd, radosgw and util-linux. */
const PROGRAMS = [
  'radosgw',
  'radosgw-admin',
  'ceph-mon',
  'ceph-osd',
  'ceph',
  'monmaptool',
  'setpriv',
];

/** Why no radosgw can be started here; `undefined`: one can. */
export function whyNoRadosgw(): string | undefined {
  const missing = PROGRAMS.find((each) => spawnSync(each, ['--version']).error !== undefined);
  return missing === undefined ? undefined : `needs ${missing}`;
}

/** What a test's title says where it cannot run. */
export function skipNote(reason: string | undefined): string {
  if (reason === undefined) return '';
  console.warn(`[skipped: ${reason}]`); // Reporters may leave the titles out.
  return ` [skipped: ${reason}]`;
}
