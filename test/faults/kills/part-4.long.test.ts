import { allKills } from './kills.ts';

allKills(4);
