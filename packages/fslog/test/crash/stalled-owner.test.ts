import { describeKinds } from './describe-kinds.ts';

describeKinds('stalled-owner');
