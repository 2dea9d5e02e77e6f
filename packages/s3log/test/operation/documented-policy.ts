import { readFileSync } from 'node:fs';
import type { S3Request } from '@wal/s3-servers';

/** What a statement of a policy says, as far as these tests understand it. */
export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string;
}

export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const DOCUMENT = new URL('../../../../docs/S3.md', import.meta.url);

/** A policy of docs/S3.md, for another bucket. */
export function documentedPolicy(of: 'writer' | 'reader', bucket: string): Policy {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [, json] =
    new RegExp(`<!-- policy of a ${of} -->\\s*\`\`\`json\\n(.*?)^\`\`\``, 'ms').exec(text) ?? [];
  if (json === undefined) throw new Error(`docs/S3.md has no policy of a ${of}`);
  return JSON.parse(json.replaceAll('my-bucket', bucket));
}

/** The same for the one bucket that it is attached to: there a policy names its user. */
export function bucketPolicy({ Version, Statement }: Policy, user: string): string {
  const Principal = { AWS: [`arn:aws:iam:::user/${user}`] };
  return JSON.stringify({ Version, Statement: Statement.map((each) => ({ ...each, Principal })) });
}

export function actionsOf({ Action }: Statement): readonly string[] {
  return typeof Action === 'string' ? [Action] : Action;
}

/** A policy without one of its actions. */
export function without(policy: Policy, action: string): Policy {
  const Statement = policy.Statement.map((each) => ({
    ...each,
    Action: actionsOf(each).filter((one) => one !== action),
  }));
  return { ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) };
}

/** What a request does, and to what, in the words of policies. */
export function permissionsFor(request: S3Request, bucket: string): readonly [string, string][] {
  const { method, key, body } = request;
  const arn = `arn:aws:s3:::${bucket}`;
  if (method === 'GET' && key === '') return [['s3:ListBucket', arn]];
  if (method === 'GET') return [['s3:GetObject', `${arn}/${key}`]];
  if (method === 'PUT') return [['s3:PutObject', `${arn}/${key}`]];
  const keys = method === 'POST' ? body.toString().matchAll(/<Key>([^<]*)<\/Key>/g) : [['', key]];
  return [...keys].map(([, each]) => ['s3:DeleteObject', `${arn}/${each}`]);
}

export function isAllowed(policy: Policy, [action, resource]: readonly [string, string]): boolean {
  return policy.Statement.some((each) => {
    const { Resource } = each;
    const isMeant = Resource.endsWith('*')
      ? resource.startsWith(Resource.slice(0, -1))
      : resource === Resource;
    return isMeant && actionsOf(each).includes(action);
  });
}
