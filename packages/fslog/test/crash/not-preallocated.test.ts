import { describeKinds } from './describe-kinds.ts';

describeKinds('not-preallocated');
