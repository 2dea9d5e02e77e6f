import { describeKinds } from './describe-kinds.ts';

describeKinds('unsynced');
