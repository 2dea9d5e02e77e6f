import { describeKinds } from './describe-kinds.ts';

describeKinds('synced-failing-disk');
