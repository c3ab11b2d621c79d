import { allKills } from './kills.ts';

allKills(2);
