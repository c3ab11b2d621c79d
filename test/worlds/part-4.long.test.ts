import { describeWorlds } from './worlds.ts';

await describeWorlds(4);
